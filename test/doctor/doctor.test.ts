import { listening, silent, withStatus } from '../maintenance/checkpoints/wire';
import { status, type Operation } from '../../local/storage/faults';
import { LakeReader } from '../support/reader';
import { events, NOON, openInstance } from '../support/instance';
import { hub, IMPATIENT, MONGO, POSTGRES, Rig } from './rig';

/** The doctor over real SDKs, Azurite with its gateway, and the Event Hubs stand-in. */

let rig: Rig;

beforeAll(async () => (rig = await Rig.start()));
afterAll(() => rig[Symbol.asyncDispose]());
beforeEach(() => rig.reset());

const CANARY = 'Q2FuYXJ5Q2FuYXJ5Q2FuYXJ5Q2FuYXJ5Q2FuYXJ5Q2FuYXJ5Q2FuYXJ5Q2FuYXJ5Q2FuYXJ5Q2FuYXJ5Q2FuYQ==';
const toNamespace = (address: string, key = CANARY): string =>
  `Endpoint=sb://${address};SharedAccessKeyName=canary;SharedAccessKey=${key};UseDevelopmentEmulator=true;`;

describe('all is well', () => {
  test('nothing fails; what is told besides is that an emulator is not an account', async () => {
    const found = await rig.examine();
    expect(found.of('failed')).toEqual([]);
    expect(found.warnings).toEqual(['lake-hierarchy']);
    expect(found.of('skipped')).toEqual(['lake-readers', 'send-postgresql', 'send-mongodb']);
    expect(found.check('hub-postgresql').found).toContain('2 partitions, 2 of them with events');
    expect(found.check('host-owners').found).toBe('4 partitions are held by a running app');
    expect(found.check('retention-mongodb').found).toContain('the oldest event of mongodb-changes is 0.0 days old');
    expect(found.check('memory').found).toContain('4 partitions × ');
    await rig.hubs.idle();
  });

  test('nothing stays in the lake, and no event is read away or sent', async () => {
    const instance = await openInstance(rig.lake.directConnectionString, { retentionDays: 7 });
    await instance.deliver(events(0, 3, {}, NOON), {
      partition: { namespace: 'localhost', hub: POSTGRES, partition: '0' },
    });
    const reader = new LakeReader(rig.lake.directConnectionString);
    const before = await filesOf(instance.lake);
    await rig.examine();
    expect(await filesOf(instance.lake)).toEqual(before);
    expect(await reader.visible()).toHaveLength(1);
    expect(rig.hubs.hub(POSTGRES)?.partitions.map(({ lastSequence }) => lastSequence)).toEqual([0, 0]);
  });

  test('where something is captured, a sender is let in, and sends nothing; a database that does not answer is named', async () => {
    await using database = await silent();
    const found = await rig.examine(
      {
        CAPTURE_POSTGRES: '[{"name":"shop","connection":"SHOP"}]',
        SHOP: `postgres://canary:${CANARY}@127.0.0.1:${database.port}/shop`,
      },
      IMPATIENT,
    );
    expect(found.of('failed')).toEqual(['capture-postgresql-shop-updates']);
    expect(found.check('send-postgresql').outcome).toBe('ok');
    expect(found.check('capture-postgresql-shop').outcome).toBe('ok');
    expect(JSON.stringify(found)).not.toContain(CANARY);
    expect(rig.hubs.hub(POSTGRES)?.partitions.map(({ lastSequence }) => lastSequence)).toEqual([0, 0]);
  });
});

async function filesOf(lake: { list(folder: string): AsyncIterable<{ path: string }> }): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of lake.list('/')) paths.push(path);
  return paths;
}

describe('settings', () => {
  test('every fault is told, and nothing else is tried', async () => {
    const found = await rig.examine({ LAKE_FILESYSTEM: 'No!', EVENTHUB_RETENTION_DAYS: 'a week' });
    expect(found.of('failed')).toEqual(['settings']);
    expect(found.check('settings').found).toContain('LAKE_FILESYSTEM');
    expect(found.check('settings').fix).toContain('EVENTHUB_RETENTION_DAYS');
    expect(found.of('skipped')).toEqual(['everything-else']);
    expect(rig.lake.proxy.requests).toEqual([]);
  });
});

