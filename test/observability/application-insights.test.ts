import { Secret } from '../../src/lib/config/secret';
import { PipelineError } from '../../src/lib/errors';
import { METRICS } from '../../src/lib/observability/metrics';
import { openTelemetry, type Telemetry, type TelemetryOptions } from '../../src/lib/observability/telemetry';
import { startIngestion, type Ingestion } from '../../local/ingestion/ingestion';
import { type MetricItem } from '../../local/ingestion/items';
import { batchReport, ManualTiming } from './fakes';

/** The package `applicationinsights` itself, over real sockets. */

let ingestion: Ingestion;
const opened: Telemetry[] = [];
const logged: Record<string, unknown>[] = [];

beforeEach(async () => {
  ingestion = await startIngestion();
  logged.length = 0;
});

afterEach(async () => {
  ingestion.faults.clear();
  await Promise.all(opened.splice(0).map((telemetry) => telemetry.close(2_000)));
  await ingestion[Symbol.asyncDispose]();
});

function open(options: Partial<TelemetryOptions> = {}, timing = new ManualTiming()): Telemetry {
  const telemetry = openTelemetry(
    {
      connectionString: new Secret(ingestion.connectionString),
      identity: null,
      credentialFor: () => Promise.reject(new Error('no identity is needed')),
      role: { name: 'change-lake', instance: 'instance-1' },
      now: () => Date.now(),
      log: (fields) => logged.push(fields),
      ...options,
    },
    timing,
  );
  opened.push(telemetry);
  return telemetry;
}

interface Series extends MetricItem {
  readonly properties: Readonly<Record<string, string>>;
}

function series(of = ingestion): Series[] {
  return of.taken.flatMap(({ data: { baseData } }) =>
    (baseData.metrics ?? []).map((metric) => ({ ...metric, properties: baseData.properties ?? {} })),
  );
}

const total = (name: string): number =>
  series()
    .filter((metric) => metric.name === name)
    .reduce((sum, { value }) => sum + value, 0);

test('counts arrive as sums and spreads with their count, sum, least and greatest, by source, hub and partition', async () => {
  const telemetry = open();
  for (let i = 1; i <= 100; i += 1) {
    telemetry.batch('postgresql', batchReport({ partition: '0', received: i, written: i, delayMs: i * 10 }));
    telemetry.batch('postgresql', batchReport({ partition: '1', received: 1, written: 1, delayMs: 7 }));
  }
  await telemetry.flush(5_000);
  const of = (name: string, partition: string): Series | undefined =>
    series().find((metric) => metric.name === name && metric.properties['partition'] === partition);
  expect(of('events_written', '0')).toMatchObject({
    value: 5_050,
    properties: { source: 'postgresql', hub: 'changes', partition: '0' },
  });
  expect(of('processing_delay_ms', '0')).toMatchObject({ value: 50_500, count: 100, min: 10, max: 1_000 });
  expect(of('batch_size', '0')).toMatchObject({ value: 5_050, count: 100, min: 1, max: 100 });
  expect(of('processing_delay_ms', '1')).toMatchObject({ value: 700, count: 100, min: 7, max: 7 });
  expect(of('events_written', '1')).toMatchObject({ value: 100 });
});

test('nothing else arrives: no requests, dependencies, traces, counters or reports of the package on itself', async () => {
  const timing = new ManualTiming();
  const telemetry = open({}, timing);
  telemetry.batch('mongodb', batchReport());
  telemetry.failed({ source: 'mongodb' }, new PipelineError('STORAGE_FAILED', 'x'), null);
  await fetch(`http://127.0.0.1:${ingestion.port}/not-a-dependency`, { method: 'POST' });
  await telemetry.flush(5_000);
  for (const { data } of ingestion.taken) expect(['MetricData', 'ExceptionData']).toContain(data.baseType);
  for (const { name } of series()) expect(Object.keys(METRICS)).toContain(name);
  expect(new Set(ingestion.requests.map(({ path }) => path))).toEqual(new Set(['/v2.1/track']));
});

