import { cut, hold, late, startFaultProxy, status } from '../../../local/storage/faults';
import { type FaultRule, matches } from '../../../local/storage/fault-rules';
import { startLake, type TestLake } from '../../support/storage';
import { clientsOf, refusalOf } from './support';

let lake: TestLake;
let through: ReturnType<typeof clientsOf>;
let direct: ReturnType<typeof clientsOf>;
beforeAll(async () => {
  lake = await startLake();
  through = clientsOf(lake.connectionString);
  direct = clientsOf(lake.directConnectionString);
});
afterAll(() => lake.dispose());
beforeEach(() => {
  lake.proxy.clear();
  lake.proxy.forgetRequests();
});

const blob = (path: string) => through.blobs.getContainerClient('data').getBlockBlobClient(path);
const put = (path: string, text = path) => blob(path).upload(text, text.length);
const data = () => through.lake.getFileSystemClient('data');
const isThere = (path: string) => direct.lake.getFileSystemClient('data').getFileClient(path).exists();

describe('a rule', () => {
  it('strikes once by default, after those it skips, and as often as it says', async () => {
    const fault = lake.proxy.add({ operation: 'putBlob', skip: 1, times: 2, action: status(500) });
    const outcomes = [];
    for (const index of [0, 1, 2, 3]) outcomes.push(await refusalOf(put(`rule/${index}`)));
    expect(outcomes).toEqual(['no error', '500 InternalError', '500 InternalError', 'no error']);
    expect(fault.hits).toBe(2);
    lake.proxy.add({ operation: 'putBlob', action: status(500) });
    expect([await refusalOf(put('rule/4')), await refusalOf(put('rule/5'))]).toEqual(['500 InternalError', 'no error']);
  });

  it('is forgotten when removed or cleared', async () => {
    const fault = lake.proxy.add({ operation: 'any', times: Infinity, action: status(500) });
    fault.remove();
    expect(await refusalOf(put('removed.txt'))).toBe('no error');
    lake.proxy.add({ operation: 'any', action: status(500) });
    lake.proxy.clear();
    expect(await refusalOf(put('cleared.txt'))).toBe('no error');
  });

  it.each<[string, Omit<FaultRule, 'action'>, boolean]>([
    ['any operation', { operation: 'any' }, true],
    ['the operation', { operation: 'rename' }, true],
    ['another operation', { operation: 'putBlob' }, false],
    ['one of several operations', { operation: ['putBlob', 'rename'] }, true],
    ['a part of the source', { operation: 'any', path: 'staging/' }, true],
    ['an expression for the destination', { operation: 'any', path: /^bronze\/.*\.json$/g }, true],
    ['an expression that is anchored', { operation: 'any', path: /^staging$/ }, false],
    ['another path', { operation: 'any', path: 'ledger' }, false],
  ])('by %s is about a rename or not, each time anew', (_name, rule, expected) => {
    const paths = ['bronze/a.json', 'staging/a'];
    for (const time of [1, 2])
      expect([time, matches({ ...rule, action: cut() }, 'rename', paths)]).toEqual([time, expected]);
  });
});

describe('clear', () => {
  it('cuts what is held, and the service never hears of it', async () => {
    const faults = [hold(), late()].map((action, index) =>
      lake.proxy.add({ operation: 'putBlob', path: `forgotten/${index}`, action }),
    );
    const uploads = [0, 1].map((index) => refusalOf(put(`forgotten/${index}`)));
    await Promise.all(faults.map((each) => each.reached));
    lake.proxy.clear();
    for (const outcome of await Promise.all(uploads)) expect(outcome).toMatch(/ECONNRESET|REQUEST_SEND_ERROR/);
    await Promise.all(faults.map((each) => each.settled));
    expect(await Promise.all([0, 1].map((index) => isThere(`forgotten/${index}`)))).toEqual([false, false]);
  });
});

describe('the log', () => {
  it('tells every request with both names of a rename, decoded, and its status', async () => {
    await put('log/a b.txt');
    await data().getFileClient('log/a b.txt').move('data', 'log/ü.txt');
    await data().getFileClient('log/ü.txt').delete();
    await refusalOf(data().listPaths({ path: 'log/none' }).next());
    expect(lake.proxy.requests).toEqual([
      {
        operation: 'putBlob',
        method: 'PUT',
        fileSystem: 'data',
        path: 'log/a b.txt',
        source: null,
        status: 201,
        fault: null,
      },
      {
        operation: 'rename',
        method: 'PUT',
        fileSystem: 'data',
        path: 'log/ü.txt',
        source: 'log/a b.txt',
        status: 201,
        fault: null,
      },
      {
        operation: 'deletePath',
        method: 'DELETE',
        fileSystem: 'data',
        path: 'log/ü.txt',
        source: null,
        status: 200,
        fault: null,
      },
      {
        operation: 'list',
        method: 'GET',
        fileSystem: 'data',
        path: 'log/none',
        source: null,
        status: 404,
        fault: null,
      },
    ]);
  });
});

it('keeps no more of the log than it is told to', async () => {
  await using proxy = await startFaultProxy({ host: '127.0.0.1', port: lake.storage.port }, { maxLoggedRequests: 2 });
  for (const name of ['1', '2', '3']) await fetch(`http://127.0.0.1:${proxy.port}/devstoreaccount1/data/${name}`);
  expect(proxy.requests.map(({ path }) => path)).toEqual(['2', '3']);
});
