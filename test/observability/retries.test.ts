import { status } from '../../local/storage/faults';
import { Secret } from '../../src/lib/config/secret';
import { openClients, type LakeClients } from '../../src/lib/lake/clients';
import { watchRetries } from '../../src/lib/lake/retries';
import { startLake, type TestLake } from '../support/storage';

let lake: TestLake;
let clients: LakeClients;

beforeAll(async () => {
  lake = await startLake();
  const access = { kind: 'connectionString', connectionString: new Secret(lake.connectionString) } as const;
  clients = await openClients(access, lake.fileSystemName, () => Promise.reject(new Error('no identity is needed')));
});

afterAll(() => lake.dispose());

beforeEach(() => lake.proxy.clear());

async function retriesDuring(act: () => Promise<unknown>): Promise<number> {
  let retries = 0;
  const end = watchRetries(clients, () => (retries += 1));
  await act();
  end();
  return retries;
}

const put = (): Promise<unknown> => clients.blobs.getBlockBlobClient('a').upload('x', 1);

test('each request that an SDK sends again is told, and none that it sends once', async () => {
  expect(await retriesDuring(put)).toBe(0);
  lake.proxy.add({ operation: 'putBlob', times: 2, action: status(503, { code: 'ServerBusy' }) });
  expect(await retriesDuring(put)).toBe(2);
  lake.proxy.clear();
  lake.proxy.add({ operation: 'rename', times: 1, action: status(503, { code: 'ServerBusy' }) });
  expect(await retriesDuring(() => clients.files.getFileClient('a').move('b'))).toBe(1);
});

test('requests that only look alike are not taken for one sent again, nor those to another host', async () => {
  expect(await retriesDuring(() => Promise.all([put(), put(), put()]))).toBe(0);
  const elsewhere = new URL(lake.directConnectionString.match(/BlobEndpoint=([^;]+)/)?.[1] ?? '').origin;
  const headers = { 'x-ms-client-request-id': 'the-same' };
  const ask = () =>
    import('node:http').then(
      ({ get }) => new Promise((resolve) => get(elsewhere, { headers }, (response) => resolve(response.resume()))),
    );
  expect(
    await retriesDuring(async () => {
      await ask();
      await ask();
    }),
  ).toBe(0);
});

test('nothing is told once the watch has ended', async () => {
  let retries = 0;
  watchRetries(clients, () => (retries += 1))();
  lake.proxy.add({ operation: 'putBlob', times: 1, action: status(503, { code: 'ServerBusy' }) });
  await put();
  expect(retries).toBe(0);
});
