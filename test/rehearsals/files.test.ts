import { startStorage } from '../../local/storage/storage';
import { buildRehearsed, type RehearsedApp } from './app';
import { DAY_MS, dayOf, ledgerOf, noon, ONCE, Rig } from './rig';
import { surplusOf } from './surplus';

/** Files of the lake are lost, or twice there. */

let app: RehearsedApp;
let rig: Rig;

beforeAll(async () => (app = await buildRehearsed()));
afterAll(() => app[Symbol.asyncDispose]());
afterEach(() => rig[Symbol.asyncDispose]());

describe('a day of bronze is deleted', () => {
  /** Two runs of three days ago, two of two days ago, two of today. */
  async function threeDays({ bad = false, retentionMs = 7 * DAY_MS } = {}): Promise<void> {
    rig = await Rig.open(app, { at: noon(3), retentionMs });
    await rig.start();
    for (const daysAgo of [3, 2, 0]) {
      rig.moveClock(noon(daysAgo));
      await rig.sendAndLand([10, 10], { bad });
    }
  }

  test.each([
    { which: 'the first', daysAgo: 3 },
    { which: 'one in between', daysAgo: 2 },
  ])(
    '$which: verify tells it, and repair --reopen brings it back while the app runs',
    async ({ daysAgo }) => {
      await threeDays();
      await rig.removeFolder(`bronze/postgresql/${dayOf(noon(daysAgo))}`);
      const told = await rig.lake('verify');
      expect([told.code, told.out]).toEqual([1, expect.stringContaining('are covered by the ledger, and in no file')]);
      const repaired = await rig.lake('repair', '--reopen');
      expect([repaired.err, repaired.out]).toEqual(['', expect.stringContaining('20 events came back from the hub')]);
      await rig.sendAndLand([10]);
      expect(await rig.verdict()).toMatchObject({ ...ONCE, sent: 70 });
      expect((await rig.lake('verify', '--deep')).code).toBe(0);
    },
    60_000,
  );

  test('whose runs have a part in quarantine: that goes too, then all of it comes back', async () => {
    await threeDays({ bad: true });
    await rig.removeFolder(`bronze/postgresql/${dayOf(noon(2))}`);
    expect((await rig.lake('verify')).out).toContain(
      '20-29 should be in a file of bronze and one of quarantine; what is there holds 2 lines',
    );
    await rig.removeFolder(`quarantine/postgresql/${dayOf(noon(2))}`);
    expect((await rig.lake('repair', '--reopen')).out).toContain('20 events came back from the hub');
    await rig.sendAndLand([10], { bad: true });
    expect(await rig.verdict()).toMatchObject({ ...ONCE, sent: 70 });
    expect((await rig.lake('verify', '--deep')).code).toBe(0);
  }, 60_000);

  test('and is the last one: the ledger still names its files, so it is rebuilt and the hub is read again', async () => {
    await threeDays({ bad: true });
    await rig.removeFolder(`bronze/postgresql/${dayOf(noon(0))}`);
    expect((await rig.lake('repair', '--reopen')).out).toContain(
      '50-59 should be in a file of bronze and one of quarantine',
    );
    await rig.removeFolder(`quarantine/postgresql/${dayOf(noon(0))}`);
    await rig.stop();
    expect((await rig.lake('rebuild-ledger', 'postgresql', '0')).out).toContain('covers 0-39');
    expect((await rig.lake('reset-checkpoint', 'postgresql', '0')).code).toBe(0);
    await rig.start();
    await rig.landed();
    expect(await rig.verdict()).toMatchObject({ ...ONCE, sent: 60 });
    expect((await rig.lake('verify', '--deep')).code).toBe(0);
  }, 60_000);

  test('and is past the retention in part: that is told as lost, the rest comes back', async () => {
    await threeDays({ retentionMs: 2.5 * DAY_MS });
    await rig.removeFolder(`bronze/postgresql/${dayOf(noon(3))}`);
    await rig.removeFolder(`bronze/postgresql/${dayOf(noon(2))}`);
    const repaired = await rig.lake('repair', '--reopen');
    expect([repaired.code, repaired.out]).toEqual([
      1,
      expect.stringContaining('0-19 LOST: the hub no longer has them'),
    ]);
    expect(repaired.out).toContain('20 events came back from the hub');
    const told = await rig.lake('verify');
    expect([told.code, told.out]).toEqual([0, expect.stringContaining('0-19 are lost')]);
    await rig.sendAndLand([10]);
    const problemCounts = { event_missing: 20 };
    expect(await rig.verdict()).toMatchObject({ sent: 70, missing: 20, duplicates: 0, problemCounts });
  }, 60_000);
});

