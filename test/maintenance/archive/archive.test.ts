import { loseAnswer, status } from '../../../local/storage/faults';
import { systemClock } from '../../../src/lib/clock';
import { Secret } from '../../../src/lib/config/secret';
import { type IngestRoom } from '../../../src/lib/ingest';
import { serviceTime } from '../../../src/lib/lake/azure-clock';
import { azureLake } from '../../../src/lib/lake/azure-lake';
import { azureLedgerMover } from '../../../src/lib/lake/azure-ledger-mover';
import { azureMaintenanceLake } from '../../../src/lib/lake/azure-maintenance-lake';
import { openClients } from '../../../src/lib/lake/clients';
import {
  archiveLedgers,
  type ArchiveOptions,
  type ArchiveReport,
  type ArchiveRoom,
} from '../../../src/lib/maintenance/archive/archive';
import { DAY_MS } from '../../../src/lib/time';
import { events, NOON, openInstance, PARTITION, type Instance } from '../../support/instance';
import { LakeReader, numbers } from '../../support/reader';
import { startLake, type TestLake } from '../../support/storage';

/** Ledgers of hubs that are gone, and what becomes of a hub that comes back. */

let lake: TestLake;
let reader: LakeReader;

const LEDGER = '_system/ledger/example.servicebus.windows.net/changes/1/3.json';
const ARCHIVED = LEDGER.replace('ledger/', 'ledger-archive/');
const SECOND = LEDGER.replace('/1/', '/2/');
const GONE = [{ namespace: 'Example.servicebus.windows.net', hub: 'Changes' }];

beforeAll(async () => {
  lake = await startLake();
  reader = new LakeReader(lake.directConnectionString);
});
afterAll(() => lake.dispose());

beforeEach(async () => {
  lake.proxy.clear();
  await reader.clear();
});

const open = (changes: Partial<IngestRoom> = {}): Promise<Instance> => openInstance(lake.connectionString, changes);

async function openRoom(laterMs = 10 * DAY_MS): Promise<ArchiveRoom> {
  const access = { kind: 'connectionString', connectionString: new Secret(lake.connectionString) } as const;
  const clients = await openClients(access, 'data', () => Promise.reject(new Error('no identity is needed here')));
  const { signal } = new AbortController();
  return {
    lake: azureLake(clients, 10_000, signal),
    files: azureMaintenanceLake(clients, 10_000, signal),
    mover: azureLedgerMover(clients, 10_000, signal),
    serviceNow: async () => (await serviceTime(clients, 10_000, signal)) + laterMs,
    clock: systemClock,
  };
}

const OPTIONS: ArchiveOptions = {
  ...{ dryRun: false, budgetMs: Infinity, atOnce: 4, eventMs: 7 * DAY_MS, isOptimised: () => true },
};

const archive = async (changes: Partial<ArchiveOptions> = {}, laterMs?: number): Promise<ArchiveReport> =>
  archiveLedgers(await openRoom(laterMs), GONE, { ...OPTIONS, ...changes });

const places = async (): Promise<string[]> => [
  ...(await reader.paths('_system/ledger')),
  ...(await reader.paths('_system/ledger-archive')),
];

test('a ledger with nothing pending is moved as it is; what is pending is published, and it goes the next time', async () => {
  await (await open()).deliver(events(0, 4));
  expect(await archive()).toMatchObject({ archived: [], kept: [{ path: LEDGER, why: 'settled' }] });
  const before = await reader.json(LEDGER);
  expect(before).toMatchObject({ pending: [] });
  expect(await archive()).toEqual({ dryRun: false, archived: [ARCHIVED], kept: [] });
  expect(await places()).toEqual([ARCHIVED]);
  expect(await reader.json(ARCHIVED)).toEqual(before);
  expect(await archive()).toEqual({ dryRun: false, archived: [], kept: [] });
});

/** A lake with events 0 to 4, and its ledger in the archive. */
async function fillAndArchive(): Promise<void> {
  await (await open()).deliver(events(0, 4));
  await archive();
  await archive();
  expect(await places()).toEqual([ARCHIVED]);
}

