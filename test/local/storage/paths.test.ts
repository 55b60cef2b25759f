import { type FileSystemListPathsResponse } from '@azure/storage-file-datalake';
import { type Account, names, put, read, refusalOf, startAccount } from './support';

let account: Account;
beforeAll(async () => {
  account = await startAccount({ pageSize: 7 });
});
afterAll(() => account[Symbol.asyncDispose]());

const file = (path: string) => account.data.getFileClient(path);
const directory = (path: string) => account.data.getDirectoryClient(path);
const nowhere = () => account.lake.getFileSystemClient('nowhere');
const ifFree = { conditions: { ifNoneMatch: '*' } };
const ifWrong = { conditions: { ifMatch: '"0x0123456789ABCDEF"' } };
/** The SDK leaves the last value of its page iterators untyped. */
const pageOf = ({ value }: { value?: unknown }) => (value as FileSystemListPathsResponse | undefined)?.pathItems ?? [];
const pagesOf = async (options: object, maxPageSize: number) => {
  const pages: string[][] = [];
  for await (const page of account.data.listPaths(options).byPage({ maxPageSize })) {
    pages.push((page.pathItems ?? []).map(({ name }) => name ?? ''));
  }
  return pages;
};

describe('create', () => {
  it('makes an empty file and the directories above it', async () => {
    const { etag, lastModified } = await file('made/by/create.txt').create();
    const properties = await file('made/by/create.txt').getProperties();
    expect(properties).toMatchObject({ contentLength: 0, etag, lastModified });
    expect(await directory('made/by').exists()).toBe(true);
    expect(await read(account, 'made/by/create.txt')).toBe('');
  });

  it('keeps content headers and metadata, and clears them when the file is created anew', async () => {
    await file('headers.txt').create({
      pathHttpHeaders: {
        contentType: 'text/plain',
        cacheControl: 'no-store',
        contentLanguage: 'en',
        contentEncoding: 'x',
      },
      metadata: { first: '1', Second: 'two=2, three' },
    });
    const { contentType, cacheControl, contentLanguage, contentEncoding, metadata } =
      await file('headers.txt').getProperties();
    expect({ contentType, cacheControl, contentLanguage, contentEncoding, metadata }).toEqual({
      contentType: 'text/plain',
      cacheControl: 'no-store',
      contentLanguage: 'en',
      contentEncoding: 'x',
      metadata: { first: '1', second: 'two=2, three' },
    });
    await file('headers.txt').create();
    expect((await file('headers.txt').getProperties()).metadata).toEqual({});
  });

  it('replaces a file unless told otherwise', async () => {
    await put(account, 'taken.txt', 'old');
    expect(await refusalOf(file('taken.txt').create(ifFree))).toBe('409 PathAlreadyExists');
    expect(await refusalOf(file('taken.txt').create(ifWrong))).toBe('412 ConditionNotMet');
    expect(await read(account, 'taken.txt')).toBe('old');
    await file('taken.txt').create();
    expect(await read(account, 'taken.txt')).toBe('');
  });

  it('keeps what a directory holds when it is created again', async () => {
    await put(account, 'kept/a.txt');
    await directory('kept').create({ metadata: { owner: 'me' } });
    expect(await refusalOf(directory('kept').create(ifFree))).toBe('409 PathAlreadyExists');
    expect((await directory('kept').createIfNotExists()).succeeded).toBe(false);
    expect(await names(account, { path: 'kept' })).toEqual(['kept/a.txt']);
    expect((await directory('kept').getProperties()).metadata).toMatchObject({ owner: 'me' });
  });

  it('lets a file be no directory and a directory no file', async () => {
    await put(account, 'plain', 'f');
    await directory('folder').create();
    expect(await refusalOf(directory('plain').create())).toBe('409 PathConflict');
    expect(await refusalOf(file('folder').create())).toBe('409 PathConflict');
    expect(await refusalOf(file('plain/under.txt').create())).toBe('409 PathConflict');
  });

  it('answers 404 FilesystemNotFound where there is none', async () => {
    expect(await refusalOf(nowhere().getFileClient('x').create())).toBe('404 FilesystemNotFound');
  });
});

describe('set properties', () => {
  it('replaces the metadata and keeps a directory a directory', async () => {
    await directory('props').create({ metadata: { a: '1' } });
    await directory('props').setMetadata({ b: '2' });
    expect((await directory('props').getProperties()).metadata).toMatchObject({ b: '2' });
    await file('props/f.txt').create();
    await file('props/f.txt').setHttpHeaders({ contentType: 'application/json' });
    expect((await file('props/f.txt').getProperties()).contentType).toBe('application/json');
  });
});