describe("the lake's account", () => {
  test('a key that is not its own', async () => {
    const wrong = rig.lake.connectionString.replace(/AccountKey=[^;]+/, `AccountKey=${CANARY}`);
    const found = await rig.examine({ STORAGE_CONNECTION_STRING: wrong });
    expect(found.of('failed')).toEqual(['lake-credentials']);
    expect(found.check('lake-credentials').fix).toContain('AccountKey in STORAGE_CONNECTION_STRING');
    expect(found.check('lake-put')).toMatchObject({
      outcome: 'skipped',
      found: 'it needs lake-file-system, which was skipped',
    });
    expect(found.check('clock').outcome).toBe('ok');
    expect(JSON.stringify(found)).not.toContain(CANARY);
  });

  test('no such file system', async () => {
    const found = await rig.examine({ LAKE_FILESYSTEM: 'elsewhere' });
    expect(found.of('failed')).toEqual(['lake-file-system']);
    expect(found.check('lake-file-system').fix).toContain('az storage fs create -n elsewhere');
  });

  test.each<[string, Operation, string | RegExp]>([
    ['lake-put', 'putBlob', /probe/],
    ['lake-rename', 'rename', /probe/],
    ['lake-list', 'list', /staging.doctor/],
    ['lake-read', 'getBlob', /probe/],
    ['lake-delete', 'deletePath', /there.probe/],
    ['lake-folders', 'createDirectory', /quarantine.mongodb/],
  ])('%s is refused alone, and tells the role', async (id, operation, path) => {
    const action = status(403, { code: 'AuthorizationPermissionMismatch' });
    rig.lake.proxy.add({ operation, path, times: Infinity, action });
    const found = await rig.examine();
    expect(found.of('failed')).toEqual([id]);
    expect(found.check(id).found).toContain('status 403, AuthorizationPermissionMismatch');
    expect(found.check(id).fix).toMatch(/AccountKey|Storage Blob Data Contributor/);
  });

  test('a replacement is refused though the first put was not', async () => {
    rig.lake.proxy.add({ operation: 'putBlob', path: /probe/, skip: 1, times: Infinity, action: status(403) });
    expect((await rig.examine()).of('failed')).toEqual(['lake-swap']);
  });

  test('an identity that may not look at the file system, but write in it, is let in', async () => {
    const action = status(403, { code: 'AuthorizationPermissionMismatch' });
    rig.lake.proxy.add({ operation: 'getContainerProperties', times: Infinity, action });
    const found = await rig.examine();
    expect(found.of('failed')).toEqual([]);
    expect(found.warnings).toEqual(['lake-file-system', 'lake-hierarchy']);
  });

  test('a committed file that nobody has published', async () => {
    const instance = await openInstance(rig.lake.connectionString, { retentionDays: 7, attemptMs: 3_000 });
    rig.lake.proxy.add({ operation: 'rename', times: Infinity, action: status(403) });
    const partition = { namespace: 'localhost', hub: MONGO, partition: '5' };
    await expect(instance.deliver(events(0, 3, {}, NOON), { source: 'mongodb', partition })).rejects.toThrow();
    rig.lake.proxy.clear();
    const found = await rig.examine();
    expect(found.of('failed')).toEqual([]);
    expect(found.check('pending')).toMatchObject({ outcome: 'warning' });
    expect(found.check('pending').found).toContain(`${MONGO}/5: 1`);
    await instance.deliver(events(0, 3, {}, NOON), { source: 'mongodb', partition });
    expect((await rig.examine()).check('pending').outcome).toBe('ok');
  });

  test('a lease that is refused is a warning: the app takes none', async () => {
    rig.lake.proxy.add({ operation: 'leaseBlob', times: Infinity, action: status(403) });
    const found = await rig.examine();
    expect(found.of('failed')).toEqual([]);
    expect(found.warnings).toEqual(['lake-hierarchy', 'lake-lease']);
  });

  test('throttling is counted', async () => {
    rig.lake.proxy.add({ operation: 'getContainerProperties', skip: 3, times: 4, action: status(503) });
    const found = await rig.examine();
    expect(found.of('failed')).toEqual([]);
    expect(found.check('lake-latency')).toMatchObject({ outcome: 'warning' });
    expect(found.check('lake-latency').found).toContain('4 throttled');
  });

  test('a name that does not resolve', async () => {
    const found = await rig.examine({
      STORAGE_CONNECTION_STRING: `DefaultEndpointsProtocol=https;AccountName=nowhere;AccountKey=${CANARY};EndpointSuffix=account.invalid`,
    });
    expect(found.of('failed')).toEqual(['dns-storage']);
    expect(found.check('dns-storage').fix).toContain('private DNS zone privatelink.blob.account.invalid');
    expect(JSON.stringify(found)).not.toContain(CANARY);
  });

  test('a port that nobody listens at', async () => {
    const port = await unusedPort();
    const found = await rig.examine({ STORAGE_CONNECTION_STRING: at(rig.lake.connectionString, port) });
    expect(found.of('failed')).toEqual(['reach-storage']);
    expect(found.check('reach-storage').found).toContain('no connection (ECONNREFUSED)');
  });

  test('an account that accepts and never answers', async () => {
    await using deaf = await silent();
    const found = await rig.examine({ STORAGE_CONNECTION_STRING: at(rig.lake.connectionString, deaf.port) }, IMPATIENT);
    expect(found.of('failed')).toEqual(['lake-credentials']);
    expect(found.check('lake-credentials').found).toContain('no answer within 3 s');
  }, 30_000);

  test('TLS that is answered by something else', async () => {
    await using other = await listening((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const secure = at(rig.lake.connectionString, other.port)
      .replaceAll('http:', 'https:')
      .replace('Protocol=http;', 'Protocol=https;');
    const found = await rig.examine({ STORAGE_CONNECTION_STRING: secure });
    expect(found.of('failed')).toEqual(['reach-storage']);
    expect(found.check('reach-storage').found).toContain('TLS fails');
  });

  test('a clock that is wrong', async () => {
    const found = await rig.examine({}, { clock: { now: () => Date.now() + 400_000 } });
    expect(found.of('failed')).toEqual(['clock']);
    expect(found.check('clock').found).toMatch(/^this machine's clock is (399|400|401) s ahead of/);
  });

  test('ledgers that cannot be read are not judged', async () => {
    const { lake } = await openInstance(rig.lake.directConnectionString);
    const path = `_system/ledger/localhost/${MONGO}/1/7.json`;
    await lake.stage(path, Buffer.from('{'));
    rig.lake.proxy.add({ operation: 'getBlob', path: /ledger/, times: Infinity, action: status(403) });
    const found = await rig.examine();
    expect(found.of('failed')).toEqual(['ledgers']);
    expect(found.of('skipped')).toEqual(expect.arrayContaining(['pending', 'gaps']));
    await lake.remove(path);
  });

  test('a ledger that is damaged, and one of a newer version', async () => {
    const reader = await openInstance(rig.lake.directConnectionString);
    for (const [name, text] of [
      ['8', '{'],
      ['9', '{"format":99}'],
    ] as const) {
      const path = `_system/ledger/localhost/${MONGO}/1/${name}.json`;
      await reader.lake.stage(path, Buffer.from(text));
      const found = await rig.examine();
      expect(found.of('failed')).toEqual(['ledgers']);
      expect(found.check('ledgers').fix).toContain(name === '8' ? 'rebuild-ledger' : 'Deploy that version');
      await reader.lake.remove(path);
    }
  });
});

describe('the namespace', () => {
  test('a name that does not resolve', async () => {
    const found = await rig.examine({ EVENTHUB_CONNECTION_STRING: toNamespace('namespace.invalid') });
    expect(found.of('failed')).toEqual(['dns-event-hubs']);
    expect(found.check('dns-event-hubs').fix).toContain('EVENTHUB_CONNECTION_STRING');
    expect(JSON.stringify(found)).not.toContain(CANARY);
  });

  test('a port that nobody listens at', async () => {
    const found = await rig.examine({ EVENTHUB_CONNECTION_STRING: toNamespace(`localhost:${await unusedPort()}`) });
    expect(found.of('failed')).toEqual(['reach-event-hubs']);
    expect(found.check('hub-postgresql').outcome).toBe('skipped');
  });

  test('a peer that accepts and never answers', async () => {
    await using deaf = await silent();
    const found = await rig.examine({ EVENTHUB_CONNECTION_STRING: toNamespace(`localhost:${deaf.port}`) }, IMPATIENT);
    expect(found.of('failed')).toEqual(['hub-credentials']);
    expect(found.check('hub-credentials').fix).toContain('firewall');
    expect(JSON.stringify(found)).not.toContain(CANARY);
  }, 30_000);

  test('a key that is refused', async () => {
    await using relay = await withStatus(rig.hubs.port, 202, 401);
    const found = await rig.examine({ EVENTHUB_CONNECTION_STRING: toNamespace(`localhost:${relay.port}`) });
    expect(found.of('failed')).toEqual(['hub-credentials']);
    expect(found.check('hub-credentials').fix).toContain('key in EVENTHUB_CONNECTION_STRING');
    expect(JSON.stringify(found)).not.toContain(CANARY);
  });

  test('no such hub', async () => {
    rig.hubs.deleteHub(MONGO);
    const found = await rig.examine();
    expect(found.of('failed')).toEqual(['hub-mongodb']);
    expect(found.check('hub-mongodb').fix).toContain(
      `az eventhubs eventhub create --namespace-name localhost -n ${MONGO}`,
    );
    expect(found.check('group-postgresql').outcome).toBe('ok');
  });

  test.each([
    ['group-mongodb', 'lake-repair', 'EVENTHUB_CONSUMER_GROUP'],
    ['repair-group-mongodb', 'lake', 'EVENTHUB_REPAIR_CONSUMER_GROUP'],
  ])('no such group: %s', async (id, other, setting) => {
    rig.hubs.deleteHub(MONGO);
    rig.hubs.createHub(hub(MONGO, [other]));
    await rig.send(MONGO);
    for (const partition of ['0', '1']) await rig.handled(MONGO, partition, '0');
    const found = await rig.examine();
    expect(found.of('failed')).toEqual([id]);
    expect(found.check(id).fix).toContain('consumer-group create');
    expect(found.check(id).fix).toContain(setting);
  });
});

describe("the host's records", () => {
  test('an account that cannot be reached', async () => {
    const host = at(rig.host.connectionString, await unusedPort());
    const found = await rig.examine({ AzureWebJobsStorage: host }, IMPATIENT);
    expect(found.of('failed')).toEqual(['host-storage']);
    expect(found.check('host-storage').fix).toContain('AzureWebJobsStorage');
  }, 30_000);

  test('none is given', async () => {
    const found = await rig.examine({ AzureWebJobsStorage: '' });
    expect(found.of('failed')).toEqual(['host-storage']);
    expect(found.check('host-storage').found).toContain("the host's storage is not given");
  });

  test('what is no connection string is not shown', async () => {
    const found = await rig.examine({ AzureWebJobsStorage: `AccountKey=${CANARY}` });
    expect(found.of('failed')).toEqual(['host-storage']);
    expect(JSON.stringify(found)).not.toContain(CANARY);
  });

  test('a signature in its address is not shown', async () => {
    const blob = `http://127.0.0.1:${rig.host.port}/devstoreaccount1`;
    const found = await rig.examine({
      AzureWebJobsStorage: `BlobEndpoint=${blob};SharedAccessSignature=sv=2024-01-01&sig=${CANARY}`,
    });
    expect(found.of('failed')).toEqual(['host-storage']);
    expect(JSON.stringify(found)).not.toContain(CANARY);
    expect(JSON.stringify(found)).not.toContain('sig=');
  });

  test('a checkpoint beyond the end of its hub', async () => {
    await rig.handled(MONGO, '1', '77');
    const found = await rig.examine();
    expect(found.of('failed')).toEqual(['host-checkpoints']);
    expect(found.check('host-checkpoints')).toMatchObject({
      found: `beyond the hub's last event: ${MONGO}/1`,
      fix: expect.stringContaining('reset-checkpoint') as string,
    });
  });

  test('a partition that nobody holds', async () => {
    const store = rig.store(POSTGRES);
    const held = (await store.listOwnership()).find(({ partition }) => partition === '1') ?? null;
    await store.claim('1', '', held);
    const found = await rig.examine();
    expect(found.of('failed')).toEqual([]);
    expect(found.check('host-owners')).toMatchObject({ outcome: 'warning' });
    expect(found.check('host-owners').found).toContain(`${POSTGRES}/1`);
  });
});

test('with everything silent it ends, and tells where it stopped', async () => {
  await using deaf = await silent();
  const found = await rig.examine(
    {
      STORAGE_CONNECTION_STRING: at(rig.lake.connectionString, deaf.port),
      EVENTHUB_CONNECTION_STRING: toNamespace(`localhost:${deaf.port}`),
      AzureWebJobsStorage: at(rig.host.connectionString, deaf.port),
    },
    IMPATIENT,
  );
  expect(found.of('failed')).toEqual(['lake-credentials', 'hub-credentials', 'host-storage']);
}, 60_000);

const at = (connectionString: string, port: number): string =>
  connectionString.replace(/(BlobEndpoint=https?:\/\/127\.0\.0\.1):\d+/, `$1:${port}`);

async function unusedPort(): Promise<number> {
  const server = await silent();
  await server[Symbol.asyncDispose]();
  return server.port;
}
