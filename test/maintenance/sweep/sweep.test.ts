import { status } from '../../../local/storage/faults';
import { systemClock } from '../../../src/lib/clock';
import { Secret } from '../../../src/lib/config/secret';
import { serviceTime } from '../../../src/lib/lake/azure-clock';
import { azureLake } from '../../../src/lib/lake/azure-lake';
import { azureMaintenanceLake } from '../../../src/lib/lake/azure-maintenance-lake';
import { openClients } from '../../../src/lib/lake/clients';
import { type SweepReport } from '../../../src/lib/maintenance/sweep/report';
import { sweep, type SweepOptions, type SweepRoom } from '../../../src/lib/maintenance/sweep/sweep';
import { DAY_MS } from '../../../src/lib/time';
import { events, openInstance } from '../../support/instance';
import { LakeReader } from '../../support/reader';
import { startLake, type TestLake } from '../../support/storage';

/** Sweeping through the real SDKs. Files are of today, so the run is told that it is the day after tomorrow. */

let lake: TestLake;
let reader: LakeReader;

const LEDGER = '_system/ledger/example.servicebus.windows.net/changes/1/3.json';
const STAGING = '_system/staging/example.servicebus.windows.net/changes/1/3/';
const DEBRIS = `${STAGING}dead-0_bronze_data_20261122T000000000Z_3_900-901_2.json`;

beforeAll(async () => {
  lake = await startLake();
  reader = new LakeReader(lake.directConnectionString);
});
afterAll(() => lake.dispose());

beforeEach(async () => {
  lake.proxy.clear();
  await reader.clear();
});

async function openRoom(laterMs: number): Promise<SweepRoom> {
  const access = { kind: 'connectionString', connectionString: new Secret(lake.connectionString) } as const;
  const clients = await openClients(access, 'data', () => Promise.reject(new Error('no identity is needed here')));
  const { signal } = new AbortController();
  return {
    lake: azureLake(clients, 10_000, signal),
    files: azureMaintenanceLake(clients, 10_000, signal),
    serviceNow: async () => (await serviceTime(clients, 10_000, signal)) + laterMs,
    clock: systemClock,
  };
}

const run = async (changes: Partial<SweepOptions> = {}, laterMs = 3 * DAY_MS): Promise<SweepReport> =>
  sweep(await openRoom(laterMs), changes);

const deliver = async (): Promise<unknown> => (await openInstance(lake.connectionString)).deliver(events(0, 4));

/** A committed file that its dead writer has not published. */
async function commitUnpublished(): Promise<string> {
  const writer = await openInstance(lake.connectionString);
  await writer.deliver(events(0, 4));
  const failing = lake.proxy.add({ operation: 'rename', times: Infinity, action: status(403) });
  await expect(writer.deliver(events(5, 9))).rejects.toThrow();
  failing.remove();
  const [staged = ''] = await reader.paths('_system/staging');
  return staged;
}