describe('a run of optimize died half way, and its plan is lost', () => {
  /** A day of three runs, each with a file on either shelf. */
  async function smallFiles(): Promise<string> {
    rig = await Rig.open(app, { at: noon(3) });
    await rig.start();
    await rig.sendAndLand([10, 10, 10], { bad: true });
    await rig.stop();
    return `_system/optimise/postgresql/${dayOf(noon(3)).replaceAll('/', '-')}/0.json`;
  }

  const MERGED = '_system/staging/optimise/';

  test.each([
    { when: 'before it was put', rule: { operation: 'putBlob', path: '_system/optimise/' } as const, isWhole: true },
    { when: 'before a merged file is in place', rule: { operation: 'rename', path: MERGED } as const, isWhole: true },
    { when: 'with one of two in place', rule: { operation: 'rename', path: MERGED, skip: 1 } as const, isWhole: false },
    { when: 'before an input is deleted', rule: { operation: 'deletePath' } as const, isWhole: false },
    { when: 'with some inputs deleted', rule: { operation: 'deletePath', skip: 3 } as const, isWhole: false },
  ])(
    '$when: what is twice there is told, and what is not needed is taken out',
    async ({ rule, isWhole }) => {
      const plan = await smallFiles();
      await rig.lakeKilledAt(rule, 'optimize');
      await rig.reader.remove(plan).catch((error: unknown) => {
        if ((error as { statusCode?: number }).statusCode !== 404) throw error;
      });
      const { duplicates, missing } = await rig.verdict();
      expect([duplicates === 0, missing]).toEqual([isWhole, 0]);
      expect((await rig.lake('verify')).code).toBe(isWhole ? 0 : 1);
      await rig.setAside(surplusOf(await rig.reader.visible()));
      expect((await rig.lake('verify', '--deep')).code).toBe(0);
      await rig.start();
      await rig.sendAndLand([10]);
      expect(await rig.verdict()).toMatchObject({ ...ONCE, sent: 40 });
      // The next run does what the one that died would have done.
      await rig.breakLock('weekly');
      expect((await rig.lake('optimize')).out).toContain('files became');
      expect(await rig.verdict()).toMatchObject({ ...ONCE, sent: 40 });
      expect((await rig.lake('verify', '--deep')).code).toBe(0);
    },
    60_000,
  );
});

describe('the lake moves to another account', () => {
  test('with every path copied while no app runs: it goes on there, and publishes what waited', async () => {
    rig = await Rig.open(app, { partitions: 2 });
    await using other = await startStorage({ port: 0, queuePort: null, tablePort: null });
    await rig.start();
    await rig.send(10, { bad: true });
    await rig.sendAndLand([10], { partition: '1', bad: true });
    await rig.stop();
    await rig.send(5);
    await rig.startKilledAt({ operation: 'rename', path: /bronze.*_10-14_/ });
    await rig.send(5, { partition: '1' });
    const before = rig.reader;
    await rig.copyLakeTo(other.connectionString);
    rig.pointAt(other.connectionString);
    expect((await rig.lake('verify', '--deep')).out).toContain('pending');
    await rig.start();
    await rig.landed();
    expect(await rig.verdict()).toMatchObject({ ...ONCE, sent: 30 });
    expect((await rig.lake('verify')).code).toBe(0);
    expect(await before.sequences()).toHaveLength(20);
  }, 60_000);
});

describe('the file system is deleted', () => {
  test('the app refuses every batch; given back as it was, it goes on by itself', async () => {
    rig = await Rig.open(app);
    await using kept = await startStorage({ port: 0, queuePort: null, tablePort: null });
    await rig.start();
    await rig.sendAndLand([10]);
    await rig.copyLakeTo(kept.connectionString);
    const accountOf = rig.lakeAt;
    await rig.reader.removeFileSystem();
    await rig.send(10);
    expect(await rig.refused('STORAGE_FAILED')).toContain('data');
    rig.pointAt(kept.connectionString);
    await rig.copyLakeTo(accountOf);
    rig.pointAt(accountOf);
    await rig.landed();
    expect(await rig.verdict()).toMatchObject({ ...ONCE, sent: 20 });
  }, 60_000);

  test('made anew and empty, what the hub still has is read again', async () => {
    rig = await Rig.open(app);
    await rig.start();
    await rig.sendAndLand([10]);
    await rig.reader.removeFileSystem();
    await rig.send(10);
    await rig.refused('STORAGE_FAILED');
    await rig.stop();
    await rig.fileSystem.create();
    expect((await rig.lake('reset-checkpoint', 'postgresql', 'all')).code).toBe(0);
    await rig.start();
    await rig.landed();
    expect(await rig.verdict()).toMatchObject({ ...ONCE, sent: 20 });
    expect((await rig.lake('verify')).code).toBe(0);
  }, 60_000);

  test('made anew while the app runs: it takes what is new, and the rest once the checkpoint is reset', async () => {
    rig = await Rig.open(app);
    await rig.start();
    await rig.sendAndLand([10]);
    await rig.reader.removeFileSystem();
    await rig.send(10);
    await rig.refused('STORAGE_FAILED');
    await rig.fileSystem.create();
    await rig.landed();
    expect(await rig.verdict()).toMatchObject({ missing: 10, duplicates: 0 });
    await rig.stop();
    expect((await rig.lake('reset-checkpoint', 'postgresql', 'all')).code).toBe(0);
    await rig.start();
    await rig.landed();
    expect(await rig.verdict()).toMatchObject({ ...ONCE, sent: 20 });
    expect(await rig.reader.json(ledgerOf())).toMatchObject({ start: '0', last: '19' });
    expect((await rig.lake('verify')).code).toBe(0);
  }, 60_000);
});
