import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import {
  cut,
  cutHalfway,
  delay,
  hang,
  hold,
  late,
  loseAnswer,
  startFaultProxy,
  status,
} from '../../../local/storage/faults';
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
const contentOf = async (path: string) =>
  (await direct.lake.getFileSystemClient('data').getFileClient(path).readToBuffer()).toString();
const seen = () =>
  lake.proxy.requests.map(({ operation, path, status: answer, fault }) => [operation, path, answer, fault]);

describe('loseAnswer', () => {
  it('lets the service act and cuts the connection before the answer', async () => {
    lake.proxy.add({ operation: 'putBlob', action: loseAnswer() });
    expect(await refusalOf(put('lost/a.txt'))).toMatch(/ECONNRESET|REQUEST_SEND_ERROR/);
    expect(await contentOf('lost/a.txt')).toBe('lost/a.txt');
    expect(seen()).toEqual([['putBlob', 'lost/a.txt', 201, 'loseAnswer']]);
  });

  it('makes an SDK that retries meet its own success', async () => {
    const retrying = clientsOf(lake.connectionString, { retryDelayInMs: 1, maxTries: 3 });
    lake.proxy.add({ operation: 'putBlob', action: loseAnswer() });
    const target = retrying.blobs.getContainerClient('data').getBlockBlobClient('own/success.txt');
    expect(await refusalOf(target.upload('x', 1, { conditions: { ifNoneMatch: '*' } }))).toBe('409 BlobAlreadyExists');
    expect(lake.proxy.requests.map((each) => each.status)).toEqual([201, 409]);
  });

  it('works for renames and for answers that have a body', async () => {
    await put('lost/b.txt');
    lake.proxy.add({ operation: ['rename', 'list'], times: 2, action: loseAnswer() });
    expect(await refusalOf(data().getFileClient('lost/b.txt').move('data', 'lost/c.txt'))).not.toBe('no error');
    expect(await isThere('lost/c.txt')).toBe(true);
    expect(await refusalOf(data().listPaths().next())).not.toBe('no error');
    expect(await refusalOf(data().listPaths().next())).toBe('no error');
  });
});

describe('cut', () => {
  it('ends the connection and the service never hears of the request', async () => {
    lake.proxy.add({ operation: 'createDirectory', action: cut() });
    expect(await refusalOf(data().getDirectoryClient('cut').create())).toMatch(/ECONNRESET|REQUEST_SEND_ERROR/);
    expect(await direct.lake.getFileSystemClient('data').getDirectoryClient('cut').exists()).toBe(false);
    expect(seen()).toEqual([['createDirectory', 'cut', null, 'cut']]);
  });
});

describe('cutHalfway', () => {
  it('gives the service half of the body and no more', async () => {
    const got: number[] = [];
    const upstream = createServer((request) => {
      let bytes = 0;
      request.on('data', (chunk: Buffer) => (bytes += chunk.length));
      request.on('error', () => undefined);
      request.on('close', () => got.push(bytes));
    });
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    const proxy = await startFaultProxy({ host: '127.0.0.1', port: (upstream.address() as AddressInfo).port });
    const ended = new Promise((resolve) => upstream.once('request', (request) => request.once('close', resolve)));
    proxy.add({ operation: 'any', action: cutHalfway() });
    const request = fetch(`http://127.0.0.1:${proxy.port}/devstoreaccount1/data/x`, {
      method: 'PUT',
      body: 'x'.repeat(1_000_001),
    });
    await expect(request).rejects.toThrow();
    await ended;
    expect(got).toEqual([500_000]);
    await proxy.close();
    await new Promise((resolve) => upstream.close(resolve));
  });

  it('leaves no file behind', async () => {
    const fault = lake.proxy.add({ operation: 'putBlob', action: cutHalfway() });
    expect(await refusalOf(put('half.txt', 'x'.repeat(100_000)))).not.toBe('no error');
    await fault.settled;
    expect(await isThere('half.txt')).toBe(false);
    await put('half.txt', 'whole');
    expect(await contentOf('half.txt')).toBe('whole');
  });
});

describe('delay', () => {
  it('forwards later', async () => {
    lake.proxy.add({ operation: 'putBlob', action: delay(80) });
    const start = performance.now();
    await put('delayed.txt');
    expect(performance.now() - start).toBeGreaterThan(75);
    expect(await isThere('delayed.txt')).toBe(true);
  });

  it('forwards nothing when the client has left', async () => {
    const fault = lake.proxy.add({ operation: 'putBlob', action: delay(600_000) });
    const abortSignal = AbortSignal.timeout(20);
    expect(await refusalOf(blob('left.txt').upload('x', 1, { abortSignal }))).not.toBe('no error');
    await fault.settled;
    expect(await isThere('left.txt')).toBe(false);
  });
});

