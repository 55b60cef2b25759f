import { type Account, names, put, read, refusalOf, startAccount } from './support';

let account: Account;
beforeAll(async () => {
  account = await startAccount();
});
afterAll(() => account[Symbol.asyncDispose]());

const ifFree = { destinationConditions: { ifNoneMatch: '*' } };
const move = (from: string, to: string, options = {}) => account.data.getFileClient(from).move('data', to, options);
const directory = (path: string) => account.data.getDirectoryClient(path);
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('a rename', () => {
  it('moves a file with its content, entity tag, time and metadata', async () => {
    await put(account, 'one/a.json', 'content');
    const from = account.data.getFileClient('one/a.json');
    await from.setMetadata({ rows: '7' });
    const before = await from.getProperties();

    await move('one/a.json', 'one/b.json');

    const after = await account.data.getFileClient('one/b.json').getProperties();
    expect({ ...after, date: null, requestId: null, clientRequestId: null, _response: null }).toEqual({
      ...before,
      date: null,
      requestId: null,
      clientRequestId: null,
      _response: null,
    });
    expect(await read(account, 'one/b.json')).toBe('content');
    expect(await from.exists()).toBe(false);
  });

  it('answers 404 SourcePathNotFound when nothing is at the source', async () => {
    expect(await refusalOf(move('nothing.json', 'x.json'))).toBe('404 SourcePathNotFound');
  });

  it('answers 404 RenameDestinationParentPathNotFound and creates no parent', async () => {
    await put(account, 'orphan.json');
    expect(await refusalOf(move('orphan.json', 'no/such/directory/x.json'))).toBe(
      '404 RenameDestinationParentPathNotFound',
    );
    expect(await directory('no').exists()).toBe(false);
    expect(await read(account, 'orphan.json')).toBe('orphan.json');
  });

  it('answers 404 FilesystemNotFound when the destination names a file system that is not there', async () => {
    await put(account, 'stays.json');
    expect(await refusalOf(account.data.getFileClient('stays.json').move('nowhere', 'x.json'))).toBe(
      '404 FilesystemNotFound',
    );
  });

  it('refuses a parent that is a file', async () => {
    await put(account, 'file-parent', 'f');
    await put(account, 'child.json');
    expect(await refusalOf(move('child.json', 'file-parent/x.json'))).toBe('409 PathConflict');
  });

  it('overwrites the destination unless told otherwise', async () => {
    await put(account, 'over/source.json', 'new');
    await put(account, 'over/taken.json', 'old');
    await move('over/source.json', 'over/taken.json');
    expect(await read(account, 'over/taken.json')).toBe('new');
    expect(await names(account, { path: 'over' })).toEqual(['over/taken.json']);
  });

  it('answers 409 PathAlreadyExists to If-None-Match: * when the name is taken, and changes nothing', async () => {
    await put(account, 'free/source.json', 'new');
    await put(account, 'free/taken.json', 'old');
    expect(await refusalOf(move('free/source.json', 'free/taken.json', ifFree))).toBe('409 PathAlreadyExists');
    expect(await read(account, 'free/taken.json')).toBe('old');
    expect(await read(account, 'free/source.json')).toBe('new');
  });

  it('keeps conditions on the source and on the destination apart', async () => {
    const source = await put(account, 'cond/source.json', 'new');
    const taken = await put(account, 'cond/taken.json', 'old');
    const wrong = '"0x0123456789ABCDEF"';
    const attempt = (ifMatch: string, destination: object) =>
      refusalOf(
        move('cond/source.json', 'cond/taken.json', { conditions: { ifMatch }, destinationConditions: destination }),
      );
    expect(await attempt(wrong, {})).toBe('412 SourceConditionNotMet');
    expect(await attempt(source, { ifMatch: wrong })).toBe('412 ConditionNotMet');
    expect(await attempt(source, { ifUnmodifiedSince: new Date(0) })).toBe('412 ConditionNotMet');
    expect(await attempt(source, { ifMatch: taken })).toBe('no error');
    expect(await read(account, 'cond/taken.json')).toBe('new');
  });

  it('wants the lease of a leased source', async () => {
    await put(account, 'leased/source.json');
    const lease = account.data.getFileClient('leased/source.json').getDataLakeLeaseClient();
    const { leaseId = '' } = await lease.acquireLease(-1);
    expect(await refusalOf(move('leased/source.json', 'leased/x.json'))).toBe('412 LeaseIdMissing');
    expect(await refusalOf(move('leased/source.json', 'leased/x.json', { conditions: { leaseId } }))).toBe('no error');
  });

  it('moves between file systems', async () => {
    const other = account.lake.getFileSystemClient('other');
    await other.create();
    await put(account, 'travels.json');
    await account.data.getFileClient('travels.json').move('other', 'arrived.json');
    expect((await other.getFileClient('arrived.json').readToBuffer()).toString()).toBe('travels.json');
  });

  it.each([
    'with space.json',
    'ünïcödé-日本.json',
    'a+b&c=d;e.json',
    "quote's.json",
    '100%.json',
    'hash#and?mark.json',
  ])('moves from and to %s', async (name) => {
    await put(account, `names/${name}`, name);
    // The SDK takes the destination as a part of a URL: what a URL would misread has to be encoded by the caller.
    await move(`names/${name}`, `moved${encodeURIComponent(`-${name}`)}`);
    expect(await read(account, `moved-${name}`)).toBe(name);
    await move(`moved-${name}`, `names/${encodeURIComponent(name)}`);
    expect(await names(account, { path: 'names' })).toContain(`names/${name}`);
  });
});

