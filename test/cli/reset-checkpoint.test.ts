import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { PartitionStore } from '../../local/host/partition-store';
import { startFaultProxy, status, type FaultProxy } from '../../local/storage/faults';
import { startStorage, type LocalStorage } from '../../local/storage/storage';
import { resetCheckpoint, type ResetCheckpointOptions } from '../../src/cli/lake/reset-checkpoint';
import { liveOwner, OWNER_LIVES_MS } from '../../src/lib/maintenance/checkpoints/reset';

/** `npm run lake -- reset-checkpoint`, on records as the host's stand-in writes them. */

const HUB = 'Postgresql-Changes';
const CHECKPOINT = 'localhost/postgresql-changes/lake/checkpoint/';

let storage: LocalStorage;
let proxy: FaultProxy;
let container: ContainerClient;
let out: string[];
let err: string[];
const former = { ...process.env };

beforeAll(async () => {
  storage = await startStorage({ port: 0, queuePort: null, tablePort: null });
  proxy = await startFaultProxy({ host: '127.0.0.1', port: storage.port });
});
afterAll(async () => {
  await proxy.close();
  await storage.close();
});

beforeEach(async () => {
  container = BlobServiceClient.fromConnectionString(storage.connectionString).getContainerClient(
    'azure-webjobs-eventhub',
  );
  await container.createIfNotExists();
  for await (const { name } of container.listBlobsFlat()) await container.deleteBlob(name);
  proxy.clear();
  proxy.forgetRequests();
  process.env = {
    ...former,
    EVENTHUB_CONNECTION_STRING:
      'Endpoint=sb://localhost:5672;SharedAccessKeyName=k;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;',
    STORAGE_CONNECTION_STRING: storage.connectionString,
    AzureWebJobsStorage: proxy.through(storage.connectionString),
    POSTGRES_EVENTHUB_NAME: HUB,
  };
  process.exitCode = undefined;
  [out, err] = [[], []];
  jest.spyOn(console, 'log').mockImplementation((line: string) => void out.push(line));
  jest.spyOn(console, 'error').mockImplementation((line: string) => void err.push(line));
});
afterEach(() => {
  process.env = former;
  process.exitCode = undefined;
  jest.restoreAllMocks();
});

const store = (group = 'lake') => new PartitionStore(container, { namespace: 'localhost', hub: HUB, group });

async function names(): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of container.listBlobsFlat()) found.push(name);
  return found;
}

const run = (partition: string, options: Partial<ResetCheckpointOptions> = {}) =>
  resetCheckpoint('postgresql', partition, { json: false, dryRun: false, force: false, ...options });

test("one partition's checkpoint goes, and what it was is told, with the command that puts it back", async () => {
  for (const partition of ['0', '1']) await store().writeCheckpoint(partition, '4096', '41');
  await run('1');
  expect(await names()).toEqual([`${CHECKPOINT}0`]);
  expect(out[0]).toContain(`removed: ${CHECKPOINT}1 (sequence number 41, offset 4096, written `);
  expect(out[1]).toContain(`--name '${CHECKPOINT}1' --data '' --metadata offset=4096 sequencenumber=41`);
  expect([err, process.exitCode]).toEqual([[], undefined]);
});

test('all of them go, in this group of this hub and no other', async () => {
  for (const partition of ['0', '1', '10']) await store().writeCheckpoint(partition, '4096', '41');
  await store('audit').writeCheckpoint('0', '1', '1');
  await run('all', { json: true });
  expect(await names()).toEqual(['localhost/postgresql-changes/audit/checkpoint/0']);
  const report = JSON.parse(out.join('')) as { partitions: string[]; records: { did: string }[] };
  expect(report).toMatchObject({ ok: true, refused: false, partitions: ['0', '1', '10'], owners: [], claimed: [] });
  expect(report.records.map(({ did }) => did)).toEqual(['removed', 'removed', 'removed']);
});

test('a dry run tells it and writes nothing', async () => {
  await store().writeCheckpoint('0', '4096', '41');
  await run('0', { dryRun: true });
  expect(out[0]).toContain(`would_remove: ${CHECKPOINT}0`);
  expect(await names()).toEqual([`${CHECKPOINT}0`]);
  expect(new Set(proxy.requests.map(({ method }) => method))).toEqual(new Set(['HEAD']));
});

