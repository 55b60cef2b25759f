import { type BlockRecord } from '../../../local/storage/stores';
import { contiguous } from '../../../local/storage/append';
import { type Account, put, read, refusalOf, startAccount } from './support';

let account: Account;
beforeAll(async () => {
  account = await startAccount();
});
afterAll(() => account[Symbol.asyncDispose]());

const file = (path: string) => account.data.getFileClient(path);

describe('append and flush', () => {
  it('write a file that is empty until the flush and whole after it', async () => {
    const client = file('log.txt');
    await client.create();
    await client.append('hello ', 0, 6);
    await client.append('world', 6, 5);
    expect(await read(account, 'log.txt')).toBe('');
    const { etag } = await client.flush(11);
    expect(await read(account, 'log.txt')).toBe('hello world');
    expect((await client.getProperties()).etag).toBe(etag);
  });

  it('take pieces in any order, and the later of two at one position', async () => {
    const client = file('order.txt');
    await client.create();
    await client.append('C', 2, 1);
    await client.append('x', 1, 1);
    await client.append('A', 0, 1);
    await client.append('B', 1, 1);
    await client.flush(3);
    expect(await read(account, 'order.txt')).toBe('ABC');
  });

  it('add to what was flushed before', async () => {
    const client = file('grow.txt');
    await client.create({ metadata: { kept: 'yes' }, pathHttpHeaders: { contentType: 'text/csv' } });
    for (const [index, text] of ['one,', 'two,', 'three'].entries()) {
      await client.append(text, index * 4, text.length);
      await client.flush(index * 4 + text.length);
    }
    expect(await read(account, 'grow.txt')).toBe('one,two,three');
    expect(await client.getProperties()).toMatchObject({ metadata: { kept: 'yes' }, contentType: 'text/csv' });
    expect(await refusalOf(client.append('again', 0, 5))).toBe('400 InvalidQueryParameterValue');
  });

  it('answer 400 InvalidFlushPosition to a hole, and to a position that is not the end', async () => {
    const client = file('hole.txt');
    await client.create();
    await client.append('abc', 0, 3);
    await client.append('xyz', 6, 3);
    expect(await refusalOf(client.flush(9))).toBe('400 InvalidFlushPosition');
    expect(await refusalOf(client.flush(2))).toBe('400 InvalidFlushPosition');
    expect(await refusalOf(client.flush(4))).toBe('400 InvalidFlushPosition');
    await client.flush(3);
    expect(await read(account, 'hole.txt')).toBe('abc');
  });

  it('forget the pieces beyond the flush unless they are retained', async () => {
    const client = file('retain.txt');
    await client.create();
    await client.append('abc', 0, 3);
    await client.append('def', 3, 3);
    await client.flush(3, { retainUncommittedData: true });
    await client.flush(6);
    expect(await read(account, 'retain.txt')).toBe('abcdef');
    await client.append('ghi', 6, 3);
    await client.append('jkl', 9, 3);
    await client.flush(9);
    expect(await refusalOf(client.flush(12))).toBe('400 InvalidFlushPosition');
  });

  it('can be one request', async () => {
    const client = file('both.txt');
    await client.create();
    await client.append('at once', 0, 7, { flush: true });
    expect(await read(account, 'both.txt')).toBe('at once');
  });

  it('go with the file when it is renamed in between', async () => {
    await file('before.txt').create();
    await file('before.txt').append('abc', 0, 3);
    await file('before.txt').move('data', 'after.txt');
    await file('after.txt').flush(3);
    expect(await read(account, 'after.txt')).toBe('abc');
    expect(await refusalOf(file('before.txt').append('def', 3, 3))).toBe('404 PathNotFound');
  });

  it('answer 404 to a file that is not there and 409 to a directory', async () => {
    expect(await refusalOf(file('missing.txt').append('a', 0, 1))).toBe('404 PathNotFound');
    expect(await refusalOf(file('missing.txt').flush(0))).toBe('404 PathNotFound');
    await account.data.getDirectoryClient('dir').create();
    expect(await refusalOf(file('dir').append('a', 0, 1))).toBe('409 PathConflict');
  });

  it('refuse a file that the Blob API wrote, and the Blob API may replace one that they wrote', async () => {
    await put(account, 'blob.txt', 'whole');
    expect(await refusalOf(file('blob.txt').append('x', 5, 1))).toBe('409 InvalidAppendOperation');
    expect(await refusalOf(file('blob.txt').flush(5))).toBe('409 InvalidFlushOperation');
    await file('mixed.txt').upload(Buffer.from('appended'));
    await put(account, 'mixed.txt', 'put');
    expect(await read(account, 'mixed.txt')).toBe('put');
  });

  it('keep conditions and leases', async () => {
    const client = file('leased.txt');
    await client.create();
    await client.append('abc', 0, 3);
    expect(await refusalOf(client.flush(3, { conditions: { ifMatch: '"0x0123456789ABCDEF"' } }))).toBe(
      '412 ConditionNotMet',
    );
    const { leaseId = '' } = await client.getDataLakeLeaseClient().acquireLease(15);
    expect(await refusalOf(client.append('d', 3, 1))).toBe('412 LeaseIdMissing');
    expect(await refusalOf(client.flush(3))).toBe('412 LeaseIdMissing');
    const wrong = '00000000-0000-0000-0000-000000000000';
    expect(await refusalOf(client.flush(3, { conditions: { leaseId: wrong } }))).toBe(
      '412 LeaseIdMismatchWithBlobOperation',
    );
    await client.flush(3, { conditions: { leaseId } });
    expect(await read(account, 'leased.txt')).toBe('abc');
  });

  it('carry a file of many pieces', async () => {
    const content = Buffer.alloc(3 * 1024 * 1024, 'abcdefg');
    await file('pieces.bin').upload(content, { chunkSize: 256 * 1024, maxConcurrency: 4, singleUploadThreshold: 1 });
    expect((await file('pieces.bin').readToBuffer()).equals(content)).toBe(true);
    const part = await file('pieces.bin').readToBuffer(256 * 1024 - 3, 9);
    expect(part.equals(content.subarray(256 * 1024 - 3, 256 * 1024 + 6))).toBe(true);
  });
});

describe('contiguous', () => {
  const block = (position: number, size: number) =>
    ({ name: Buffer.from(`append-${String(position).padStart(17, '0')}`).toString('base64'), size }) as BlockRecord;

  it.each([
    ['nothing to add', [], 5, 5, 0],
    ['one block to the end', [block(0, 5)], 0, 5, 1],
    ['blocks beyond the position are left', [block(0, 5), block(5, 5)], 0, 5, 1],
  ])('takes %s', (_name, blocks, length, position, count) => {
    expect(contiguous(blocks, length, position)).toHaveLength(count);
  });

  it.each([
    ['a hole', [block(0, 5), block(6, 5)], 0, 11],
    ['an overlap', [block(0, 5), block(4, 5)], 0, 9],
    ['a position inside a block', [block(0, 5)], 0, 3],
    ['a position before the end of the file', [], 5, 4],
    ['a start after the end of the file', [block(7, 1)], 5, 8],
  ])('refuses %s', (_name, blocks, length, position) => {
    expect(() => contiguous(blocks, length, position)).toThrow('not contiguous');
  });
});
