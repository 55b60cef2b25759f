import { repair, type RepairCommand } from '../../../src/cli/lake/repair';
import { status } from '../../../src/cli/lake/status';
import { verify } from '../../../src/cli/lake/verify';
import { fileTroubles } from '../../../src/lib/status/files';
import { readLedgers } from '../../../src/lib/maintenance/completeness/ledgers';
import { OF, Rig } from './rig';

/** What `repair`, `status` and `verify` say of files that were taken away, doubled, or have lost their ledger. */

const HERE = { ...OF, namespace: 'localhost' };

let rig: Rig;
const before = { ...process.env };
const said: string[] = [];

beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(() => rig.dispose());
beforeEach(async () => {
  await rig.reset();
  Object.assign(process.env, {
    EVENTHUB_CONNECTION_STRING: rig.server.hubs.connectionString,
    STORAGE_CONNECTION_STRING: rig.lake.connectionString,
    POSTGRES_EVENTHUB_NAME: 'Changes',
    MONGODB_EVENTHUB_NAME: 'other',
  });
  said.length = 0;
  jest.spyOn(console, 'log').mockImplementation((line) => void said.push(String(line)));
  // Number 3 is no JSON: its run has a file in quarantine, too.
  const sent = await rig.publish(30, (n) => (n === 3 ? 'no JSON' : `{"number":${n}}`));
  const instance = await rig.instance();
  for (const first of [0, 10, 20]) await instance.deliver(sent.slice(first, first + 10), { partition: HERE });
});
afterEach(() => {
  jest.restoreAllMocks();
  process.env = { ...before };
  process.exitCode = undefined;
});

async function run(options: Partial<RepairCommand> = {}): Promise<number | string | null | undefined> {
  process.exitCode = undefined;
  said.length = 0;
  await repair({ json: false, dryRun: false, reopen: false, minutes: '60', ...options });
  return process.exitCode;
}

const pathOf = async (folder: string, part: string): Promise<string> =>
  (await rig.reader.paths(folder)).find((path) => path.includes(part)) ?? '';

test('files that have long been visible are not told as published, in a dry run either', async () => {
  expect(await run({ dryRun: true })).toBeUndefined();
  expect(said).toEqual(['Nothing is missing.']);
  await run();
  expect(said).toEqual(['Nothing is missing.']);
});

test('a file of bronze that was deleted beside its twin in quarantine is missing, and named with the next command', async () => {
  const twin = await pathOf('quarantine', '_0-9_');
  await rig.reader.remove(await pathOf('bronze', '_0-9_'));
  for (const options of [{ dryRun: true }, {}, { reopen: true }]) {
    expect(await run(options)).toBe(1);
    expect(said.join('\n')).toContain(
      `changes/3: 0-9 should be in a file of bronze and one of quarantine; what is there holds 1 lines (${twin})`,
    );
    expect(said.join('\n')).toContain('npm run lake -- rebuild-ledger postgresql 3');
    expect(said.join('\n')).not.toContain('Nothing is missing');
  }
  said.length = 0;
  await status({ json: false, hub: false });
  expect([process.exitCode, said.join('\n')]).toEqual([1, expect.stringContaining(`the run of ${twin} is gone`)]);
});

test('a file that was deleted is missing, with the command that brings its events back', async () => {
  await rig.reader.remove(await pathOf('bronze', '_10-19_'));
  expect(await run()).toBe(1);
  expect(said).toContain(
    'changes/3: 10-19 are covered by the ledger, and in no file: somebody has taken it away. Next: undelete it (soft delete), or npm run lake -- repair --reopen',
  );
  expect(await run({ reopen: true })).toBeUndefined();
  expect(await run()).toBeUndefined();
});

test('where all ledgers are gone, each command says so, with the commands that make them anew', async () => {
  await rig.reader.remove((await rig.reader.paths('_system/ledger'))[0] ?? '');
  const next = 'npm run lake -- rebuild-ledger postgresql 3';
  expect(await run()).toBe(1);
  expect(said.join('\n')).toContain(next);
  for (const act of [() => status({ json: false, hub: false }), () => verify({ json: false, deep: false })]) {
    said.length = 0;
    process.exitCode = undefined;
    await act();
    expect([process.exitCode, said.join('\n')]).toEqual([1, expect.stringContaining(next)]);
  }
});

test('numbers that are in two files are seen at once, with both', async () => {
  const one = await pathOf('bronze', '_10-19_');
  const other = one.replace('_10-19_10', '_12-14_3');
  await rig.reader.write(other, 'whatever\n');
  expect(await run()).toBe(1);
  expect(said.join('\n')).toMatch(
    /changes\/3: 12-14 are in two files, and no optimise plan says why \(.*_10-19_.*, .*_12-14_.*\)/,
  );
  const lake = await rig.openLake();
  const troubles = await fileTroubles(lake, 'postgresql', () => readLedgers(lake), rig.now);
  expect(troubles).toEqual([expect.stringContaining(`12-14 are in two files, ${one} and ${other}`)]);
});