describe('a rename of a directory', () => {
  it('takes everything beneath along, at any depth', async () => {
    for (const path of ['tree/a.json', 'tree/deep/er/b.json', 'tree-like/c.json']) await put(account, path);
    await directory('tree').move('data', 'forest');
    expect(await names(account, { path: 'forest', recursive: true })).toEqual([
      'forest/a.json',
      'forest/deep/',
      'forest/deep/er/',
      'forest/deep/er/b.json',
    ]);
    expect(await read(account, 'forest/deep/er/b.json')).toBe('tree/deep/er/b.json');
    expect(await directory('tree').exists()).toBe(false);
    expect(await read(account, 'tree-like/c.json')).toBe('tree-like/c.json');
  });

  it('refuses a destination within itself', async () => {
    await put(account, 'self/a.json');
    expect(await refusalOf(directory('self').move('data', 'self/inner'))).toBe('409 InvalidRenameSourcePath');
    expect(await refusalOf(directory('self').move('data', 'self'))).toBe('409 InvalidRenameSourcePath');
  });

  it('replaces an empty directory, not one that holds something, and not a file', async () => {
    await put(account, 'goes/a.json');
    await put(account, 'full/b.json');
    await put(account, 'a-file', 'f');
    await directory('empty').create();
    expect(await refusalOf(directory('goes').move('data', 'full'))).toBe('409 PathAlreadyExists');
    expect(await refusalOf(directory('goes').move('data', 'a-file'))).toBe(
      '409 InvalidSourceOrDestinationResourceType',
    );
    await directory('goes').move('data', 'empty');
    expect(await names(account, { path: 'empty' })).toEqual(['empty/a.json']);
  });
});

describe('renames at the same time', () => {
  it('onto one name with If-None-Match: * have exactly one winner', async () => {
    await directory('race').create();
    await Promise.all(numbers(50).map((index) => put(account, `racers/${index}.json`)));
    const outcomes = await Promise.all(
      numbers(50).map((index) => refusalOf(move(`racers/${index}.json`, 'race/prize.json', ifFree))),
    );
    expect(outcomes.filter((each) => each === 'no error')).toHaveLength(1);
    expect(outcomes.filter((each) => each === '409 PathAlreadyExists')).toHaveLength(49);
    expect(await read(account, 'race/prize.json')).toBe(`racers/${outcomes.indexOf('no error')}.json`);
    expect(await names(account, { path: 'racers' })).toHaveLength(49);
  });

  it('of one file have exactly one winner, the others find no source', async () => {
    await put(account, 'shared/source.json');
    const outcomes = await Promise.all(
      numbers(50).map((index) => refusalOf(move('shared/source.json', `shared/${index}.json`, ifFree))),
    );
    expect(outcomes.filter((each) => each === 'no error')).toHaveLength(1);
    expect(outcomes.filter((each) => each === '404 SourcePathNotFound')).toHaveLength(49);
    expect(await names(account, { path: 'shared' })).toHaveLength(1);
  });

  it('let a reader see the file under exactly one of its names, whole, at every moment', async () => {
    const content = 'x'.repeat(200_000);
    await put(account, 'flip/a.json', content);
    const state = { moving: true };
    const mover = (async () => {
      for (const index of numbers(200))
        await move(`flip/${index % 2 ? 'b' : 'a'}.json`, `flip/${index % 2 ? 'a' : 'b'}.json`);
      state.moving = false;
    })();
    let looks = 0;
    let reads = 0;
    while (state.moving) {
      expect(await names(account, { path: 'flip' })).toHaveLength(1);
      looks += 1;
      const answer = await account.container
        .getBlobClient('flip/a.json')
        .downloadToBuffer()
        .catch((error: unknown) => error as { statusCode?: number });
      if (Buffer.isBuffer(answer)) {
        expect(answer.toString()).toBe(content);
        reads += 1;
      } else {
        expect(answer.statusCode).toBe(404);
      }
    }
    await mover;
    expect(looks).toBeGreaterThan(10);
    expect(reads).toBeGreaterThan(0);
  });

  it('over an existing file never leave its name empty', async () => {
    // All of one length: the SDK's downloadToBuffer asks for the length first.
    await put(account, 'swap/current.json', '00');
    const state = { swapping: true };
    const swapper = (async () => {
      for (const index of numbers(100)) {
        await put(account, 'swap/next.json', String(index).padStart(2, '0'));
        await move('swap/next.json', 'swap/current.json');
      }
      state.swapping = false;
    })();
    let last = 0;
    while (state.swapping) {
      const seen = Number(await account.container.getBlobClient('swap/current.json').downloadToBuffer());
      expect(seen).toBeGreaterThanOrEqual(last);
      last = seen;
    }
    await swapper;
    expect(await read(account, 'swap/current.json')).toBe('99');
  });
});