describe('hold', () => {
  it('keeps a request until it is released', async () => {
    const gate = lake.proxy.add({ operation: 'putBlob', path: 'held/', action: hold() });
    const upload = put('held/a.txt');
    await gate.reached;
    await put('not-held.txt');
    expect(await isThere('held/a.txt')).toBe(false);
    gate.release();
    await upload;
    expect(await isThere('held/a.txt')).toBe(true);
  });

  it('lets one writer pass another', async () => {
    await put('order.txt', 'first');
    const gate = lake.proxy.add({ operation: 'putBlob', path: /^order/, action: hold() });
    const { etag: ifMatch = '' } = await blob('order.txt').getProperties();
    const slow = refusalOf(blob('order.txt').upload('slow', 4, { conditions: { ifMatch } }));
    await gate.reached;
    await blob('order.txt').upload('fast', 4, { conditions: { ifMatch } });
    gate.release();
    expect(await slow).toBe('412 ConditionNotMet');
    expect(await contentOf('order.txt')).toBe('fast');
  });

  it('forwards nothing when the client has left', async () => {
    const gate = lake.proxy.add({ operation: 'putBlob', action: hold() });
    const controller = new AbortController();
    const upload = refusalOf(blob('dropped.txt').upload('x', 1, { abortSignal: controller.signal }));
    await gate.reached;
    controller.abort();
    await upload;
    await gate.settled;
    gate.release();
    expect(await isThere('dropped.txt')).toBe(false);
  });
});

describe('late', () => {
  it('delivers the request after its client gave up', async () => {
    const gate = lake.proxy.add({ operation: 'putBlob', action: late() });
    expect(await refusalOf(put('late.txt', 'late'))).toMatch(/ECONNRESET|REQUEST_SEND_ERROR/);
    expect(await isThere('late.txt')).toBe(false);
    gate.release();
    await gate.settled;
    expect(await contentOf('late.txt')).toBe('late');
    expect(seen()).toEqual([['putBlob', 'late.txt', 201, 'late']]);
  });
});

describe('hang', () => {
  it('never answers, until the client gives up', async () => {
    const fault = lake.proxy.add({ operation: 'any', action: hang() });
    const upload = refusalOf(blob('hung.txt').upload('x', 1, { abortSignal: AbortSignal.timeout(50) }));
    expect(await upload).toMatch(/abort/i);
    await fault.settled;
    expect(await isThere('hung.txt')).toBe(false);
  });
});

describe('status', () => {
  it.each([
    [429, 'TooManyRequests'],
    [500, 'InternalError'],
    [503, 'ServerBusy'],
  ])('%i answers as the service does, on both APIs', async (code, name) => {
    lake.proxy.add({ operation: 'any', times: Infinity, action: status(code, { retryAfterSeconds: 7 }) });
    const outcome = await put('refused.txt').catch((error: unknown) => error);
    expect(outcome).toMatchObject({ statusCode: code, code: name });
    expect((outcome as { response: { headers: Headers } }).response.headers.get('retry-after')).toBe('7');
    expect(await refusalOf(data().getFileClient('x').move('data', 'y'))).toBe(`${code} ${name}`);
    expect(await refusalOf(data().getFileClient('x').getProperties())).toMatch(String(code));
    expect(await isThere('refused.txt')).toBe(false);
  });

  it('bears another code when asked to', async () => {
    lake.proxy.add({ operation: 'rename', action: status(412, { code: 'ConditionNotMet' }) });
    expect(await refusalOf(data().getFileClient('x').move('data', 'y'))).toBe('412 ConditionNotMet');
  });
});

it('ends the connection when nobody listens behind it', async () => {
  const proxy = await startFaultProxy({ host: '127.0.0.1', port: 1 });
  await expect(fetch(`http://127.0.0.1:${proxy.port}/devstoreaccount1/data/x`)).rejects.toThrow();
  await proxy.close();
});

it('closes while requests are held', async () => {
  const proxy = await startFaultProxy({ host: '127.0.0.1', port: lake.storage.port });
  const gate = proxy.add({ operation: 'any', action: hang() });
  const request = fetch(`http://127.0.0.1:${proxy.port}/devstoreaccount1/data/x`);
  const outcome = expect(request).rejects.toThrow();
  await gate.reached;
  await proxy.close();
  await outcome;
});
