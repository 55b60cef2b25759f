import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { inspect } from 'node:util';
import { status } from '../../local/storage/faults';
import { events, openInstance } from '../support/instance';
import { LakeReader, numbers } from '../support/reader';
import { startLake, type TestLake } from '../support/storage';

/** What storage may refuse, and what the operator is told. */

let lake: TestLake;
let reader: LakeReader;

beforeAll(async () => {
  lake = await startLake();
  reader = new LakeReader(lake.directConnectionString);
});

afterAll(() => lake.dispose());

beforeEach(async () => {
  lake.proxy.clear();
  await reader.clear();
});

const ACCOUNT_KEY = /AccountKey=([^;]+)/;

/** Fails a delivery over `connectionString`, and gives what was thrown, which must not show the account's key. */
async function failure(connectionString: string): Promise<Error> {
  const instance = await openInstance(connectionString);
  const thrown = await instance.deliver(events(0, 4)).then(
    () => new Error('nothing was thrown'),
    (error: unknown) => error as Error,
  );
  expect(thrown).toMatchObject({ code: 'STORAGE_FAILED', retryable: true });
  const key = ACCOUNT_KEY.exec(connectionString)?.[1] ?? '';
  expect(key.length).toBeGreaterThan(20);
  expect(inspect(thrown, { depth: 20 })).not.toContain(key);
  expect(inspect(thrown, { depth: 20 })).not.toMatch(/SharedKey \w+:/);
  return thrown;
}

test.each([
  ['a throttled account', 429, 'TooManyRequests', /throttled/],
  ['an identity without its role', 403, 'AuthorizationPermissionMismatch', /Storage Blob Data Contributor/],
  ["a key that is not the account's, or a clock that is wrong", 403, 'AuthenticationFailed', /clock/],
  ['a network rule', 403, 'AuthorizationFailure', /network/],
  ['an account without a hierarchical namespace', 400, 'HierarchicalNamespaceNotEnabled', /hierarchical namespace/],
])('%s: the message names request, path and account, what was found and what to do', async (_, code, name, advice) => {
  lake.proxy.add({ operation: 'putBlob', times: Infinity, action: status(code, { code: name }) });
  const { message } = await failure(lake.connectionString);
  expect(message).toMatch(advice);
  expect(message).toContain(`status ${code}, ${name}`);
  expect(message).toContain('put _system/staging/example.servicebus.windows.net/changes/1/3/');
  expect(message).toContain('/devstoreaccount1/data');
});

test('a wrong key is refused, and the message names the setting', async () => {
  const wrong = Buffer.from('a key of the right form, but another one than that').toString('base64');
  const { message } = await failure(lake.connectionString.replace(ACCOUNT_KEY, `AccountKey=${wrong}`));
  expect(message).toMatch(/status 403.*The key in STORAGE_CONNECTION_STRING is not the account's/);
});

test('a file system that does not exist is told as one, and not taken for an empty lake', async () => {
  const other = await startLake();
  const remover = new LakeReader(other.directConnectionString);
  await remover.removeFileSystem();
  const { message } = await failure(other.connectionString);
  expect(message).toMatch(/LAKE_FILESYSTEM/);
  await other.dispose();
});

test('an account that nobody answers for is told as one', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  const nobody = lake.connectionString.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${port}`);
  expect((await failure(nobody)).message).toMatch(/no answer \(ECONNREFUSED\).*STORAGE_CONNECTION_STRING/);
});

test.each([
  ['throttling', status(503, { retryAfterSeconds: 1 })],
  ['a failure of the service', status(500)],
])('%s that passes is waited out in the same attempt', async (_, action) => {
  const instance = await openInstance(lake.connectionString);
  const faults = (['getBlob', 'putBlob', 'rename'] as const).map((operation) => lake.proxy.add({ operation, action }));
  expect(await instance.deliver(events(0, 4))).toMatchObject({ written: 5 });
  expect(faults.map(({ hits }) => hits)).toEqual([1, 1, 1]);
  expect(await reader.sequences()).toEqual(numbers(0, 4));
});