test('debris is removed, what is pending and what is visible stays', async () => {
  const pending = await commitUnpublished();
  await reader.write(DEBRIS, 'debris');
  const report = await run();
  expect(report).toEqual({
    ...{ dryRun: false, lookedAt: 2, removed: { files: 1, bytes: 6 }, spared: { pending: 1 } },
    ...{ troubles: [], isOutOfTime: false },
  });
  expect(await reader.paths('_system/staging')).toEqual([pending]);
  expect(await (await openInstance(lake.connectionString)).deliver(events(5, 9))).toMatchObject({ duplicates: 5 });
  expect(await reader.sequences()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('the first sweep of a lake that is empty finds nothing', async () => {
  expect(await run()).toMatchObject({ lookedAt: 0, removed: { files: 0, bytes: 0 }, spared: {} });
});

test('what is younger than a day stays, by the clock of the service', async () => {
  await deliver();
  await reader.write(DEBRIS, 'debris');
  expect(await run({}, DAY_MS - 60_000)).toMatchObject({ removed: { files: 0 }, spared: { young: 1 } });
  expect(await run({}, DAY_MS + 60_000)).toMatchObject({ removed: { files: 1 } });
});

test('a dry run tells the same and removes nothing', async () => {
  const pending = await commitUnpublished();
  await reader.write(DEBRIS, 'debris');
  const dry = await run({ dryRun: true });
  expect(await reader.paths('_system/staging')).toEqual([DEBRIS, pending].sort());
  expect({ ...(await run()), dryRun: true }).toEqual(dry);
});

test('of a partition whose ledger is lost nothing is touched: its files may be all that is left', async () => {
  const pending = await commitUnpublished();
  await reader.remove(LEDGER);
  expect(await run()).toMatchObject({ removed: { files: 0 }, spared: { no_ledger: 1 } });
  expect(await reader.paths('_system/staging')).toEqual([pending]);
});

test.each([
  ['is damaged', (text: string) => text.slice(0, 40), 'is not a ledger'],
  ['is newer', (text: string) => text.replace('"format": 1', '"format": 7'), 'has format 7'],
  ["is another's", (text: string) => text.replace('"partition": "3"', '"partition": "4"'), "another's ledger"],
] as const)(
  'of a partition whose ledger %s nothing is touched, and it is told; others are swept',
  async (_, damage, why) => {
    await deliver();
    await (
      await openInstance(lake.connectionString)
    ).deliver(events(0, 4), {
      partition: { namespace: 'example.servicebus.windows.net', hub: 'changes', partition: '5' },
    });
    await reader.write(DEBRIS, 'debris');
    await reader.write(DEBRIS.replace('/3/', '/5/').replace('Z_3_', 'Z_5_'), 'debris');
    await reader.write(LEDGER, damage((await reader.bytes(LEDGER)).toString()));
    const report = await run();
    expect(report).toMatchObject({ removed: { files: 1 }, spared: { unreadable_ledger: 1 } });
    expect(report.troubles).toEqual([expect.stringContaining(why)]);
    expect(await reader.paths('_system/staging')).toEqual([DEBRIS]);
  },
);

test('the ledger counts where it is archived', async () => {
  const pending = await commitUnpublished();
  const archived = LEDGER.replace('ledger/', 'ledger-archive/');
  await reader.write(archived, await reader.bytes(LEDGER));
  await reader.remove(LEDGER);
  await reader.write(DEBRIS, 'debris');
  expect(await run()).toMatchObject({ removed: { files: 1 }, spared: { pending: 1 } });
  expect(await reader.paths('_system/staging')).toEqual([pending]);
});

describe('merged files that wait', () => {
  const FOLDER = '_system/staging/optimise/postgresql/2026-11-22/3/';
  const waiting = `${FOLDER}m1_bronze_data_20261122T000000000Z_3_0-9_10.json`;

  test('go when there is no plan', async () => {
    await reader.write(waiting, 'merged');
    expect(await run()).toMatchObject({ removed: { files: 1, bytes: 6 } });
  });

  test('stay when the plan cannot be read, and it is told', async () => {
    await reader.write(waiting, 'merged');
    await reader.write('_system/optimise/postgresql/2026-11-22/3.json', '{"format":7}');
    const report = await run();
    expect(report).toMatchObject({ removed: { files: 0 }, spared: { unreadable_plan: 1 } });
    expect(report.troubles).toEqual([expect.stringContaining('_system/optimise/postgresql/2026-11-22/3.json')]);
  });
});

test('notes of instances go after two days, strangers in the staging folder never', async () => {
  await reader.write('_system/observed/instance-1.json', '{}');
  await reader.write('_system/staging/note.txt', 'x');
  expect(await run({}, 1.5 * DAY_MS)).toMatchObject({ removed: { files: 0 }, spared: { young: 1, stranger: 1 } });
  expect(await run()).toMatchObject({ removed: { files: 1, bytes: 2 }, spared: { stranger: 1 } });
  expect(await reader.paths('_system')).toEqual(['_system/staging/note.txt']);
});

test('a file that cannot be removed is told, and the others go', async () => {
  await deliver();
  await reader.write(DEBRIS, 'debris');
  await reader.write(DEBRIS.replace('dead-0', 'dead-1'), 'debris');
  lake.proxy.add({ operation: 'deletePath', path: /dead-0/, times: Infinity, action: status(403) });
  const report = await run();
  expect(report).toMatchObject({ removed: { files: 1 }, spared: { failed: 1 } });
  expect(report.troubles).toHaveLength(1);
  expect(await reader.paths('_system/staging')).toEqual([DEBRIS]);
});

test('a file that is written again while it is looked at stays', async () => {
  await deliver();
  await reader.write(DEBRIS, 'debris');
  const room = await openRoom(3 * DAY_MS);
  const read = async (path: string) => {
    await reader.write(DEBRIS, 'anew');
    return await room.lake.read(path);
  };
  expect(await sweep({ ...room, lake: { ...room.lake, read } })).toMatchObject({ spared: { changed: 1 } });
});

test('when the time is up it stops, and the next run goes on; a thousand files are asked about by one ledger read', async () => {
  await deliver();
  for (let i = 0; i < 12; i += 1) await reader.write(DEBRIS.replace('dead-0', `dead-${i}`), 'debris');
  expect(await run({ budgetMs: 0 })).toMatchObject({ lookedAt: 0, removed: { files: 0 }, isOutOfTime: true });
  let calls = 0;
  const clock = { now: (): number => (calls += 1) };
  const half = await sweep({ ...(await openRoom(3 * DAY_MS)), clock }, { budgetMs: 20, atOnce: 1 });
  expect(half.isOutOfTime).toBe(true);
  expect(half.removed.files + (half.spared.out_of_time ?? 0)).toBe(12);
  lake.proxy.forgetRequests();
  expect(await run()).toMatchObject({ removed: { files: half.spared.out_of_time }, isOutOfTime: false });
  expect(lake.proxy.requests.filter(({ path }) => path === LEDGER)).toHaveLength(1);
  expect(await reader.paths('_system/staging')).toEqual([]);
});
