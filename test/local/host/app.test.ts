import { DataLakeServiceClient } from '@azure/storage-file-datalake';
import { startFaultProxy, status } from '../../../local/storage/faults';
import { buildApp, type BuiltApp } from '../../build/bundle';
import { LakeReader, numbers } from '../../support/reader';
import { EXPIRES_SOON, Stage, until } from './support';

/** The app as it is published, bundle and host.json, on the host with Event Hubs and storage. */

let stage: Stage;
let built: BuiltApp;
beforeAll(async () => {
  [stage, built] = await Promise.all([Stage.open(), buildApp()]);
});
afterEach(() => stage.clear());
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  await built[Symbol.asyncDispose]();
});

const EVENTS = 400;

test('every event is in the lake once, though an instance is killed and another takes a partition', async () => {
  stage.hub('postgresql-changes', 2);
  stage.hub('mongodb-changes', 1);
  const { connectionString } = stage.storage;
  await DataLakeServiceClient.fromConnectionString(connectionString).getFileSystemClient('data').create();
  const env = {
    ...EXPIRES_SOON,
    EVENTHUB_CONNECTION_STRING: stage.hubs.connectionString,
    STORAGE_CONNECTION_STRING: connectionString,
    AzureFunctionsJobHost__extensions__eventHubs__minEventBatchSize: '2',
    AzureFunctionsJobHost__extensions__eventHubs__maxWaitTime: '00:00:01',
  };
  const instances = await Promise.all([1, 2].map(() => stage.instance(built.directory, env)));
  const [first, second] = instances;
  const { functions } = (await first?.host.ready()) ?? {};
  expect(functions?.map(({ name }) => name)).toEqual(expect.arrayContaining(['ingestPostgres', 'ingestMongo']));
  for (let sent = 0; sent < EVENTS; sent += 50) {
    for (const partition of ['0', '1']) {
      const bodies = numbers(sent, sent + 49).map((n) => JSON.stringify({ partition, n }));
      await stage.send('postgresql-changes', partition, bodies);
    }
    if (sent === 100) await second?.host.steal('postgresql-changes', '0');
    if (sent === 200) await first?.host.kill();
  }
  await until(async () => {
    const checkpoints = await Promise.all(['0', '1'].map((each) => stage.checkpoint('postgresql-changes', each)));
    return checkpoints.every((last) => last === EVENTS - 1);
  }, 'both checkpoints at the end');
  await second?.host.stop();
  const lines = await new LakeReader(connectionString).lines();
  const payloads = lines.map(({ raw }) => (JSON.parse(raw) as { payload: { partition: string; n: number } }).payload);
  for (const partition of ['0', '1']) {
    const landed = payloads.filter((payload) => payload.partition === partition).map(({ n }) => n);
    expect(landed.sort((a, b) => a - b)).toEqual(numbers(0, EVENTS - 1));
  }
  expect(payloads).toHaveLength(2 * EVENTS);
});

test('an old owner that cannot write ends its batch once the new owner has landed it, and its late checkpoint doubles nothing', async () => {
  stage.hub('stolen', 1);
  stage.hub('beside', 1);
  const { connectionString, port } = stage.storage;
  await DataLakeServiceClient.fromConnectionString(connectionString).getFileSystemClient('stolen').createIfNotExists();
  await using proxy = await startFaultProxy({ host: '127.0.0.1', port });
  const refused = proxy.add({ operation: 'putBlob', path: '_system/staging', times: Infinity, action: status(503) });
  const env = {
    EVENTHUB_CONNECTION_STRING: stage.hubs.connectionString,
    STORAGE_CONNECTION_STRING: connectionString,
    ...{ LAKE_FILESYSTEM: 'stolen', POSTGRES_EVENTHUB_NAME: 'stolen', MONGODB_EVENTHUB_NAME: 'beside' },
    INGEST_ATTEMPT_SECONDS: '15',
    STORAGE_REQUEST_SECONDS: '5',
    AzureFunctionsJobHost__extensions__eventHubs__minEventBatchSize: '1',
  };
  const through = { STORAGE_CONNECTION_STRING: proxy.through(connectionString) };
  const older = await stage.instance(built.directory, { ...env, ...through });
  await stage.send('stolen', '0', ['{"n":0}']);
  await refused.reached;
  const newer = await stage.instance(built.directory, env);
  await newer.host.steal('stolen', '0');
  await stage.send('stolen', '0', ['{"n":1}']);
  const checkpoint = (is: number) => async () => (await stage.checkpoint('stolen', '0')) === is;
  await until(checkpoint(1), "the new owner's checkpoint");
  await until(checkpoint(0), "the old owner's late one", 40_000);
  expect(older.of('invoked').at(-1)).toMatchObject({ first: '0', last: '0', error: null });
  await stage.send('stolen', '0', ['{"n":2}']);
  await until(checkpoint(2), "the new owner's next");
  const lines = await new LakeReader(connectionString, 'stolen').lines();
  expect(lines.map(({ raw }) => (JSON.parse(raw) as { payload: { n: number } }).payload.n)).toEqual([0, 1, 2]);
}, 120_000);

test('it does not start on wrong settings, and prints each of them as an error, because the host hides what a start hook throws', async () => {
  const instance = stage.spawn(built.directory, { EVENTHUB_CONNECTION_STRING: stage.hubs.connectionString });
  expect((await instance.host.ready()).functions).toEqual([]);
  const named = (): boolean => instance.output.some((line) => /^Error: - STORAGE_CONNECTION_STRING/.test(line));
  await until(named, 'the line that names the setting');
});
