import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBlobServer } from '../../../local/storage/azurite';
import { LakeRecords } from '../../../local/storage/records';
import { sweepWithCare } from '../../../local/storage/store-fixes';
import { type BlobMetadataStore, type ExtentStore } from '../../../local/storage/stores';
import { clientsOf, names, put, read, startAccount } from './support';

/** The gateway changes names in Azurite's own records: these tests fail when another version keeps them otherwise. */

const connectionStringOf = (port: number) =>
  `DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;BlobEndpoint=http://127.0.0.1:${port}/devstoreaccount1;`;

it('stands on the version of Azurite that package.json names exactly', () => {
  const require = createRequire(__filename);
  const ours = require('../../../package.json') as { devDependencies: Record<string, string> };
  const theirs = require('azurite/package.json') as { version: string };
  expect(ours.devDependencies['azurite']).toBe(theirs.version);
});

describe('Azurite alone', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'azurite-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('reads what the gateway renamed, appended and overwrote, under its new names alone', async () => {
    {
      await using account = await startAccount({ folder });
      await put(account, 'old/a.txt', 'renamed');
      await put(account, 'old/deep/b.txt', 'with its directory');
      await account.data.getDirectoryClient('old').move('data', 'new');
      await account.data.getFileClient('c.txt').upload(Buffer.from('appended'));
      await put(account, 'd.txt', 'replaced');
      await account.data.getFileClient('c.txt').move('data', 'd.txt');
    }
    const azurite = await startBlobServer(0, folder);
    try {
      const container = clientsOf(connectionStringOf(azurite.port)).blobs.getContainerClient('data');
      const found: string[] = [];
      for await (const { name } of container.listBlobsFlat({ prefix: '' })) found.push(name);
      expect(found).toEqual(['d.txt', 'new', 'new/a.txt', 'new/deep', 'new/deep/b.txt']);
      expect((await container.getBlobClient('new/deep/b.txt').downloadToBuffer()).toString()).toBe(
        'with its directory',
      );
      expect((await container.getBlobClient('d.txt').downloadToBuffer()).toString()).toBe('appended');
    } finally {
      await azurite.close();
    }
  });

  it('leaves a folder that the gateway makes hierarchical when it starts', async () => {
    const azurite = await startBlobServer(0, folder);
    try {
      const container = clientsOf(connectionStringOf(azurite.port)).blobs.getContainerClient('data');
      await container.create();
      for (const name of ['a/b/c.txt', 'a/d.txt']) await container.getBlockBlobClient(name).upload(name, name.length);
    } finally {
      await azurite.close();
    }
    await using account = await startAccount({ folder });
    expect(await names(account, { recursive: true })).toEqual(['a/', 'a/b/', 'a/b/c.txt', 'a/d.txt']);
    await account.data.getFileClient('a/d.txt').move('data', 'a/b/d.txt');
    expect(await read(account, 'a/b/d.txt')).toBe('a/d.txt');
  });
});

it('finds names that LokiJS might take for numbers', async () => {
  await using account = await startAccount();
  const odd = [
    '1',
    '01',
    '1.0',
    '1e0',
    '0x1',
    ' 1',
    'true',
    'null',
    'Infinity',
    'NaN',
    '-1',
    '10',
    '9',
    'a',
    'A',
    '1/2',
  ];
  for (const name of odd.toReversed()) await put(account, name === '1/2' ? 'one/2' : name, name);
  for (const name of odd) expect(await read(account, name === '1/2' ? 'one/2' : name)).toBe(name);
  for (const name of odd.slice(0, 6)) {
    await account.data.getFileClient(name).move('data', `moved-${encodeURIComponent(name)}`);
    expect(await read(account, `moved-${name}`)).toBe(name);
    expect(await account.data.getFileClient(name).exists()).toBe(false);
  }
});

it('renames in the records without a pause in which a reader could look', async () => {
  const azurite = await startBlobServer(0, null);
  try {
    const container = clientsOf(connectionStringOf(azurite.port)).blobs.getContainerClient('data');
    await container.create();
    await container.getBlockBlobClient('a').upload('x', 1);
    const records = new LakeRecords(azurite.metadataStore);
    const record = records.find({ fileSystem: 'data', path: 'a' });
    if (record === null) throw new Error('not found');
    // The method returns nothing to wait for: that it is synchronous is what makes it atomic.
    expect(records.move(record, { fileSystem: 'data', path: 'b' })).toBeUndefined();
    expect(records.find({ fileSystem: 'data', path: 'a' })).toBeNull();
    expect(records.find({ fileSystem: 'data', path: 'b' })).toBe(record);
  } finally {
    await azurite.close();
  }
});

describe('the garbage collector', () => {
  it('sees all blobs at once and deletes only what two sweeps in a row found without a name', async () => {
    const deleted: string[][] = [];
    const asked: unknown[] = [];
    const store = {
      listAllBlobs: (...args: unknown[]) => {
        asked.push(args);
        return Promise.resolve([[], undefined]);
      },
    } as unknown as BlobMetadataStore;
    const extents = {
      deleteExtents: (ids: Iterable<string>) => {
        deleted.push([...ids]);
        return Promise.resolve(0);
      },
    } as unknown as ExtentStore;
    sweepWithCare(store, extents);
    await store.listAllBlobs(undefined, 'marker', true, true);
    expect(asked).toEqual([[Infinity, '', true, true]]);
    for (const sweep of [['a', 'b'], ['b', 'c'], [], ['c']]) await extents.deleteExtents(new Set(sweep));
    expect(deleted).toEqual([[], ['b'], [], []]);
  });
});
