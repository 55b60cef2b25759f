import { nameTime } from './surplus';
import { buildRehearsed, type RehearsedApp } from './app';
import { HOUR_MS, ledgerOf, ONCE, POSTGRES, Rig } from './rig';

/** A hub, or what the host knows of it, is lost. */

let app: RehearsedApp;
let rig: Rig;

beforeAll(async () => (app = await buildRehearsed()));
afterAll(() => app[Symbol.asyncDispose]());
afterEach(() => rig[Symbol.asyncDispose]());

describe('a hub is deleted and made anew', () => {
  test('the app is stopped before, and the checkpoints are reset: the new hub is incarnation 2', async () => {
    rig = await Rig.open(app);
    await rig.start();
    await rig.sendAndLand([10, 10]);
    await rig.stop();
    await rig.remakeHub(POSTGRES);
    expect((await rig.lake('reset-checkpoint', 'postgresql', 'all')).out).toContain('removed: ');
    await rig.start();
    // Fewer than the old one had, then more.
    await rig.sendAndLand([7, 30]);
    const verdict = await rig.verdict();
    expect(verdict).toMatchObject({ ...ONCE, sent: 57 });
    expect(verdict.partitions).toMatchObject([
      { incarnation: 1, first: '0', last: '19' },
      { incarnation: 2, first: '0', last: '36' },
    ]);
    expect((await rig.lake('verify')).code).toBe(0);
  }, 60_000);

  test('or clean-checkpoints, while there is no hub of that name', async () => {
    rig = await Rig.open(app);
    await rig.start();
    await rig.sendAndLand([10]);
    await rig.stop();
    rig.hubs.deleteHub(POSTGRES);
    expect((await rig.lake('clean-checkpoints')).out).toContain(`removed: localhost/${POSTGRES}/lake/checkpoint/0`);
    rig.createHub(POSTGRES);
    await rig.start();
    await rig.sendAndLand([15]);
    expect(await rig.verdict()).toMatchObject({ ...ONCE, sent: 25 });
  }, 60_000);

  test('under the running app, with fewer events than before: nothing is read until the checkpoint is reset', async () => {
    rig = await Rig.open(app);
    await rig.start();
    await rig.sendAndLand([10]);
    await rig.remakeHub(POSTGRES);
    await rig.send(5);
    await rig.until(() => rig.of('lost').length > 0 || rig.of('trouble').length > 0, 'the host has noticed');
    await rig.stop();
    expect(await rig.verdict()).toMatchObject({ missing: 5, duplicates: 0 });
    expect((await rig.lake('reset-checkpoint', 'postgresql', 'all')).code).toBe(0);
    await rig.start();
    await rig.landed();
    expect(await rig.verdict()).toMatchObject({ ...ONCE, sent: 15 });
  }, 60_000);

  /** An old hub of ten events, a new one of sixty, and a host that goes on where its checkpoint says. */
  async function readOn(oldBytes: number, newBytes: number): Promise<void> {
    rig = await Rig.open(app, { at: Date.now() - 2 * HOUR_MS });
    await rig.start();
    for (let sent = 0; sent < 10; sent += 5) await rig.sendAndLand([5], { bytes: oldBytes });
    await rig.stop();
    rig.moveClock(Date.now());
    await rig.remakeHub(POSTGRES);
    await rig.send(60, { bytes: newBytes });
    expect((await rig.lake('complete', '--dry-run')).out).toContain(
      'its hub was made anew, and has events that are not',
    );
    await rig.start();
    await rig.landed();
    await rig.stop();
    const { missing, duplicates } = await rig.verdict();
    expect([missing > 0, duplicates]).toEqual([true, 0]);
  }

  const BOTH_WHOLE = [
    { incarnation: 1, first: '0', last: '9' },
    { incarnation: 2, first: '0', last: '59' },
  ];

  test('with more events than before, read on behind the old checkpoint, at a number that was there: the reset brings the rest', async () => {
    await readOn(10, 200);
    expect((await rig.lake('reset-checkpoint', 'postgresql', 'all')).code).toBe(0);
    await rig.start();
    await rig.landed();
    const verdict = await rig.verdict();
    expect(verdict).toMatchObject({ ...ONCE, sent: 70, partitions: BOTH_WHOLE });
  }, 60_000);

  test('the same at a number that is new: taken for the old hub, so those files are taken out first', async () => {
    await readOn(500, 200);
    expect((await rig.verdict()).partitions).toMatchObject([{ incarnation: 1, last: '59' }]);
    expect((await rig.lake('verify')).out).toContain('never handed over by Event Hubs');
    const createdAt = rig.hubs.hub(POSTGRES)?.createdAt ?? Infinity;
    await rig.setAside((await rig.reader.visible()).filter((path) => nameTime(path) >= createdAt));
    expect((await rig.lake('rebuild-ledger', 'postgresql', '0')).out).toContain('covers 0-9, no gaps');
    expect((await rig.lake('reset-checkpoint', 'postgresql', 'all')).code).toBe(0);
    await rig.start();
    await rig.landed();
    const verdict = await rig.verdict();
    expect(verdict).toMatchObject({ ...ONCE, sent: 70, partitions: BOTH_WHOLE });
    expect((await rig.lake('verify', '--deep')).code).toBe(0);
  }, 60_000);

  test('the same, and complete tells it, whatever repair has done', async () => {
    await readOn(500, 200);
    await rig.lake('repair');
    const told = await rig.lake('complete');
    expect(told.out).toContain("under the former one's incarnation");
  }, 60_000);

  /** An old hub of ten events, a new one of thirty; then ledgers are lost, and rebuilt in this order. */
  async function loseAndRebuild(order: readonly number[]): Promise<void> {
    rig = await Rig.open(app);
    await rig.start();
    await rig.sendAndLand([10]);
    await rig.stop();
    await rig.remakeHub(POSTGRES);
    await rig.lake('reset-checkpoint', 'postgresql', 'all');
    await rig.start();
    await rig.sendAndLand([15, 15]);
    await rig.stop();
    if (order.length > 1) await rig.removeFolder('_system');
    else await rig.reader.remove(ledgerOf('0', { incarnation: order[0] ?? 0 }));
    for (const incarnation of order) {
      const told = await rig.lake('rebuild-ledger', 'postgresql', '0', '--incarnation', String(incarnation));
      expect(told.out).toContain(incarnation === 1 ? 'covers 0-9' : 'covers 0-29');
    }
    await rig.start();
    await rig.sendAndLand([10]);
    expect(await rig.verdict()).toMatchObject({ ...ONCE, sent: 50 });
    await rig.stop();
    await rig.lake('reset-checkpoint', 'postgresql', 'all');
    await rig.start();
    await rig.landed();
    const verdict = await rig.verdict();
    expect(verdict).toMatchObject({ ...ONCE, sent: 50 });
    expect(verdict.partitions).toMatchObject([
      { incarnation: 1, last: '9' },
      { incarnation: 2, last: '39' },
    ]);
    expect((await rig.lake('verify')).code).toBe(0);
  }

  test.each([1, 2])(
    'and the ledger of incarnation %i is lost later: rebuilt, it knows the other',
    async (incarnation) => {
      await loseAndRebuild([incarnation]);
    },
    60_000,
  );

  test.each([[[1, 2]], [[2, 1]]])(
    'and all of _system is lost later: rebuilt in the order %j they know each other',
    async (order) => {
      await loseAndRebuild(order);
    },
    60_000,
  );
});

