import { hold, loseAnswer, type FaultRule } from '../../local/storage/faults';
import { SpawnedWorker } from '../../local/host/spawn-worker';
import { hostTriggerMetadata } from '../../local/host/trigger-metadata';
import { type HubEvent } from '../../src/lib/decode/event';
import { buildApp, type BuiltApp } from '../build/bundle';
import { byKey } from '../config/environment';
import { events, NOON, PARTITION } from '../support/instance';
import { LakeReader, numbers } from '../support/reader';
import { startLake, type TestLake } from '../support/storage';

/** The bundle as it is published, in a worker process of its own, driven through the real `@azure/functions`. */

let lake: TestLake;
let reader: LakeReader;
let app: BuiltApp;

beforeAll(async () => {
  [lake, app] = await Promise.all([startLake(), buildApp()]);
  reader = new LakeReader(lake.directConnectionString);
});

afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await lake.dispose();
});

beforeEach(async () => {
  lake.proxy.clear();
  await reader.clear();
  lake.proxy.forgetRequests();
});

async function startWorker(log: string[] = []): Promise<SpawnedWorker> {
  const worker = new SpawnedWorker({
    script: app.workerScript,
    app: app.directory,
    env: { PATH: process.env['PATH'], ...byKey, STORAGE_CONNECTION_STRING: lake.connectionString },
    onLog: (line) => log.push(JSON.stringify(line)),
    onOutput: (line) => log.push(line),
  });
  await worker.load();
  await worker.start();
  return worker;
}

const invoke = (worker: SpawnedWorker, name: string, batch: readonly HubEvent[]): Promise<unknown> =>
  worker.invoke(name, {
    bodies: batch.map(({ body }) => body),
    triggerMetadata: hostTriggerMetadata({ ...PARTITION, consumerGroup: 'lake' }, batch),
  });

