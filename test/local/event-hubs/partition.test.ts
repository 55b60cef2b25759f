import { appendFileSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { message as codec } from 'rhea';
import { takeApart, type EventParts } from '../../../local/event-hubs/event-bytes';
import { Namespace } from '../../../local/event-hubs/namespace';
import { Partition } from '../../../local/event-hubs/partition';
import { RecentEvents } from '../../../local/event-hubs/recent';
import { hub, temporaryFolder } from './support';

const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 10, 22);

const event = (text: string): EventParts => takeApart(codec.encode({ body: text }));

const bodies = (partition: Partition): string[] => {
  const all: string[] = [];
  for (let sequence = partition.beginSequence; sequence <= partition.lastSequence; sequence += 1)
    all.push(codec.decode(partition.read(sequence)).body as string);
  return all;
};

/** A partition with a clock of its own. */
class World {
  now = START;
  readonly lines: string[] = [];
  readonly folder: string | null;
  segmentBytes = 1_000_000;
  recentBytes = 1_000_000;

  constructor(folder: string | null = null) {
    this.folder = folder;
  }

  open(): Partition {
    const { folder, segmentBytes } = this;
    const recent = new RecentEvents(this.recentBytes);
    return new Partition('0', {
      retentionMs: HOUR_MS,
      now: () => this.now,
      segmentBytes,
      place: folder === null ? null : { folder, recent, log: (line) => this.lines.push(line) },
    });
  }

  files(): string[] {
    return readdirSync(this.folder ?? '').sort();
  }
}