test('over many intervals each event is counted once', async () => {
  const timing = new ManualTiming();
  const telemetry = open({}, timing);
  for (let interval = 1; interval <= 5; interval += 1) {
    telemetry.batch('mongodb', batchReport({ received: interval, written: interval }));
    timing.interval();
    await ingestion.arrived(interval);
    await telemetry.flush(5_000);
  }
  await telemetry.flush(5_000);
  expect(total('events_written')).toBe(15);
  expect(
    series()
      .filter(({ name }) => name === 'batch_size')
      .reduce((sum, { count = 0 }) => sum + count, 0),
  ).toBe(5);
});

test('each item names the app and the instance as the host does', async () => {
  const telemetry = open();
  telemetry.batch('mongodb', batchReport());
  await telemetry.flush(5_000);
  expect(ingestion.taken.length).toBeGreaterThan(0);
  for (const { tags } of ingestion.taken) {
    expect(tags).toMatchObject({ 'ai.cloud.role': 'change-lake', 'ai.cloud.roleInstance': 'instance-1' });
  }
});

test("an exception bears its code and place, and stands in the host's operation", async () => {
  const telemetry = open();
  const [trace, span] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
  telemetry.failed(
    { source: 'mongodb', hub: 'changes', partition: '4' },
    new PipelineError('SWAP_CONTENTION', '8 swaps were won by others'),
    { invocationId: 'invocation-1', traceContext: { traceParent: `00-${trace}-${span}-01` } },
  );
  telemetry.failed({ source: 'mongodb' }, new PipelineError('LEDGER_DAMAGED', 'cut short'), null);
  await telemetry.flush(5_000);
  const items = ingestion.taken.filter(({ data }) => data.baseType === 'ExceptionData');
  expect(items).toHaveLength(2);
  expect(items[0]?.tags).toMatchObject({ 'ai.operation.id': trace, 'ai.operation.parentId': span });
  expect(items[0]?.data.baseData).toMatchObject({
    exceptions: [{ typeName: 'PipelineError', message: 'SWAP_CONTENTION: 8 swaps were won by others' }],
    properties: {
      code: 'SWAP_CONTENTION',
      source: 'mongodb',
      hub: 'changes',
      partition: '4',
      invocationId: 'invocation-1',
    },
  });
  expect(Object.keys(items[0]?.data.baseData.properties ?? {}).sort()).toEqual(
    ['code', 'hub', 'invocationId', 'partition', 'source'].sort(),
  );
  expect(items[0]?.data.baseData.exceptions?.[0]?.parsedStack?.length).toBeGreaterThan(0);
  expect(items[1]?.tags['ai.operation.id']).toBeUndefined();
  expect(
    series()
      .filter(({ name }) => name === 'failures')
      .map(({ value }) => value),
  ).toEqual([1, 1]);
});

test('no secret leaves: not of the connection string, of an error, or of what an error was thrown for', async () => {
  const telemetry = open({ connectionString: new Secret(`${ingestion.connectionString};Extra=canary`) });
  const cause = new Error('AccountKey=canary');
  telemetry.failed({ source: 'mongodb' }, new PipelineError('STORAGE_FAILED', 'AccountKey=canary; x', { cause }), null);
  telemetry.failed({ source: 'mongodb' }, new Error('row {"card":"canary"}'), null);
  telemetry.failed({ source: 'mongodb' }, Object.assign(new Error('x'), { password: 'canary' }), null);
  await telemetry.flush(5_000);
  expect(ingestion.taken.filter(({ data }) => data.baseType === 'ExceptionData')).toHaveLength(3);
  expect(JSON.stringify(ingestion.requests)).not.toContain('canary');
  expect(JSON.stringify(logged)).not.toContain('canary');
});