describe('list', () => {
  beforeAll(async () => {
    for (const path of [
      'list/b/1.txt',
      'list/b/2.txt',
      'list/b/deep/3.txt',
      'list/a.txt',
      'list/b-side.txt',
      'list/ü €.txt',
    ]) {
      await put(account, path);
    }
    await directory('list/empty').create();
  });

  it('names files and directories of one level', async () => {
    expect(await names(account, { path: 'list' })).toEqual([
      'list/a.txt',
      'list/b/',
      'list/b-side.txt',
      'list/empty/',
      'list/ü €.txt',
    ]);
  });

  it('names everything beneath when recursive, over as many pages as it takes', async () => {
    const everything = [
      'list/a.txt',
      'list/b',
      'list/b-side.txt',
      'list/b/1.txt',
      'list/b/2.txt',
      'list/b/deep',
      'list/b/deep/3.txt',
      'list/empty',
      'list/ü €.txt',
    ];
    for (const size of [1, 2, 4, 9, 100]) {
      const pages = await pagesOf({ path: 'list', recursive: true }, size);
      expect(pages.flat()).toEqual(everything);
      expect(pages).toHaveLength(Math.ceil(everything.length / Math.min(size, 7)));
    }
  });

  it('neither repeats nor skips what stays while files come and go between pages', async () => {
    for (const name of ['b', 'd', 'f', 'h']) await put(account, `moving/${name}`);
    const pages = account.data.listPaths({ path: 'moving' }).byPage({ maxPageSize: 2 });
    const first = pageOf(await pages.next());
    await put(account, 'moving/a');
    await put(account, 'moving/g');
    await file('moving/f').delete();
    const rest: string[] = [];
    for await (const page of pages) {
      for (const { name } of page.pathItems ?? []) rest.push(name ?? '');
    }
    expect(first.map(({ name }) => name)).toEqual(['moving/b', 'moving/d']);
    expect(rest).toEqual(['moving/g', 'moving/h']);
  });

  it('tells length, entity tag and time of each file', async () => {
    const etag = await put(account, 'told/x.txt', '12345');
    const [entry] = pageOf(await account.data.listPaths({ path: 'told' }).byPage().next());
    const { lastModified } = await file('told/x.txt').getProperties();
    expect(entry).toMatchObject({ name: 'told/x.txt', contentLength: 5, lastModified });
    expect(entry?.etag).toBe(etag.replaceAll('"', ''));
  });

  it('answers 404 for a directory or a file system that is not there', async () => {
    expect(await refusalOf(names(account, { path: 'no/such' }))).toBe('404 PathNotFound');
    expect(await refusalOf(nowhere().listPaths().next())).toBe('404 FilesystemNotFound');
  });
});

describe('delete', () => {
  it('removes a file, and the directory above it stays', async () => {
    await put(account, 'gone/a.txt');
    await file('gone/a.txt').delete();
    expect(await names(account, { path: 'gone' })).toEqual([]);
    expect(await refusalOf(file('gone/a.txt').delete())).toBe('404 PathNotFound');
    expect((await file('gone/a.txt').deleteIfExists()).succeeded).toBe(false);
  });

  it('removes a directory that holds something only when recursive', async () => {
    for (const path of ['full/a.txt', 'full/b/c.txt', 'fuller/d.txt']) await put(account, path);
    expect(await refusalOf(directory('full').delete())).toBe('409 DirectoryNotEmpty');
    await directory('full').delete(true);
    expect(await directory('full').exists()).toBe(false);
    expect(await names(account, { path: 'fuller' })).toEqual(['fuller/d.txt']);
  });

  it('removes an empty directory without more', async () => {
    await directory('hollow').create();
    await directory('hollow').delete();
    expect(await directory('hollow').exists()).toBe(false);
  });

  it('keeps the conditions and the lease', async () => {
    const etag = await put(account, 'guarded.txt');
    expect(await refusalOf(file('guarded.txt').delete(false, ifWrong))).toBe('412 ConditionNotMet');
    const lease = file('guarded.txt').getDataLakeLeaseClient();
    await lease.acquireLease(15);
    expect(await refusalOf(file('guarded.txt').delete())).toBe('412 LeaseIdMissing');
    await lease.releaseLease();
    expect(await refusalOf(file('guarded.txt').delete(false, { conditions: { ifMatch: etag } }))).toBe('no error');
  });

  it('takes back what was appended and not flushed', async () => {
    await file('half/a.txt').create();
    await file('half/a.txt').append('abc', 0, 3);
    await file('half/a.txt').delete();
    await file('half/a.txt').create();
    expect(await refusalOf(file('half/a.txt').flush(3))).toBe('400 InvalidFlushPosition');
  });
});

describe('names', () => {
  it.each(['with space', 'ünïcödé 日本', 'a+b&c=d;e', "quote's", '100%', '%41', 'hash#mark?', '~tilde', '(1)', '[2]'])(
    'keeps %s as it is',
    async (name) => {
      const path = `odd/${name}/${name}.txt`;
      await file(path).upload(Buffer.from(name));
      expect(await read(account, path)).toBe(name);
      expect(await names(account, { path: `odd/${name}` })).toEqual([path]);
      await directory(`odd/${name}`).delete(true);
      expect(await file(path).exists()).toBe(false);
    },
  );
});

it('refuses what it does not offer with 501', async () => {
  await put(account, 'acl.txt');
  expect(await refusalOf(file('acl.txt').getAccessControl())).toMatch(/^501/);
  expect(
    await refusalOf(
      file('acl.txt').setPermissions({
        owner: { read: true, write: true, execute: false },
        group: { read: true, write: false, execute: false },
        other: { read: false, write: false, execute: false },
        stickyBit: false,
        extendedAcls: false,
      }),
    ),
  ).toBe('501 NotImplemented');
});
