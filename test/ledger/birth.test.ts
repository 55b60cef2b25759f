import { ByteBudget } from '../../src/lib/budget';
import { land } from '../../src/lib/land';
import { LedgerCache } from '../../src/lib/ledger/cache';
import { type Ledger } from '../../src/lib/ledger/ledger';
import { formatLedger } from '../../src/lib/ledger/ledger-json';
import { lineHead } from '../../src/lib/ledger/line-head';
import { dataPath, ledgerPath } from '../../src/lib/ledger/names';
import { type Lake } from '../../src/lib/ledger/port';
import { proveSource } from '../../src/lib/maintenance/completeness/prove';
import { DAY_MS } from '../../src/lib/time';
import { MemoryStore } from '../simulation/memory-store';

/** Births, and proofs, where the lake holds a great many files of other hubs: what is counted is requests. */

const NOW = Date.UTC(2026, 10, 29, 12);
const FILES_A_DAY = 600;
const of = (hub: string) => ({ namespace: 'ns', hub, incarnation: 1, partition: '0' });

interface Counted {
  readonly lake: Lake;
  heads: number;
}

/** @param limit after so many first lines an attempt is over, as after its time */
function counted(store: MemoryStore, limit = Infinity): Counted {
  const counts = { heads: 0 };
  const now = <T>(value: T): Promise<T> => Promise.resolve(value);
  const lake: Lake = {
    stage: (path, bytes) => now(store.stage(path, bytes)),
    read: (path) => now(store.read(path)),
    swap: (path, bytes, etag) => now(store.swap(path, bytes, etag)),
    rename: (from, to) => now(store.rename(from, to)),
    makeFolder: (path) => now(store.makeFolder(path)),
    exists: (path) => now(store.exists(path)),
    sameBytes: (a, b) => now(store.sameBytes(a, b)),
    readHead: (path, length) => {
      counts.heads += 1;
      return counts.heads > limit ? Promise.reject(new Error('the time is up')) : now(store.readHead(path, length));
    },
    readPiece: (path, offset, length) => now(store.readPiece(path, offset, length)),
    remove: (path, etag) => now(store.remove(path, etag)),
    async *list(folder) {
      for (const file of store.list(folder)) yield await now(file);
    },
  };
  return Object.assign(counts, { lake });
}

/** Files of ten events each, from number `first` on, `everyMs` apart; each `broken`th one leaves a number out before it. */
function write(store: MemoryStore, hub: string, first: number, begin: number, files: number, every = {}): void {
  const { everyMs, broken } = { everyMs: DAY_MS / FILES_A_DAY, broken: 0, ...every };
  let next = BigInt(first);
  for (let i = 0; i < files; i += 1) {
    if (broken > 0 && i % broken === 0) next += 1n;
    const file = { firstEnqueuedAt: begin + i * everyMs, partition: '0', incarnation: 1, first: next, last: next + 9n };
    const head = lineHead({ source: 'postgresql', ...of(hub) });
    store.stage(
      dataPath('bronze', 'postgresql', { ...file, count: 10 }),
      Buffer.from(`${head},"sequenceNumber":${next}`),
    );
    next += 10n;
  }
}

const ledgerOf = (hub: string, last: bigint, lastEnqueuedAt: number): Ledger => ({
  ...{ source: 'postgresql', ...of(hub), generation: 'g', hubCreatedAt: null, start: 0n, last, lastEnqueuedAt },
  ...{ gaps: [], pending: [], counters: { events: 0, quarantined: 0, files: 0, bytes: 0 }, successor: null },
});

const room = (lake: Lake, ledgers: LedgerCache): Parameters<typeof land>[2] => ({
  ...{ ledgers, clock: { now: () => NOW }, newId: () => 'id', retentionDays: 7, lakeWithin: () => lake },
  ...{ hubFacts: { createdAt: () => Promise.resolve(0) }, budget: new ByteBudget(1 << 28), maxFileBytes: 1 << 26 },
});

const event = {
  sequence: 0n,
  offset: '0',
  enqueuedAt: NOW,
  partitionKey: null,
  properties: {},
  body: Buffer.from('{}'),
};