test('a record of the legacy layout goes, too: the host would go on from there', async () => {
  const legacy = `localhost/${HUB}/lake/0`;
  const body = '{"Offset":"4096","SequenceNumber":40,"PartitionId":"0","Owner":"old","Token":"t","Epoch":7}';
  await container.getBlockBlobClient(legacy).upload(body, body.length);
  await run('0');
  expect(await names()).toEqual([]);
  expect(out[0]).toContain(`removed: ${legacy} (sequence number 40, offset not told`);
});

test('where there is none, nothing is to be done; nor where there is no container', async () => {
  await run('3');
  expect(out).toEqual([`No checkpoint is there of ${HUB}, partition 3: nothing to do.`]);
  await container.delete();
  await run('all');
  expect(out[1]).toBe(`No checkpoint is there of ${HUB}, any partition: nothing to do.`);
  expect(process.exitCode).toBeUndefined();
});

describe('a partition that is held', () => {
  beforeEach(async () => {
    for (const partition of ['0', '1']) await store().writeCheckpoint(partition, '4096', '41');
    await store().claim('1', 'instance-7', null);
  });

  test.each(['1', 'all'])('is refused (%s), with its owner and what to do; nothing is done', async (partition) => {
    const before = await names();
    await run(partition);
    expect(err[0]).toMatch(/partition 1: instance-7 holds it, and renewed its claim \d+ s ago/);
    expect(err[1]).toContain('az functionapp stop');
    expect(process.exitCode).toBe(2);
    expect(await names()).toEqual(before);
  });

  test('is told in JSON as well', async () => {
    await run('1', { json: true });
    expect(JSON.parse(out.join(''))).toMatchObject({
      ok: false,
      refused: true,
      owners: [{ id: 'instance-7' }],
      records: [],
    });
  });

  test('is reset by force', async () => {
    await run('1', { force: true });
    expect(await names()).not.toContain(`${CHECKPOINT}1`);
    expect(process.exitCode).toBeUndefined();
  });

  test('is free once its owner has given it up', async () => {
    const [held = null] = await store().listOwnership();
    await store().claim('1', '', held);
    await run('1');
    expect(await names()).not.toContain(`${CHECKPOINT}1`);
  });
});

test('an owner is one for two minutes after it renewed its claim, by the clock of the service', () => {
  const record = (ageMs: number, ownerid = 'a') => ({
    ...{ name: '', etag: '', bytes: 0, metadata: { ownerid }, modifiedAt: 1_000_000, seenAt: 1_000_000 + ageMs },
  });
  expect(liveOwner('0', record(OWNER_LIVES_MS - 1))).toEqual({ partition: '0', id: 'a', ageMs: OWNER_LIVES_MS - 1 });
  expect(liveOwner('0', record(OWNER_LIVES_MS))).toBeNull();
  expect(liveOwner('0', record(0, ''))).toBeNull();
  expect(liveOwner('0', null)).toBeNull();
});

test('a checkpoint that is written meanwhile stays, and is told', async () => {
  await store().writeCheckpoint('0', '4096', '41');
  const held = proxy.add({ operation: 'deleteBlob', action: { kind: 'hold' } });
  const running = run('0');
  await held.reached;
  await store().writeCheckpoint('0', '8192', '99');
  held.release();
  await running;
  expect(out[0]).toContain(`left: ${CHECKPOINT}0 was written meanwhile`);
  expect(process.exitCode).toBe(1);
  expect(await store().readCheckpoint('0')).toMatchObject({ sequence: '99' });
});

test('a host that claims the partition meanwhile is told', async () => {
  await store().writeCheckpoint('0', '4096', '41');
  const held = proxy.add({ operation: 'deleteBlob', action: { kind: 'hold' } });
  const running = run('0');
  await held.reached;
  await store().claim('0', 'instance-8', null);
  held.release();
  await running;
  expect(err[0]).toContain('instance-8 holds it');
  expect(process.exitCode).toBe(1);
});

test('storage that refuses is told with what to do', async () => {
  proxy.add({ operation: 'any', times: Infinity, action: status(403) });
  await expect(run('0')).rejects.toThrow(/STORAGE_FAILED.*Storage Blob Data Owner/);
});

test('what stands in a record does not get into the command', async () => {
  await store().writeCheckpoint('0', "1'; rm -rf /; '", '41');
  await run('0');
  expect(out.join('\n')).not.toContain('az storage blob upload');
});