test('what was refused arrives later, and the sums are right', async () => {
  const telemetry = open();
  ingestion.faults.set({ kind: 'refuse', status: 503 });
  for (let i = 0; i < 3; i += 1) {
    telemetry.batch('mongodb', batchReport({ delayMs: 10 + i }));
    telemetry.failed({ source: 'mongodb' }, new PipelineError('STORAGE_FAILED', 'x'), null);
    await telemetry.flush(5_000);
  }
  expect(ingestion.taken).toEqual([]);
  ingestion.faults.clear();
  await telemetry.flush(5_000);
  await telemetry.flush(5_000);
  expect(total('events_written')).toBe(30);
  expect(series().find(({ name }) => name === 'processing_delay_ms')).toMatchObject({
    value: 33,
    count: 3,
    min: 10,
    max: 12,
  });
  expect(ingestion.taken.filter(({ data }) => data.baseType === 'ExceptionData')).toHaveLength(3);
});

test('throttled, it waits as long as it was asked to', async () => {
  const timing = new ManualTiming();
  const at = { now: 5_000_000 };
  const telemetry = open({ now: () => at.now }, timing);
  ingestion.faults.set({ kind: 'refuse', status: 429, retryAfterSeconds: 90 }, 1);
  telemetry.batch('mongodb', batchReport());
  await telemetry.flush(5_000);
  at.now += 60_000;
  timing.interval();
  at.now += 31_000;
  timing.interval();
  await ingestion.arrived(2);
  await telemetry.flush(5_000);
  expect(ingestion.requests).toHaveLength(2);
  expect(total('events_written')).toBe(10);
});

