import { land } from '../../src/lib/land';
import { rebuildLedger } from '../../src/lib/ledger/rebuild';
import { type Lake } from '../../src/lib/ledger/port';
import { events, openInstance, PARTITION } from '../support/instance';
import { LakeReader, numbers } from '../support/reader';
import { startLake } from '../support/storage';

const OF = { ...PARTITION, source: 'postgresql', incarnation: 1 } as const;

/** Reads pieces of a file that is made up: `lines` of a merged file, each of `lineBytes`. */
function merged(lines: number, lineBytes: number): { lake: Lake; path: string; largest: () => number } {
  const path = `bronze/postgresql/2026/11/22/data_20261122T000000000Z_3_0-${lines - 1}_${lines}.json`;
  const { namespace, hub } = PARTITION;
  const lineOf = (n: number): Buffer => {
    const enqueuedTime = new Date(Date.UTC(2026, 10, 22) + n * 1_000).toISOString();
    const owner = { format: 1, source: 'postgresql', namespace, hub, incarnation: 1, partition: '3' };
    const text = JSON.stringify({ ...owner, sequenceNumber: n, offset: '1', enqueuedTime });
    return Buffer.from(`${text.slice(0, -1).padEnd(lineBytes - 2)}}\n`);
  };
  const made = Array.from({ length: lines }, (_, n) => lineOf(n));
  const piece = (offset: number, length: number): Buffer => {
    const from = Math.floor(offset / lineBytes);
    const whole = Buffer.concat(made.slice(from, Math.ceil((offset + length) / lineBytes)));
    return whole.subarray(offset - from * lineBytes, offset - from * lineBytes + length);
  };
  const written = new Map<string, Buffer>();
  let largest = 0;
  const lake: Partial<Lake> = {
    read: (name) => {
      const bytes = name === path ? Buffer.alloc(lines * lineBytes) : written.get(name);
      return Promise.resolve(bytes === undefined ? null : { bytes, etag: '1' });
    },
    readHead: (_, length) => Promise.resolve(piece(0, length)),
    readPiece: (_, offset, length) => {
      largest = Math.max(largest, length);
      return Promise.resolve(piece(offset, length));
    },
    async *list(folder) {
      if (folder.startsWith('bronze')) yield await Promise.resolve({ path, bytes: lines * lineBytes });
    },
    swap: (name, bytes) => Promise.resolve((written.set(name, bytes), { etag: '1' })),
  };
  return { lake: lake as Lake, path, largest: () => largest };
}

test('a ledger is rebuilt beside a merged file that is longer than a string can be, a piece of it at a time', async () => {
  const { lake, largest } = merged(600, 1 << 20);
  const { ledger } = await rebuildLedger(lake, OF, { clock: { now: () => 1 }, newId: () => 'id' });
  expect(ledger).toMatchObject({ start: 0n, last: 599n, gaps: [] });
  expect(ledger?.lastEnqueuedAt).toBe(Date.UTC(2026, 10, 22, 0, 9, 59));
  expect(largest()).toBeLessThanOrEqual(4 << 20);
});

test('after a rebuilding that was killed beside a writer the error says where the file is and what brings it back', async () => {
  await using storage = await startLake();
  const reader = new LakeReader(storage.directConnectionString);
  const writer = await openInstance(storage.connectionString);
  await writer.deliver(events(0, 4));
  // The rebuilding gives what is staged another name, and dies before its swap; then the writer's swap goes through.
  const direct = await openInstance(storage.directConnectionString);
  const killed: Lake = { ...direct.lake, swap: () => Promise.reject(new Error('killed')) };
  const { lakeWithin } = writer.room;
  const room = {
    ...writer.room,
    lakeWithin: (signal: AbortSignal): Lake => {
      const real = lakeWithin(signal);
      return {
        ...real,
        async swap(path, bytes, etag) {
          await expect(rebuildLedger(killed, OF, direct.room)).rejects.toThrow('killed');
          return await real.swap(path, bytes, etag);
        },
      };
    },
  };
  const delivery = { ...PARTITION, consumerGroup: 'lake', events: events(5, 9) };
  await expect(land('postgresql', delivery, room, new AbortController().signal)).rejects.toMatchObject({
    code: 'COMMITTED_FILE_MISSING',
    message: expect.stringMatching(
      /A rebuilding of the ledger was interrupted: it lies at _system\/staging\/\S+\. Nothing is lost: npm run lake -- rebuild-ledger postgresql 3 publishes it/,
    ) as string,
  });
  await rebuildLedger(direct.lake, OF, direct.room);
  expect(await reader.sequences()).toEqual(numbers(0, 9));
  await writer.deliver(events(5, 9));
  expect(await reader.sequences()).toEqual(numbers(0, 9));
});
