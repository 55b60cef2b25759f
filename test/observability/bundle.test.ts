import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SpawnedWorker } from '../../local/host/spawn-worker';
import { hostTriggerMetadata } from '../../local/host/trigger-metadata';
import { startIngestion, type Ingestion } from '../../local/ingestion/ingestion';
import { METRICS } from '../../src/lib/observability/metrics';
import { buildApp, type BuiltApp } from '../build/bundle';
import { byKey, CANARY } from '../config/environment';
import { events, PARTITION } from '../support/instance';
import { startLake, type TestLake } from '../support/storage';

/** The app as it is published, without node_modules, in a worker process of its own. */

let lake: TestLake;
let app: BuiltApp;
let ingestion: Ingestion;

beforeAll(async () => {
  [lake, app] = await Promise.all([startLake(), buildApp()]);
});

afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await lake.dispose();
});

beforeEach(async () => (ingestion = await startIngestion()));
afterEach(() => ingestion[Symbol.asyncDispose]());

async function startWorker(env: NodeJS.ProcessEnv, log: string[] = []): Promise<SpawnedWorker> {
  const worker = new SpawnedWorker({
    script: app.workerScript,
    app: app.directory,
    env: { PATH: process.env['PATH'], ...byKey, STORAGE_CONNECTION_STRING: lake.connectionString, ...env },
    onLog: (line) => log.push(JSON.stringify(line)),
    onOutput: (line) => log.push(line),
  });
  await worker.load();
  await worker.start();
  return worker;
}

const invoke = (worker: SpawnedWorker, first: number, last: number, sequence?: bigint): Promise<unknown> => {
  const batch = events(first, last, sequence === undefined ? {} : { sequence });
  return worker.invoke('ingestPostgres', {
    bodies: batch.map(({ body }) => body),
    triggerMetadata: hostTriggerMetadata({ ...PARTITION, consumerGroup: 'lake' }, batch),
  });
};

function totals(): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { data } of ingestion.taken) {
    for (const { name, value } of data.baseData.metrics ?? []) sums[name] = (sums[name] ?? 0) + value;
  }
  return sums;
}

test('batches and failures are told to the endpoint before the worker ends, and nothing else is', async () => {
  const log: string[] = [];
  const env = { APPLICATIONINSIGHTS_CONNECTION_STRING: ingestion.connectionString, WEBSITE_SITE_NAME: 'my-app' };
  await using worker = await startWorker(env, log);
  await invoke(worker, 0, 4);
  await invoke(worker, 0, 9);
  await expect(invoke(worker, 0, 4, 2n ** 60n)).rejects.toMatchObject({ code: 'TRIGGER_METADATA_INVALID' });
  await worker.terminate();
  expect(totals()).toMatchObject({
    events_received: 15,
    events_written: 10,
    events_duplicate: 5,
    batch_size: 15,
    failures: 1,
  });
  for (const name of Object.keys(totals())) expect(Object.keys(METRICS)).toContain(name);
  const exceptions = ingestion.taken.filter(({ data }) => data.baseType === 'ExceptionData');
  expect(exceptions.map(({ data }) => data.baseData.properties?.['code'])).toEqual(['TRIGGER_METADATA_INVALID']);
  expect(exceptions[0]?.data.baseData.properties?.['hub']).toBe('changes');
  for (const { tags } of ingestion.taken) expect(tags['ai.cloud.role']).toBe('my-app');
  for (const { data } of ingestion.taken) expect(['MetricData', 'ExceptionData']).toContain(data.baseType);
  expect(JSON.stringify(ingestion.requests)).not.toContain(CANARY);
  expect(log.join('')).not.toContain('IngestionEndpoint');
});

test('an endpoint that hangs holds up neither a batch nor the end of the worker', async () => {
  ingestion.faults.set({ kind: 'hang' });
  await using worker = await startWorker({ APPLICATIONINSIGHTS_CONNECTION_STRING: ingestion.connectionString });
  await invoke(worker, 10, 14);
  await worker.terminate();
  expect(ingestion.taken).toEqual([]);
});

test('without a connection string the last metrics are in the log when the worker has ended', async () => {
  const log: string[] = [];
  await using worker = await startWorker({}, log);
  await invoke(worker, 15, 19);
  await worker.terminate();
  const isMetrics = (line: string): boolean => line.startsWith('{"message":"metrics"');
  // The log and the answer come by different channels.
  while (!log.some(isMetrics)) await new Promise((resolve) => setImmediate(resolve));
  const { metrics } = JSON.parse(log.find(isMetrics) ?? '') as { metrics: unknown[] };
  expect(metrics).toContainEqual({
    ...{ name: 'events_written', source: 'postgresql', hub: 'changes', partition: '3', sum: 5 },
  });
});

test('the package is a file of its own that a cold start does not read, without the parts that collect by themselves', async () => {
  const [functions = '', telemetry = ''] = await Promise.all(
    ['functions.js', 'telemetry.js'].map((file) => readFile(join(app.directory, 'dist', file), 'utf8')),
  );
  expect(functions).toContain('import("./telemetry.js")');
  expect(functions).not.toContain('node_modules/@opentelemetry/sdk-metrics');
  expect(telemetry).toContain('node_modules/@opentelemetry/sdk-metrics');
  expect(telemetry).not.toMatch(/node_modules\/@opentelemetry\/(sdk-node|instrumentation)/);
  expect(existsSync(join(app.directory, 'dist', 'telemetry.js.LICENSES.txt'))).toBe(true);
});
