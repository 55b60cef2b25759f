import { type Account, clientsOf, names, put, read, refusalOf, startAccount } from './support';

let account: Account;
beforeAll(async () => {
  account = await startAccount();
});
afterAll(() => account[Symbol.asyncDispose]());

const blob = (path: string) => account.container.getBlockBlobClient(path);
const upload = (path: string, text: string, conditions = {}) => blob(path).upload(text, text.length, { conditions });
const file = (path: string) => account.data.getFileClient(path);
const directory = (path: string) => account.data.getDirectoryClient(path);

describe('put blob', () => {
  it('is one file for both APIs, and its parents exist as directories', async () => {
    await upload('put/by/blob.json', '{}');
    expect(await read(account, 'put/by/blob.json')).toBe('{}');
    expect(await names(account, { path: 'put', recursive: true })).toEqual(['put/by/', 'put/by/blob.json']);
    await file('put/by/blob.json').move('data', 'put/blob.json');
    await file('put/blob.json').move('data', 'put/by/again.json');
    expect(await read(account, 'put/by/again.json')).toBe('{}');
  });

  it('with If-None-Match: * creates once, 50 times at once', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, index) => refusalOf(upload('once.json', String(index), { ifNoneMatch: '*' }))),
    );
    expect(outcomes.filter((each) => each === 'no error')).toHaveLength(1);
    expect(outcomes.filter((each) => each === '409 BlobAlreadyExists')).toHaveLength(49);
    expect(await read(account, 'once.json')).toBe(String(outcomes.indexOf('no error')));
  });

  it('with If-Match swaps once, 50 times at once', async () => {
    const { etag: ifMatch } = await upload('swap.json', 'first');
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, index) => refusalOf(upload('swap.json', String(index), { ifMatch }))),
    );
    expect(outcomes.filter((each) => each === 'no error')).toHaveLength(1);
    expect(outcomes.filter((each) => each === '412 ConditionNotMet')).toHaveLength(49);
  });

  it('with If-Match keeps to the entity tag that a rename left', async () => {
    const { etag } = await upload('tag/a.json', '1');
    await file('tag/a.json').move('data', 'tag/b.json');
    expect(await refusalOf(upload('tag/b.json', '2', { ifMatch: etag }))).toBe('no error');
    expect(await refusalOf(upload('tag/b.json', '3', { ifMatch: etag }))).toBe('412 ConditionNotMet');
  });

  it('writes over no directory and under no file', async () => {
    await directory('is/directory').create();
    expect(await refusalOf(upload('is/directory', 'x'))).toBe('409 ResourceTypeMismatch');
    await upload('is/file', 'x');
    expect(await refusalOf(upload('is/file/under', 'x'))).toBe('409 PathConflict');
  });

  it('leaves host storage flat', async () => {
    const hosts = account.blobs.getContainerClient('azure-webjobs-eventhub');
    await hosts.create();
    await hosts.getBlockBlobClient('a/b/0').upload('', 0);
    const found: string[] = [];
    for await (const { name } of hosts.listBlobsFlat()) found.push(name);
    expect(found).toEqual(['a/b/0']);
  });
});

describe('other requests of the Blob API', () => {
  it('see directories as empty blobs that bear a mark', async () => {
    await directory('seen/by-blob').create();
    const { contentLength, metadata } = await blob('seen/by-blob').getProperties();
    expect({ contentLength, metadata }).toEqual({ contentLength: 0, metadata: { hdi_isfolder: 'true' } });
    const found: string[] = [];
    for await (const { name, metadata: of } of account.container.listBlobsFlat({
      prefix: 'seen',
      includeMetadata: true,
    })) {
      found.push(`${name} ${of?.['hdi_isfolder'] ?? ''}`);
    }
    expect(found).toEqual(['seen true', 'seen/by-blob true']);
  });

  it('read ranges', async () => {
    await upload('range.txt', '0123456789');
    expect((await blob('range.txt').downloadToBuffer(3, 4)).toString()).toBe('3456');
    expect((await file('range.txt').readToBuffer(8)).toString()).toBe('89');
    expect(await refusalOf(blob('range.txt').download(11, 1))).toBe('416 InvalidRange');
  });

  it('read on condition', async () => {
    const { etag = '' } = await upload('unchanged.txt', 'x');
    expect(
      await refusalOf(blob('unchanged.txt').download(0, undefined, { conditions: { ifNoneMatch: etag } })),
    ).toMatch(/^304/);
    expect(await refusalOf(blob('unchanged.txt').download(0, undefined, { conditions: { ifMatch: '"0x1"' } }))).toMatch(
      /^412/,
    );
  });

  it('answer 404 to what is not there', async () => {
    expect(await refusalOf(blob('missing').download())).toBe('404 BlobNotFound');
    expect(await refusalOf(file('missing').getProperties())).toMatch(/^404/);
    expect(await file('missing').exists()).toBe(false);
  });

  it('lease, and the lease holds for both APIs', async () => {
    await upload('lease.txt', 'x');
    const lease = blob('lease.txt').getBlobLeaseClient();
    const { leaseId } = await lease.acquireLease(15);
    expect(await refusalOf(upload('lease.txt', 'y'))).toBe('412 LeaseIdMissing');
    expect(await refusalOf(file('lease.txt').delete())).toBe('412 LeaseIdMissing');
    await upload('lease.txt', 'y', { leaseId });
    await lease.breakLease(0);
    await file('lease.txt').delete();
  });

  it('stage blocks and commit them, with parents', async () => {
    const id = Buffer.from('block-1').toString('base64');
    await blob('blocks/deep/b.bin').stageBlock(id, 'abc', 3);
    expect(await file('blocks/deep/b.bin').exists()).toBe(false);
    expect(await directory('blocks').exists()).toBe(false);
    await blob('blocks/deep/b.bin').commitBlockList([id]);
    expect(await read(account, 'blocks/deep/b.bin')).toBe('abc');
    expect(await directory('blocks/deep').exists()).toBe(true);
  });

  it('copy, with parents', async () => {
    await upload('copy-source.txt', 'copied');
    await (await blob('copies/y.txt').beginCopyFromURL(blob('copy-source.txt').url)).pollUntilDone();
    expect(await read(account, 'copies/y.txt')).toBe('copied');
    expect(await directory('copies').exists()).toBe(true);
  });

  it('delete no directory that holds something', async () => {
    await upload('held/a.txt', 'x');
    expect(await refusalOf(blob('held').delete())).toBe('409 DirectoryIsNotEmpty');
    await blob('held/a.txt').delete();
    await blob('held').delete();
    expect(await directory('held').exists()).toBe(false);
  });
});

it('refuses a wrong key on both APIs', async () => {
  const wrong = Buffer.alloc(64, 7).toString('base64');
  const { lake, blobs } = clientsOf(
    account.storage.connectionString.replace(/AccountKey=[^;]+/, `AccountKey=${wrong}`),
  );
  const data = lake.getFileSystemClient('data');
  await put(account, 'secret.txt');
  expect(await refusalOf(data.getFileClient('x').create())).toBe('403 AuthenticationFailed');
  expect(await refusalOf(data.getFileClient('secret.txt').move('data', 'x'))).toBe('403 AuthenticationFailed');
  expect(await refusalOf(data.listPaths().next())).toBe('403 AuthenticationFailed');
  expect(await refusalOf(blobs.getContainerClient('data').getBlockBlobClient('x').upload('', 0))).toMatch(/^403/);
  expect(await file('x').exists()).toBe(false);
});