const bear = (lake: Lake, hub: string, ledgers = new LedgerCache()): Promise<string> =>
  land(
    'postgresql',
    { ...of(hub), consumerGroup: 'lake', events: [event] },
    room(lake, ledgers),
    new AbortController().signal,
  ).then(
    () => 'born',
    (error: unknown) => (error as Error).message,
  );

test("beside a week of another hub's files a few first lines are read, not each", async () => {
  const store = new MemoryStore();
  write(store, 'changes', 0, NOW - 7 * DAY_MS, 7 * FILES_A_DAY);
  const wire = counted(store);
  expect(await bear(wire.lake, 'new')).toBe('born');
  expect(wire.heads).toBeLessThan(100);
});

test.each([
  ['at the end of the other hub’s', 70_000, 0],
  ['among them, of the same numbers', 20_000, NOW - 4 * DAY_MS + 1],
  ['among them, where it just follows one of them', 21_010, NOW - 5 * DAY_MS + 100 * 144_000 + 1],
])('one file of its own is found, %s', async (_, first, at) => {
  const store = new MemoryStore();
  write(store, 'changes', 0, NOW - 7 * DAY_MS, 7 * FILES_A_DAY);
  write(store, 'lost', first, at === 0 ? NOW - 60_000 : at, 1);
  expect(await bear(counted(store).lake, 'lost')).toMatch(/^LEDGER_MISSING/);
});

test('where every first line must be read, each attempt goes on where the last one stopped', async () => {
  const store = new MemoryStore();
  write(store, 'changes', 0, NOW - 1.5 * DAY_MS, 5_000, { everyMs: 15_000, broken: 1 });
  const ledgers = new LedgerCache();
  const ends: string[] = [];
  for (let attempt = 0; attempt < 10 && ends.at(-1) !== 'born'; attempt += 1) {
    ends.push(await bear(counted(store, 2_500).lake, 'new', ledgers));
  }
  expect(ends.length).toBeGreaterThan(1);
  expect(ends.at(-1)).toBe('born');
});

test('after a hub was renamed the proof reads a few first lines, not each', async () => {
  const store = new MemoryStore();
  write(store, 'former', 0, NOW - 6 * DAY_MS, 3 * FILES_A_DAY);
  write(store, 'changes', 0, NOW - 3 * DAY_MS, 2 * FILES_A_DAY);
  const ledgers = [
    ledgerOf('former', BigInt(30 * FILES_A_DAY - 1), NOW - 3 * DAY_MS),
    ledgerOf('changes', BigInt(20 * FILES_A_DAY - 1), NOW - DAY_MS),
  ];
  for (const ledger of ledgers) store.stage(ledgerPath(ledger), formatLedger(ledger));
  const wire = counted(store);
  const proof = await proveSource(wire.lake, 'postgresql', { sleep: () => Promise.resolve() }, () => false);
  expect(proof?.partitions.map(({ hub, verdict, events }) => [hub, verdict, events])).toEqual([
    ['changes', 'whole', 20 * FILES_A_DAY],
    ['former', 'whole', 30 * FILES_A_DAY],
  ]);
  expect(wire.heads).toBeLessThan(10);
});

test('and where a file fits the other hub’s numbers, it reads each: what it tells is right', async () => {
  const store = new MemoryStore();
  write(store, 'former', 0, NOW - 6 * DAY_MS, 10);
  // It begins where the former hub's end, and is the first that is left of the hub that came after.
  write(store, 'changes', 100, NOW - 3 * DAY_MS, 10);
  store.stage(ledgerPath(of('former')), formatLedger(ledgerOf('former', 99n, NOW - 6 * DAY_MS)));
  const changes = { ...ledgerOf('changes', 199n, NOW - 3 * DAY_MS), start: 100n };
  store.stage(ledgerPath(changes), formatLedger(changes));
  const proof = await proveSource(counted(store).lake, 'postgresql', { sleep: () => Promise.resolve() }, () => false);
  expect(proof?.partitions.map(({ hub, verdict }) => [hub, verdict])).toEqual([
    ['changes', 'whole'],
    ['former', 'whole'],
  ]);
});