test.each([
  ['is young', {}, DAY_MS / 2, 'young'],
  ['has late events', {}, 3 * DAY_MS, 'recent'],
  ['is of a source that was not optimised', { isOptimised: () => false }, 10 * DAY_MS, 'not_optimised'],
  ['comes when the time is up', { budgetMs: 0 }, 10 * DAY_MS, 'out_of_time'],
] as const)('a ledger that %s stays', async (_, changes, laterMs, why) => {
  await (await open()).deliver(events(0, 4));
  expect(await archive(changes, laterMs)).toMatchObject({ archived: [], kept: [{ path: LEDGER, why }] });
  expect(await places()).toEqual([LEDGER]);
});

test('a ledger that cannot be read stays, and is told', async () => {
  await (await open()).deliver(events(0, 4));
  await reader.write(LEDGER, 'rubbish');
  expect(await archive()).toMatchObject({
    kept: [{ path: LEDGER, why: 'unreadable', detail: expect.stringContaining('LEDGER_DAMAGED') as string }],
  });
});

test('a dry run tells what it would move, and changes nothing', async () => {
  await (await open()).deliver(events(0, 4));
  expect(await archive({ dryRun: true })).toMatchObject({ kept: [{ why: 'settled' }] });
  await archive();
  expect(await archive({ dryRun: true })).toEqual({ dryRun: true, archived: [ARCHIVED], kept: [] });
  expect(await places()).toEqual([LEDGER]);
});

test('ledgers of other hubs are not looked at', async () => {
  await (await open()).deliver(events(0, 4), { partition: { ...PARTITION, hub: 'changes2' } });
  await archive();
  expect(await archive()).toEqual({ dryRun: false, archived: [], kept: [] });
});

test('a writer that commits in between keeps its ledger', async () => {
  const writer = await open();
  await writer.deliver(events(0, 4));
  await archive();
  const room = await openRoom();
  const read: ArchiveRoom['lake']['read'] = async (path) => {
    const found = await room.lake.read(path);
    await writer.deliver(events(5, 9));
    return found;
  };
  const meanwhile = await archiveLedgers({ ...room, lake: { ...room.lake, read } }, GONE, OPTIONS);
  expect(meanwhile).toMatchObject({ archived: [], kept: [{ path: LEDGER, why: 'changed' }] });
  expect(await places()).toEqual([LEDGER]);
});

test('a rename whose answer is lost counts as done', async () => {
  await (await open()).deliver(events(0, 4));
  await archive();
  await (await openRoom()).lake.makeFolder(ARCHIVED.slice(0, ARCHIVED.lastIndexOf('/')));
  lake.proxy.add({ operation: 'rename', times: 1, action: loseAnswer() });
  expect(await archive()).toEqual({ dryRun: false, archived: [ARCHIVED], kept: [] });
});

test('a refusal is told, and the ledger stays', async () => {
  await (await open()).deliver(events(0, 4));
  await archive();
  lake.proxy.add({ operation: 'rename', times: Infinity, action: status(403) });
  expect(await archive()).toMatchObject({ archived: [], kept: [{ path: LEDGER, why: 'failed' }] });
});