describe('a failover to a hub of the same name that is older than what is in the lake, and counts from zero', () => {
  test('stops the partition, complete tells it, and successor lets it go on as incarnation 2', async () => {
    rig = await Rig.open(app);
    await rig.start();
    await rig.sendAndLand([10]);
    await rig.stop();
    // Its hubs were made when the two regions were paired.
    rig.moveClock(Date.now() - 2 * HOUR_MS);
    await rig.remakeHub(POSTGRES);
    expect((await rig.lake('successor', 'postgresql', '0')).err).toContain('no event that could be compared');
    rig.moveClock(Date.now());
    await rig.send(7);
    expect((await rig.lake('complete', '--dry-run')).out).toContain("is another one than the lake's");
    expect((await rig.lake('reset-checkpoint', 'postgresql', 'all')).code).toBe(0);
    await rig.start();
    expect(await rig.refused('INCARNATION_UNCONFIRMED')).toContain('npm run lake -- successor postgresql 0');
    const set = await rig.lake('successor', 'postgresql', '0');
    expect(set).toMatchObject({ code: 0, err: '' });
    await rig.landed();
    await rig.sendAndLand([8]);
    const verdict = await rig.verdict();
    expect(verdict).toMatchObject({ ...ONCE, sent: 25 });
    expect(verdict.partitions).toMatchObject([
      { incarnation: 1, first: '0', last: '9' },
      { incarnation: 2, first: '0', last: '14' },
    ]);
    expect((await rig.lake('verify')).code).toBe(0);
    // The same hub is never its own successor.
    const again = await rig.lake('successor', 'postgresql', '0');
    expect(again.code).toBe(2);
    expect(again.err).toContain('it is the same hub');
  }, 60_000);
});

describe("the host's storage is lost", () => {
  test('everything that the hub still has is read again, known, and dropped', async () => {
    rig = await Rig.open(app, { partitions: 2 });
    await rig.start();
    await rig.send(10, { bad: true });
    await rig.sendAndLand([10, 10], { partition: '1', bad: true });
    await rig.stop();
    const before = (await rig.verdict()).listing;
    await rig.loseHostStorage();
    await rig.start();
    await rig.landed();
    expect(rig.of('invoked').reduce((sum, { count }) => sum + count, 0)).toBe(30);
    const verdict = await rig.verdict();
    expect(verdict).toMatchObject({ ...ONCE, sent: 30 });
    expect(verdict.listing).toEqual(before);
    await rig.sendAndLand([5]);
    expect(await rig.verdict()).toMatchObject({ ...ONCE, sent: 35 });
  }, 60_000);
});
