import { doctor } from '../../src/cli/lake/doctor';
import { Rig } from '../doctor/rig';

/** `npm run lake -- doctor`, run where the app lies. */

const KEY = 'Q0FOQVJZQ0FOQVJZQ0FOQVJZQ0FOQVJZ';
const former = { ...process.env };
let rig: Rig;
let out: string[];

beforeAll(async () => (rig = await Rig.start()));
afterAll(() => rig[Symbol.asyncDispose]());
beforeEach(async () => {
  await rig.reset();
  process.env = { ...former, ...rig.env };
  process.exitCode = undefined;
  out = [];
  jest.spyOn(console, 'log').mockImplementation((line: string) => void out.push(line));
});
afterEach(() => {
  process.env = former;
  process.exitCode = undefined;
  jest.restoreAllMocks();
});

test('one line for each check, and a summary; all is well but for a warning', async () => {
  await doctor({ json: false });
  expect(process.exitCode).toBeUndefined();
  expect(out[0]).toBe('ok    settings: each is given and fits the others');
  expect(out).toContain(
    'skip  send-mongodb: sending to mongodb-changes (nothing is captured here: the app does not send to mongodb-changes)',
  );
  const warned = out.findIndex((line) => line.startsWith('warn  lake-hierarchy'));
  expect(out.slice(warned + 1, warned + 3)).toEqual([
    '        found: an emulator on this machine says that it has none',
    '        fix:   Nothing to do here; an account in Azure needs one.',
  ]);
  expect(out.some((line) => line.startsWith('ok    host-json: batches of 127 to 128 events'))).toBe(true);
  expect(out.at(-1)).toMatch(/^\d+ ok, [12] warnings, 0 failed, 3 skipped\.$/);
}, 30_000);

test('in JSON, with what failed and no secret; the exit status says so', async () => {
  const storage = rig.lake.connectionString.replace(/AccountKey=[^;]+/, `AccountKey=${KEY}`);
  process.env['STORAGE_CONNECTION_STRING'] = storage;
  await doctor({ json: true });
  expect(process.exitCode).toBe(2);
  expect(out).toHaveLength(1);
  const report = JSON.parse(out.join('')) as { ok: boolean; checks: { id: string; outcome: string }[] };
  expect(report.ok).toBe(false);
  expect(report.checks.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id)).toEqual(['lake-credentials']);
  expect(Object.keys(report.checks[0] ?? {})).toEqual(['id', 'title', 'outcome', 'found', 'fix']);
  expect(out.join('')).not.toContain(KEY);
}, 30_000);

test('without settings it says which are missing', async () => {
  delete process.env['STORAGE_CONNECTION_STRING'];
  await doctor({ json: false });
  expect(process.exitCode).toBe(2);
  expect(out.join('\n')).toContain('FAIL  settings');
  expect(out.join('\n')).toContain('STORAGE_CONNECTION_STRING: Give a connection string, or use an identity');
}, 30_000);