test('of what was taken in by half, the other half arrives later', async () => {
  const telemetry = open();
  ingestion.faults.set({ kind: 'partial', places: [0, 2, 3], status: 500 }, 1);
  const report = { duplicates: 1, quarantined: 2, unrecognised: 3, gap: 4 };
  telemetry.batch('mongodb', batchReport(report));
  telemetry.batch('mongodb', batchReport({ ...report, delayMs: 5 }));
  await telemetry.flush(5_000);
  const first = ingestion.taken.length;
  await telemetry.flush(5_000);
  expect(ingestion.taken.length).toBe(first + 3);
  const names = series().map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(
    series()
      .map(({ name, value, count }) => ({ name, value, count }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  ).toEqual([
    { name: 'batch_size', value: 20, count: 2 },
    { name: 'bytes_written', value: 2_000, count: 1 },
    { name: 'events_duplicate', value: 2, count: 1 },
    { name: 'events_quarantined', value: 4, count: 1 },
    { name: 'events_received', value: 20, count: 1 },
    { name: 'events_unrecognised', value: 6, count: 1 },
    { name: 'events_written', value: 20, count: 1 },
    { name: 'lake_write_latency_ms', value: 24, count: 2 },
    { name: 'processing_delay_ms', value: 350, count: 2 },
    { name: 'sequence_gap', value: 8, count: 1 },
  ]);
});

test('an answer that is lost on the wire counts nothing twice', async () => {
  const telemetry = open();
  ingestion.faults.set({ kind: 'lose_answer' }, 1);
  telemetry.batch('mongodb', batchReport());
  await telemetry.flush(5_000);
  telemetry.batch('mongodb', batchReport());
  await telemetry.flush(5_000);
  expect(total('events_written')).toBe(20);
  expect(logged).toEqual([expect.objectContaining({ message: 'telemetry_dropped' })]);
});

test('an endpoint that is away and comes back is told what happened meanwhile', async () => {
  const telemetry = open();
  const { port } = ingestion;
  await ingestion[Symbol.asyncDispose]();
  telemetry.batch('mongodb', batchReport());
  await telemetry.flush(5_000);
  expect(logged).toEqual([{ message: 'telemetry_refused', fault: 'ECONNREFUSED' }]);
  ingestion = await startIngestion({ port });
  telemetry.batch('mongodb', batchReport());
  await telemetry.flush(5_000);
  expect(total('events_written')).toBe(20);
});

test('an endpoint that hangs is left in time, and the next flush is heard', async () => {
  const telemetry = open();
  telemetry.batch('mongodb', batchReport());
  await telemetry.flush(5_000);
  ingestion.faults.set({ kind: 'hang' }, 1);
  telemetry.batch('mongodb', batchReport());
  const flushed = telemetry.flush(1_000);
  await ingestion.arrived(2);
  // Nobody waits for it.
  telemetry.batch('mongodb', batchReport());
  await flushed;
  await telemetry.flush(5_000);
  expect(total('events_written')).toBe(20);
  expect(logged).toEqual([expect.objectContaining({ message: 'telemetry_dropped' })]);
});

test('a slow endpoint is waited for within the limit', async () => {
  const telemetry = open();
  ingestion.faults.set({ kind: 'slow', ms: 100 });
  telemetry.batch('mongodb', batchReport());
  await telemetry.flush(10_000);
  expect(total('events_written')).toBe(10);
});

test('what can never be taken in is dropped at once, and told', async () => {
  const telemetry = open();
  ingestion.faults.set({ kind: 'refuse', status: 400 }, 1);
  telemetry.lag('mongodb', 'h', '0', 3);
  await telemetry.flush(5_000);
  await telemetry.flush(5_000);
  expect(ingestion.requests).toHaveLength(1);
  expect(logged).toEqual([{ message: 'telemetry_dropped', dropped: 1, fault: 'http_400' }]);
});

test('an identity signs in, with the client id that the settings name', async () => {
  const asked: unknown[] = [];
  const telemetry = open({
    identity: { clientId: 'an-id' },
    credentialFor: (clientId) =>
      Promise.resolve({
        getToken: (scopes: string | string[]) => {
          asked.push({ clientId, scopes });
          return Promise.resolve({ token: 'a-token', expiresOnTimestamp: Date.now() + 3_600_000 });
        },
      }),
  });
  telemetry.batch('mongodb', batchReport());
  await telemetry.flush(5_000);
  expect(ingestion.requests.map(({ authorization }) => authorization)).toEqual(['Bearer a-token']);
  expect(asked).toEqual([{ clientId: 'an-id', scopes: ['https://monitor.azure.com/.default'] }]);
});

test('while no token is to be had, nothing is lost', async () => {
  let isReady = false;
  const telemetry = open({
    identity: { clientId: null },
    credentialFor: () =>
      Promise.resolve({
        getToken: () =>
          isReady
            ? Promise.resolve({ token: 'a-token', expiresOnTimestamp: Date.now() + 3_600_000 })
            : Promise.reject(new Error('no identity')),
      }),
  });
  telemetry.batch('mongodb', batchReport());
  await telemetry.flush(5_000);
  isReady = true;
  await telemetry.flush(5_000);
  expect(total('events_written')).toBe(10);
});

test('thousands of values in one interval arrive whole, in requests of their own', async () => {
  const telemetry = open();
  for (let i = 0; i < 9_000; i += 1)
    telemetry.batch('mongodb', batchReport({ partition: String(i % 3), delayMs: 100 }));
  await telemetry.flush(10_000);
  expect(total('events_written')).toBe(90_000);
  expect(total('processing_delay_ms')).toBeCloseTo(900_000, 3);
  const delays = series().filter(({ name }) => name === 'processing_delay_ms');
  expect(delays.map(({ count }) => count)).toEqual([3_000, 3_000, 3_000]);
  expect(ingestion.requests.length).toBeGreaterThan(1);
});

test('without a connection string metrics go to the log, one line an interval, and only when something happened', async () => {
  const telemetry = open({ connectionString: null });
  telemetry.batch('mongodb', batchReport({ delayMs: 5 }));
  telemetry.batch('mongodb', batchReport({ delayMs: 9 }));
  await telemetry.flush(5_000);
  await telemetry.flush(5_000);
  expect(logged).toHaveLength(1);
  expect(logged[0]).toMatchObject({ message: 'metrics' });
  expect(logged[0]?.['metrics']).toContainEqual({
    ...{ name: 'processing_delay_ms', source: 'mongodb', hub: 'changes', partition: '3' },
    ...{ count: 2, sum: 14, min: 5, max: 9 },
  });
  expect(ingestion.requests).toEqual([]);
});