describe.each(['in memory', 'in a folder'])('a partition %s', (where) => {
  let world: World;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;

  beforeEach(async () => {
    folder = await temporaryFolder();
    world = new World(where === 'in memory' ? null : folder.path);
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  test('numbers grow by one, offsets by the bytes, and no offset is a sequence number', () => {
    const partition = world.open();
    const seen: { sequence: number; offset: number }[] = [];
    for (let index = 0; index < 50; index += 1) {
      partition.append([event('x'.repeat(index)), event('y')], null);
      seen.push({ sequence: partition.lastSequence, offset: Number(partition.lastOffset) });
    }
    expect(seen.map(({ sequence }) => sequence)).toEqual(seen.map((_, index) => 2 * index + 1));
    expect(seen.map(({ offset }) => offset)).toEqual(seen.map(({ offset }) => offset).sort((a, b) => a - b));
    expect(seen.filter(({ sequence, offset }) => offset <= sequence)).toEqual([]);
    partition.close();
  });

  test('enqueued times never go backwards, though the clock does', () => {
    const partition = world.open();
    partition.append([event('a')], null);
    world.now -= 60_000;
    partition.append([event('b')], null);
    expect(partition.lastEnqueuedAt).toBe(START);
    world.now += 61_000;
    partition.append([event('c')], null);
    expect(partition.lastEnqueuedAt).toBe(START + 1000);
    partition.close();
  });

  test('every position is found as a search from the beginning would find it', () => {
    world.segmentBytes = 300;
    const partition = world.open();
    const stored: { sequence: number; offset: number; time: number }[] = [];
    for (let sequence = 0; sequence < 40; sequence += 1) {
      if (sequence % 3 === 0) world.now += 1000;
      partition.append([event(`event ${sequence}`)], null);
      stored.push({ sequence, offset: Number(partition.lastOffset), time: world.now });
    }
    const after = (value: number, limit: number, inclusive: boolean) => (inclusive ? value >= limit : value > limit);
    fc.assert(
      fc.property(fc.nat(39), fc.integer({ min: -1, max: 1 }), fc.boolean(), (index, beside, inclusive) => {
        const { sequence, offset, time } = stored[index] ?? { sequence: 0, offset: 0, time: 0 };
        const firstWhere = (isSo: (each: (typeof stored)[number]) => boolean) => stored.find(isSo)?.sequence ?? 40;
        expect(partition.find({ kind: 'sequenceNumber', value: sequence, inclusive })).toBe(
          inclusive ? sequence : sequence + 1,
        );
        if (offset + beside <= Number(partition.lastOffset))
          expect(partition.find({ kind: 'offset', value: offset + beside, inclusive })).toBe(
            firstWhere((each) => after(each.offset, offset + beside, inclusive)),
          );
        expect(partition.find({ kind: 'enqueuedTime', value: time + beside, inclusive })).toBe(
          firstWhere((each) => after(each.time, time + beside, inclusive)),
        );
      }),
    );
    expect(partition.find({ kind: 'earliest' })).toBe(0);
    expect(partition.find({ kind: 'latest' })).toBe(40);
    partition.close();
  });

  test('a position after the last event is refused, as the service does; the one just after it is not', () => {
    const partition = world.open();
    const find = (value: number, inclusive: boolean) => partition.find({ kind: 'sequenceNumber', value, inclusive });
    expect(find(-1, false)).toBe(0);
    expect(find(0, true)).toBe(0);
    expect(find(0, false)).toMatchObject({ condition: 'com.microsoft:argument-error' });
    partition.append([event('a')], null);
    expect(find(0, false)).toBe(1);
    expect(find(1, false)).toMatchObject({
      description: "The supplied sequence number '1' is invalid. The last sequence number in the system is '0'.",
    });
    expect(partition.find({ kind: 'offset', value: 1e9, inclusive: false })).toMatchObject({
      condition: 'com.microsoft:argument-error',
    });
    partition.close();
  });

  test('what is older than the retention is not delivered; numbers and times go on after everything is gone', () => {
    const partition = world.open();
    partition.append([event('a'), event('b')], null);
    world.now += HOUR_MS / 2;
    partition.append([event('c')], null);
    world.now = START + HOUR_MS;
    expect(bodies(partition)).toEqual(['a', 'b', 'c']);
    world.now += 1;
    expect(bodies(partition)).toEqual(['c']);
    expect(partition.find({ kind: 'earliest' })).toBe(2);
    expect(partition.find({ kind: 'sequenceNumber', value: 0, inclusive: true })).toBe(2);
    const { lastOffset, lastEnqueuedAt } = partition;
    world.now += HOUR_MS;
    expect(partition).toMatchObject({ beginSequence: 3, lastSequence: 2, lastOffset, lastEnqueuedAt });
    partition.append([event('d')], null);
    expect(partition).toMatchObject({ beginSequence: 3, lastSequence: 3 });
    expect(Number(partition.lastOffset)).toBeGreaterThan(Number(lastOffset));
    partition.close();
  });

  test('readers are woken until they look away', () => {
    const partition = world.open();
    let woken = 0;
    const unwatch = partition.watch(() => (woken += 1));
    partition.append([event('a'), event('b')], null);
    unwatch();
    partition.append([event('c')], null);
    expect(woken).toBe(1);
    partition.close();
  });
});

describe('what is on disk', () => {
  let world: World;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;

  beforeEach(async () => {
    folder = await temporaryFolder();
    world = new World(folder.path);
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  const state = ({ beginSequence, lastSequence, lastOffset, lastEnqueuedAt }: Partition) => ({
    beginSequence,
    lastSequence,
    lastOffset,
    lastEnqueuedAt,
  });

  test('comes back as it was, over several files, with nothing held in memory', () => {
    world.segmentBytes = 200;
    world.recentBytes = 0;
    const partition = world.open();
    for (let index = 0; index < 30; index += 1) {
      world.now += 1;
      partition.append([event(`a ${index}`), event(`b ${index}`)], 'key');
    }
    const before = { ...state(partition), bodies: bodies(partition) };
    partition.close();
    expect(world.files().length).toBeGreaterThan(5);
    const again = world.open();
    expect({ ...state(again), bodies: bodies(again) }).toEqual(before);
    expect(codec.decode(again.read(7)).message_annotations).toMatchObject({ 'x-opt-sequence-number': 7 });
    again.append([event('more')], null);
    expect(again.lastSequence).toBe(60);
    again.close();
    expect(world.lines).toEqual([]);
  });

  test('numbers are not used again after everything has expired and the process has ended', () => {
    const partition = world.open();
    partition.append([event('a'), event('b')], null);
    const { lastOffset, lastEnqueuedAt } = partition;
    world.now += HOUR_MS + 1;
    partition.expire();
    partition.close();
    expect(world.files()).toEqual(['0000000000000002.events']);
    const again = world.open();
    expect(state(again)).toEqual({ beginSequence: 2, lastSequence: 1, lastOffset, lastEnqueuedAt });
    again.append([event('c')], null);
    expect(state(again)).toMatchObject({ beginSequence: 2, lastSequence: 2 });
    again.close();
  });

  test('files whose events have all expired are deleted, and no others', () => {
    world.segmentBytes = 1;
    const partition = world.open();
    for (const text of ['a', 'b', 'c']) {
      partition.append([event(text)], null);
      world.now += HOUR_MS / 2;
    }
    expect(world.files()).toHaveLength(3);
    world.now = START + HOUR_MS + 1;
    expect(bodies(partition)).toEqual(['b', 'c']);
    expect(world.files()).toEqual(['0000000000000001.events', '0000000000000002.events']);
    partition.close();
  });

  test('a batch that was not written to its end is gone as a whole, wherever it was cut', () => {
    const partition = world.open();
    partition.append([event('a')], null);
    partition.close();
    const file = path.join(folder.path, world.files()[0] ?? '');
    const whole = readFileSync(file);
    const again = world.open();
    again.append([event('b'), event('c')], null);
    again.close();
    const longer = readFileSync(file);
    for (let length = whole.length; length < longer.length; length += 1) {
      writeFileSync(file, longer.subarray(0, length));
      const cut = world.open();
      expect(bodies(cut)).toEqual(['a']);
      cut.append([event('d')], null);
      expect(bodies(cut)).toEqual(['a', 'd']);
      cut.close();
    }
    expect(world.lines).toHaveLength(longer.length - whole.length - 1);
    expect(world.lines[0]).toContain('cut off 1 bytes of a batch that was not written to its end');
  });

  test('a file whose making was interrupted is made again', () => {
    world.open().close();
    const file = path.join(folder.path, world.files()[0] ?? '');
    for (const length of [0, 1, 20]) {
      truncateSync(file, length);
      const partition = world.open();
      expect(partition.lastSequence).toBe(-1);
      partition.close();
    }
  });

  test('damage in the middle is told with the file, and nothing is cut', () => {
    const partition = world.open();
    partition.append([event('a')], null);
    partition.append([event('b')], null);
    partition.close();
    const file = path.join(folder.path, world.files()[0] ?? '');
    const bytes = readFileSync(file);
    bytes[80] = (bytes[80] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    expect(() => world.open()).toThrow(`${file} is damaged at byte`);
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  test("another program's file and a missing one are told", () => {
    world.segmentBytes = 1;
    const partition = world.open();
    for (const text of ['a', 'b', 'c']) partition.append([event(text)], null);
    partition.close();
    const [, second = ''] = world.files();
    const kept = readFileSync(path.join(folder.path, second));
    writeFileSync(path.join(folder.path, second), Buffer.alloc(500, 'x'));
    expect(() => world.open()).toThrow('is no segment of events');
    truncateSync(path.join(folder.path, second), 0);
    expect(() => world.open()).toThrow('lacks the events from 1 to 1');
    writeFileSync(path.join(folder.path, second), kept);
    world.open().close();
  });

  test('hubs, groups, retention and creation times come back; a deleted hub does not', () => {
    const open = () => new Namespace({ folder: folder.path, now: () => START, log: () => undefined });
    const hubs = open();
    const first = hubs.create(hub('Orders', 3, { consumerGroups: ['lake', 'audit'], retentionMs: 5 })).config;
    const gone = hubs.create(hub('gone', 1));
    hubs.delete('gone');
    hubs.close();
    const again = open();
    expect(again.hubs.map(({ config }) => config)).toEqual([first]);
    expect(readdirSync(path.join(folder.path, 'hubs'))).toEqual([`orders@${first.createdAt}`]);
    const anew = again.create(hub('gone', 1));
    expect(anew.createdAt).toBeGreaterThan(gone.createdAt);
    again.close();
  });

  test('what a hub half made or half deleted leaves is removed; damaged settings are told', async () => {
    await mkdir(path.join(folder.path, 'hubs', 'left@1', '0'), { recursive: true });
    const open = () => new Namespace({ folder: folder.path, now: () => START, log: () => undefined });
    open().close();
    expect(existsSync(path.join(folder.path, 'hubs', 'left@1'))).toBe(false);
    appendFileSync(path.join(folder.path, 'namespace.json'), '{"format":');
    expect(open).toThrow('namespace.json is damaged or of another version');
  });
});

test('of what is on disk only so many bytes are held in memory, the newest', () => {
  const forgotten: number[] = [];
  const recent = new RecentEvents(100);
  const holder = { forget: (sequence: number) => void forgotten.push(sequence) };
  for (let sequence = 0; sequence < 20_000; sequence += 1) recent.add(holder, sequence, 40);
  expect(forgotten).toEqual(Array.from({ length: 19_998 }, (_, index) => index));
});