test('each function lands its batch in its own folder, every payload token for token', async () => {
  const bodies = [
    '{"id":9007199254740993,"price":12345678901234567890123456789.123456789,"n":1.0,"m":-0,"big":1e400}',
    '{"a":1,"a":2,"__proto__":{"x":1},"text":"\\u00e9\\n\\/"}',
    '[true]',
    '"scalar"',
    '',
  ];
  const batch = events(0, 4).map((event, i) => ({ ...event, body: Buffer.from(bodies[i] ?? '') }));
  await using worker = await startWorker();
  await invoke(worker, 'ingestPostgres', batch);
  const lines = await reader.lines();
  for (const [i, line] of lines.entries()) {
    expect(line.path).toMatch(/^bronze\/postgresql\//);
    const payload = bodies[i] === '' ? 'null' : bodies[i];
    expect(line.raw.endsWith(`,"payload":${payload}}`)).toBe(true);
  }
  expect(lines).toHaveLength(5);
  await reader.clear();
  await using other = await startWorker();
  await invoke(other, 'ingestMongo', batch);
  expect((await reader.visible()).map((path) => path.split('/').slice(0, 2).join('/'))).toEqual(['bronze/mongodb']);
});

test('one line of log for a batch, fields and no body, and one for a failure', async () => {
  const log: string[] = [];
  await using worker = await startWorker(log);
  const canary = 'row-value-that-must-stay-private';
  await invoke(worker, 'ingestPostgres', events(0, 4, { body: Buffer.from(JSON.stringify({ canary })) }));
  await expect(invoke(worker, 'ingestPostgres', events(0, 4, { sequence: 2n ** 60n }))).rejects.toMatchObject({
    code: 'TRIGGER_METADATA_INVALID',
  });
  // The log and the answer come by different channels.
  while (log.length < 2) await new Promise((resolve) => setImmediate(resolve));
  const said = log.map((text) => JSON.parse(text) as { level: string; message: string });
  const fields = said.map(({ level, message }) => ({ level, ...(JSON.parse(message) as Record<string, unknown>) }));
  expect(fields).toEqual([
    expect.objectContaining({
      level: 'information',
      message: 'batch',
      source: 'postgresql',
      hub: 'changes',
      partition: '3',
      firstSequence: '0',
      lastSequence: '4',
      received: 5,
      written: 5,
      duplicates: 0,
      quarantined: 0,
    }),
    expect.objectContaining({ level: 'error', message: 'batch_failed', code: 'TRIGGER_METADATA_INVALID' }),
  ]);
  expect(log.join('')).not.toContain(canary);
});

describe('a worker killed at any request, and another that gets its batch again', () => {
  const rules: readonly [string, FaultRule['operation'], RegExp][] = [
    ['birth: reading the ledger', 'getBlob', /_system\/ledger/],
    ['staging', 'putBlob', /_system\/staging/],
    ['the swap', 'putBlob', /_system\/ledger/],
    ['publishing', 'rename', /bronze/],
    ["publishing the run's other file", 'rename', /quarantine/],
  ];
  const batch = (first: number, last: number): HubEvent[] =>
    events(first, last).map((event, i) => (i === 2 ? { ...event, body: Buffer.from('no JSON') } : event));

  test.each(
    rules.flatMap(([name, operation, path]) => [
      { when: `before ${name}`, rule: { operation, path, action: hold() } },
      { when: `after ${name}`, rule: { operation, path, action: loseAnswer() } },
    ]),
  )('$when: lost and doubled is nothing', async ({ when, rule }) => {
    await using doomed = await startWorker();
    const struck = lake.proxy.add(rule);
    const begun = invoke(doomed, 'ingestPostgres', batch(0, 9)).catch((error: unknown) => error);
    await (when.startsWith('before') ? struck.reached : struck.settled);
    await doomed.kill();
    await begun;
    lake.proxy.clear();
    await using next = await startWorker();
    await invoke(next, 'ingestPostgres', batch(0, 9).slice(0, 6));
    await invoke(next, 'ingestPostgres', batch(0, 9));
    expect(await reader.sequences()).toEqual(numbers(0, 9));
    expect((await reader.lines()).filter(({ reason }) => reason === 'not_json')).toHaveLength(1);
  });
});

test('every single request of a birth and of a batch after it may fail once, in each way, and nothing is lost or doubled', async () => {
  await using worker = await startWorker();
  const of = { ...PARTITION, consumerGroup: 'lake' };
  let partition = 100;
  /** Delivers two batches to a partition of its own, again and again until each is taken. */
  const run = async (): Promise<void> => {
    partition += 1;
    for (const part of [events(0, 4, {}, NOON), events(3, 9, {}, NOON)]) {
      const given = {
        bodies: part.map(({ body }) => body),
        triggerMetadata: hostTriggerMetadata({ ...of, partition: String(partition) }, part),
      };
      for (let tries = 0; ; tries += 1) {
        const outcome = await worker.invoke('ingestPostgres', given).then(
          () => 'returned',
          (error: unknown) => (error as { code?: string }).code,
        );
        if (outcome === 'returned') break;
        expect(outcome).toBe('STORAGE_FAILED');
        expect(tries).toBeLessThan(5);
      }
    }
    const names = (await reader.paths('bronze')).filter((path) => path.includes(`Z_${partition}_`));
    const found = await Promise.all(names.map(async (path) => (await reader.bytes(path)).toString()));
    const sequences = found.flatMap((text) =>
      [...text.matchAll(/"sequenceNumber":(\d+)/g)].map((match) => Number(match[1])),
    );
    expect(sequences.sort((a, b) => a - b)).toEqual(numbers(0, 9));
  };
  // The first run also makes the day's folder; what is counted is what every later run does.
  await run();
  lake.proxy.forgetRequests();
  await run();
  const requests = lake.proxy.requests.length;
  expect(requests).toBeGreaterThan(10);
  const actions = [{ kind: 'loseAnswer' }, { kind: 'cut' }, { kind: 'cutHalfway' }] as const;
  for (const action of [
    ...actions,
    { kind: 'status', status: 503, code: 'ServerBusy', retryAfterSeconds: null } as const,
  ]) {
    for (let skip = 0; skip < requests; skip += 1) {
      const fault = lake.proxy.add({ operation: 'any', skip, action });
      await run();
      expect(fault.hits).toBe(1);
      lake.proxy.clear();
    }
  }
}, 300_000);
