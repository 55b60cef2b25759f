import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startStorage } from '../../../local/storage/storage';
import { startFaultProxy } from '../../../local/storage/faults';
import { clientsOf, names, put, read, refusalOf, startAccount } from './support';

const mebibyte = 1024 * 1024;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storage-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('in a folder', () => {
  it('keeps the lake between runs: files, names after renames, directories, leases, entity tags', async () => {
    const before = await (async () => {
      await using account = await startAccount({ folder });
      await put(account, 'staging/a.json', 'renamed');
      await account.data.getDirectoryClient('bronze/2026').create({ metadata: { m: '1' } });
      await account.data.getFileClient('staging/a.json').move('data', 'bronze/2026/a.json');
      await account.data.getFileClient('appended.txt').upload(Buffer.from('appended'));
      await account.data.getFileClient('open.txt').create();
      await account.data.getFileClient('open.txt').append('abc', 0, 3);
      return {
        names: await names(account, { recursive: true }),
        etag: (await account.data.getFileClient('bronze/2026/a.json').getProperties()).etag,
      };
    })();
    await using account = await startAccount({ folder });
    expect(await names(account, { recursive: true })).toEqual(before.names);
    expect(await read(account, 'bronze/2026/a.json')).toBe('renamed');
    expect(await read(account, 'appended.txt')).toBe('appended');
    expect((await account.data.getFileClient('bronze/2026/a.json').getProperties()).etag).toBe(before.etag);
    expect((await account.data.getDirectoryClient('bronze/2026').getProperties()).metadata).toMatchObject({ m: '1' });
    await account.data.getFileClient('open.txt').flush(3);
    expect(await read(account, 'open.txt')).toBe('abc');
    const ifMatch = before.etag ?? '';
    await account.data.getFileClient('bronze/2026/a.json').move('data', 'b.json', { conditions: { ifMatch } });
    await account.data.getFileClient('b.json').delete(false, { conditions: { ifUnmodifiedSince: new Date() } });
  });

  it('reads files whose extents it forgot, as when it was killed between saving the one and the other', async () => {
    {
      await using account = await startAccount({ folder });
      await put(account, 'a.txt', 'still there');
    }
    await rm(join(folder, 'blob-extents.json'));
    await using account = await startAccount({ folder });
    expect(await read(account, 'a.txt')).toBe('still there');
  });

  it('streams a large body without holding it', async () => {
    await using account = await startAccount({ folder });
    await using proxy = await startFaultProxy({ host: '127.0.0.1', port: account.storage.port });
    const { blobs } = clientsOf(proxy.through(account.storage.connectionString));
    const client = blobs.getContainerClient('data').getBlockBlobClient('large.bin');
    const chunk = Buffer.alloc(64 * 1024, 'large');
    const held: number[] = [];
    const start = liveBytes();
    const look = (moved: number) => {
      if (moved % (4 * mebibyte) < chunk.length) held.push(liveBytes() - start);
    };
    function* body() {
      for (let sent = 0; sent < 64 * mebibyte; sent += chunk.length) {
        look(sent);
        yield chunk;
      }
    }
    await client.upload(() => Readable.from(body()), 64 * mebibyte);
    const hash = createHash('sha256');
    let length = 0;
    const { readableStreamBody } = await client.download();
    for await (const part of readableStreamBody as AsyncIterable<Buffer>) {
      look(length);
      hash.update(part);
      length += part.length;
    }
    expect(length).toBe(64 * mebibyte);
    const expected = createHash('sha256');
    for (let sent = 0; sent < 64 * mebibyte; sent += chunk.length) expected.update(chunk);
    expect(hash.digest('hex')).toBe(expected.digest('hex'));
    // The median: a collection that is not done yet shows a peak now and then.
    expect(held.sort((a, b) => a - b)[Math.floor(held.length / 2)]).toBeLessThan(4 * mebibyte);
  });

  it('keeps nothing of an upload that broke off', async () => {
    await using account = await startAccount({ folder });
    const client = account.container.getBlockBlobClient('broken/off.bin');
    const controller = new AbortController();
    function* body() {
      yield Buffer.alloc(mebibyte);
      controller.abort();
      yield Buffer.alloc(mebibyte);
    }
    const upload = client.upload(() => Readable.from(body()), 8 * mebibyte, { abortSignal: controller.signal });
    expect(await refusalOf(upload)).not.toBe('no error');
    expect(await client.exists()).toBe(false);
    expect(await names(account)).toEqual([]);
    expect(await put(account, 'broken/off.bin', 'whole')).not.toBe('');
    expect(await read(account, 'broken/off.bin')).toBe('whole');
  });
});

describe('in memory', () => {
  it('writes no file', async () => {
    const here = process.cwd();
    const before = await readdir(here);
    process.chdir(folder);
    try {
      await using account = await startAccount({ folder: null, queuePort: 0, tablePort: 0 });
      await put(account, 'a/b.txt');
    } finally {
      process.chdir(here);
    }
    expect(await readdir(folder)).toEqual([]);
    expect(await readdir(here)).toEqual(before);
  });

  it('forgets everything when closed, and two lakes know nothing of each other', async () => {
    await using one = await startAccount();
    await using two = await startAccount();
    await put(one, 'only-in-one.txt');
    expect(await names(two)).toEqual([]);
  });
});

describe('its ports', () => {
  it('serve queues and tables too, and are free again after close', async () => {
    const storage = await startStorage({ port: 0, queuePort: 0, tablePort: 0 });
    const ports = [storage.port, storage.queuePort, storage.tablePort];
    expect(new Set(ports).size).toBe(3);
    for (const port of [storage.queuePort, storage.tablePort]) {
      const { headers } = await fetch(`http://127.0.0.1:${String(port)}/devstoreaccount1`);
      expect(headers.get('server')).toMatch(/^Azurite-/);
    }
    expect(storage.connectionString).toContain(
      `QueueEndpoint=http://127.0.0.1:${String(storage.queuePort)}/devstoreaccount1`,
    );
    await storage.close();
    for (const port of ports) await expect(fetch(`http://127.0.0.1:${String(port)}`)).rejects.toThrow();
    await using again = await startStorage({ port: storage.port, queuePort: null, tablePort: null });
    expect(again.port).toBe(storage.port);
  });

  it.each(['port', 'queuePort', 'tablePort'])(
    'name themselves when %s is taken, and nothing stays open',
    async (which) => {
      const blocker = createServer();
      await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
      try {
        const { port } = blocker.address() as AddressInfo;
        await expect(startStorage({ port: 0, queuePort: 0, tablePort: 0, folder, [which]: port })).rejects.toThrow(
          `127.0.0.1:${port} is in use`,
        );
      } finally {
        await closed(blocker);
      }
    },
  );

  it('close while a client is in the middle of a read', async () => {
    const account = await startAccount();
    await put(account, 'long.txt', 'x'.repeat(16 * mebibyte));
    const { readableStreamBody } = await account.container.getBlobClient('long.txt').download();
    await account.storage.close();
    const rest = (async () => {
      for await (const chunk of readableStreamBody as AsyncIterable<Buffer>) expect(chunk.length).toBeGreaterThan(0);
    })();
    await expect(rest).rejects.toThrow();
  });
});

it('is made in the folder it is given', async () => {
  const inner = join(folder, 'not', 'yet');
  await using account = await startAccount({ folder: inner });
  await put(account, 'a.txt');
  expect(existsSync(inner)).toBe(true);
});

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** Bytes in buffers that are in use: without a collection first, those already let go would count. */
function liveBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().arrayBuffers;
}