describe('a batch of a hub whose ledger is archived', () => {
  test('brings it back: what is in the lake is dropped, what is not is written', async () => {
    await fillAndArchive();
    const batch = await (await open()).deliver(events(3, 9));
    expect(batch).toMatchObject({ written: 5, duplicates: 2, gap: 0 });
    expect(await places()).toEqual([LEDGER]);
    expect(await reader.json(LEDGER)).toMatchObject({ start: '0', last: '9', incarnation: 1 });
    expect(await reader.sequences()).toEqual(numbers(0, 9));
  });

  test('is judged by it although its writer had it cached', async () => {
    const writer = await open();
    await writer.deliver(events(0, 4));
    await archive();
    await writer.deliver(events(5, 6));
    await archive();
    await archive();
    expect(await places()).toEqual([ARCHIVED]);
    expect(await writer.deliver(events(5, 9))).toMatchObject({ written: 3, duplicates: 2 });
    expect(await places()).toEqual([LEDGER]);
    expect(await reader.sequences()).toEqual(numbers(0, 9));
  });

  test('of a new hub of that name is the next incarnation, and the numbers of the old one are not taken for its own', async () => {
    await fillAndArchive();
    const anew = NOON + 3_600_000;
    const hubFacts = { createdAt: () => Promise.resolve(anew - 1) };
    const first = await (await open({ hubFacts })).deliver(events(0, 2, {}, anew));
    expect(first).toMatchObject({ written: 3, duplicates: 0 });
    expect(await places()).toEqual([LEDGER, SECOND]);
    expect(await reader.json(LEDGER)).toMatchObject({ last: '4', successor: { incarnation: 2 } });
    expect(await reader.json(SECOND)).toMatchObject({ start: '0', last: '2' });
    expect(await reader.sequences()).toEqual([0, 0, 1, 1, 2, 2, 3, 4]);
  });

  test('of the third hub of that name is found through two archived ledgers', async () => {
    await fillAndArchive();
    const [second, third] = [NOON + 3_600_000, NOON + 7_200_000];
    await (
      await open({ hubFacts: { createdAt: () => Promise.resolve(second - 1) } })
    ).deliver(events(0, 2, {}, second));
    await archive();
    await archive();
    expect(await places()).toEqual([ARCHIVED, SECOND.replace('ledger/', 'ledger-archive/')]);
    await (await open({ hubFacts: { createdAt: () => Promise.resolve(third - 1) } })).deliver(events(0, 1, {}, third));
    expect(await places()).toEqual([LEDGER, SECOND, LEDGER.replace('/1/', '/3/')]);
    expect(await reader.sequences()).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 3, 4]);
  });

  test('is landed once by two who bring it back at once', async () => {
    await fillAndArchive();
    const [a, b] = [await open(), await open()];
    await Promise.all([a.deliver(events(3, 9)), b.deliver(events(4, 9))]);
    expect(await places()).toEqual([LEDGER]);
    expect(await reader.sequences()).toEqual(numbers(0, 9));
  });

  test.each(['read', 'putBlob', 'rename', 'createDirectory'] as const)(
    'is landed once though the answer to the %s that brings it back is lost',
    async (operation) => {
      await fillAndArchive();
      const of = operation === 'read' ? ('getBlob' as const) : operation;
      lake.proxy.add({ operation: of, path: /ledger/, times: 1, action: loseAnswer() });
      await (await open()).deliver(events(3, 9));
      expect(await places()).toEqual([LEDGER]);
      expect(await reader.sequences()).toEqual(numbers(0, 9));
    },
  );

  test('keeps its ledger from the next archiver: it was written when it came back', async () => {
    await fillAndArchive();
    await (await open()).deliver(events(0, 4));
    expect(await archive({}, DAY_MS / 2)).toMatchObject({ kept: [{ why: 'young' }] });
    expect(await places()).toEqual([LEDGER]);
  });

  test('has it for good: a request of the archiver that arrives once more, or late, is refused', async () => {
    await fillAndArchive();
    const { mover, lake: files } = await openRoom();
    const etag = (await files.read(ARCHIVED))?.etag ?? '';
    await (await open()).deliver(events(0, 4));
    expect(await places()).toEqual([LEDGER]);
    expect(await mover.move(LEDGER, etag, ARCHIVED)).toBe('changed');
    expect(await places()).toEqual([LEDGER]);
  });

  test('costs one more request where there is no ledger yet, and none where there is', async () => {
    const writer = await open();
    lake.proxy.forgetRequests();
    await writer.deliver(events(0, 4));
    const asked = (): number => lake.proxy.requests.filter(({ path }) => path === ARCHIVED).length;
    expect(asked()).toBe(1);
    await writer.deliver(events(5, 9));
    await (await open()).deliver(events(10, 12));
    expect(asked()).toBe(1);
  });
});
