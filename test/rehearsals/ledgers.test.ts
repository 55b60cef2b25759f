import { buildRehearsed, type RehearsedApp } from './app';
import { ledgerOf, MONGO, ONCE, POSTGRES, Rig } from './rig';
import { surplusOf } from './surplus';

/** What an operator fears for the ledgers, and what brings them back. */

let app: RehearsedApp;
let rig: Rig;

beforeAll(async () => (app = await buildRehearsed()));
afterAll(() => app[Symbol.asyncDispose]());
afterEach(() => rig[Symbol.asyncDispose]());

describe('a ledger is deleted', () => {
  test('the app refuses its partition and loses nothing; rebuilt, it goes on by itself', async () => {
    rig = await Rig.open(app, { partitions: 2 });
    await rig.start();
    await rig.sendAndLand([10, 10], { bad: true });
    await rig.reader.remove(ledgerOf());
    await rig.send(10);
    await rig.send(10, { partition: '1' });
    expect(await rig.refused('LEDGER_MISSING')).toContain('rebuild-ledger');
    // Only its own partition waits.
    await rig.until(() => rig.of('checkpointed').some(({ partition }) => partition === '1'), 'the other one goes on');
    expect((await rig.lake('verify')).out).toContain('no ledger speaks for it');
    const rebuilt = await rig.lake('rebuild-ledger', 'postgresql', '0');
    // Up to 29 where the batch that was refused lies staged: it is taken along.
    expect([rebuilt.code, rebuilt.out]).toEqual([0, expect.stringMatching(/^The ledger covers 0-[12]9, no gaps/)]);
    await rig.landed();
    expect(await rig.verdict()).toMatchObject({ ...ONCE, sent: 40 });
    expect((await rig.lake('verify')).code).toBe(0);
  }, 60_000);

  test('while the app was down, and the hub is far beyond it', async () => {
    rig = await Rig.open(app);
    await rig.start();
    await rig.sendAndLand([10]);
    await rig.stop();
    await rig.send(50);
    await rig.reader.remove(ledgerOf());
    expect((await rig.lake('rebuild-ledger', 'postgresql', '0')).out).toContain('covers 0-9');
    await rig.start();
    await rig.landed();
    expect(await rig.verdict()).toMatchObject({ ...ONCE, sent: 60 });
    expect((await rig.lake('verify')).code).toBe(0);
  }, 60_000);
});

describe('an older version of a ledger is put back', () => {
  /** The ledger covers 0-9 again, the files 0-29. */
  async function putBack(): Promise<void> {
    rig = await Rig.open(app);
    await rig.start();
    await rig.sendAndLand([10]);
    const older = await rig.reader.bytes(ledgerOf());
    await rig.sendAndLand([7, 13]);
    await rig.stop();
    await rig.reader.remove(ledgerOf());
    await rig.reader.write(ledgerOf(), older);
  }

  test('verify tells what it does not cover, and rebuilt before anything reads it nothing doubles', async () => {
    await putBack();
    const told = await rig.lake('verify');
    expect([told.code, told.out]).toEqual([
      1,
      expect.stringMatching(/10-29 are in files, and not covered by the ledger .*Next: npm run lake -- rebuild-ledger/),
    ]);
    expect((await rig.lake('rebuild-ledger', 'postgresql', '0')).out).toContain('covers 0-29, no gaps');
    // Even with the checkpoint of that time put back as well.
    expect((await rig.lake('reset-checkpoint', 'postgresql', 'all')).code).toBe(0);
    await rig.start();
    await rig.sendAndLand([10]);
    expect(await rig.verdict()).toMatchObject({ ...ONCE, sent: 40 });
    expect((await rig.lake('verify')).code).toBe(0);
  }, 60_000);

  test('used while the hub is read again it lets events in again: verify tells them, and the second files are taken out', async () => {
    await putBack();
    await rig.lake('reset-checkpoint', 'postgresql', 'all');
    await rig.start();
    await rig.sendAndLand([10]);
    await rig.stop();
    expect(await rig.verdict()).toMatchObject({ ok: false, duplicates: 20, missing: 0 });
    const told = await rig.lake('verify');
    expect([told.code, told.out]).toEqual([1, expect.stringContaining('are in two files')]);
    await rig.setAside(surplusOf(await rig.reader.visible()));
    expect((await rig.lake('rebuild-ledger', 'postgresql', '0')).out).toContain('covers 0-39, no gaps');
    await rig.start();
    await rig.sendAndLand([10]);
    expect(await rig.verdict()).toMatchObject({ ...ONCE, sent: 50 });
    expect((await rig.lake('verify', '--deep')).code).toBe(0);
  }, 60_000);

  test('used by repair it takes no gap for one while files hold its events, and is rebuilt', async () => {
    await putBack();
    await rig.start();
    await rig.sendAndLand([10]);
    const told = await rig.lake('repair');
    expect(await rig.verdict()).toMatchObject({ ...ONCE, sent: 40 });
    expect([told.code, told.out]).toEqual([1, expect.stringContaining('rebuild-ledger postgresql 0')]);
    expect((await rig.lake('rebuild-ledger', 'postgresql', '0')).out).toContain('covers 0-39, no gaps');
    await rig.sendAndLand([10]);
    expect(await rig.verdict()).toMatchObject({ ...ONCE, sent: 50 });
    expect((await rig.lake('verify')).code).toBe(0);
  }, 60_000);
});

describe('all of _system is lost', () => {
  test('each ledger is rebuilt, what was committed and not published comes again, nothing doubles', async () => {
    rig = await Rig.open(app, { partitions: 2 });
    await rig.start();
    const all = [
      { hub: POSTGRES, partition: '0' },
      { hub: POSTGRES, partition: '1' },
      { hub: MONGO, partition: '0' },
      { hub: MONGO, partition: '1' },
    ];
    for (const to of all) await rig.send(10, { ...to, bad: true });
    await rig.landed();
    await rig.stop();
    await rig.send(5);
    await rig.startKilledAt({ operation: 'rename', path: /bronze.*_10-14_/ });
    for (const to of all.slice(1)) await rig.send(5, to);
    await rig.removeFolder('_system');
    expect((await rig.lake('verify')).code).toBe(1);
    for (const source of ['postgresql', 'mongodb']) {
      for (const partition of ['0', '1']) {
        expect((await rig.lake('rebuild-ledger', source, partition)).out).toContain('covers 0-9, no gaps');
      }
    }
    expect((await rig.lake('verify')).code).toBe(0);
    await rig.start();
    await rig.landed();
    expect(await rig.verdict()).toMatchObject({ ...ONCE, sent: 60 });
    expect((await rig.lake('verify')).code).toBe(0);
  }, 60_000);
});
