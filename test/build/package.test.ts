import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { funcIgnore } from '../../local/package/func-ignore';
import { isPermitted } from '../../local/package/licences';
import { lacking, straysIn } from '../../local/package/strays';
import { buildApp, type BuiltApp } from './bundle';

const root = resolve(__dirname, '../..');
const FUNCTIONS = 'dist/functions.js';
const PUBLISHED = [
  FUNCTIONS,
  `${FUNCTIONS}.LEGAL.txt`,
  `${FUNCTIONS}.LICENSES.txt`,
  'dist/status.html',
  'dist/telemetry.js',
  'dist/telemetry.js.LICENSES.txt',
  'host.json',
  'package.json',
];

let app: BuiltApp;

beforeAll(async () => {
  app = await buildApp();
  await cp(join(root, '.funcignore'), join(app.directory, '.funcignore'));
});
afterAll(() => app[Symbol.asyncDispose]());

interface Packaged {
  readonly ok: boolean;
  readonly files: readonly { path: string; bytes: number }[];
  readonly bytes: number;
  readonly functions: readonly string[];
  readonly packages: readonly { name: string; licence: string }[];
  readonly problems: readonly string[];
}

/** Runs the built command over the built app; its own packages come from the project. */
async function packaged(...args: string[]): Promise<Packaged & { code: number }> {
  const env = { PATH: process.env['PATH'], NODE_PATH: join(root, 'node_modules') };
  return await new Promise((done, failed) => {
    execFile(
      process.execPath,
      [join(app.directory, 'dist/package.js'), '--json', ...args],
      { env },
      (error, out, err) => {
        if (out === '') failed(new Error(err));
        else done({ ...(JSON.parse(out) as Packaged), code: Number(error?.code ?? 0) });
      },
    );
  });
}

test('what is published is few files, and every function registers from them alone in an empty folder', async () => {
  const { files, bytes, functions, packages, ...rest } = await packaged();
  expect(rest).toEqual({ ok: true, problems: [], code: 0 });
  expect(files.map(({ path }) => path)).toEqual(PUBLISHED);
  expect(files.reduce((sum, file) => sum + file.bytes, 0)).toBe(bytes);
  const registrations = await readFile(join(root, 'src/functions/index.ts'), 'utf8');
  const modules = [...registrations.matchAll(/import '\.\/(\w+)'/g)]
    .map(([, name]) => name)
    .filter((name) => name !== 'start');
  expect([...functions].sort()).toEqual(modules.sort());
  expect(packages.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['@azure/functions', '@azure/identity', 'date-fns']),
  );
  const staged = (await readdir(join(app.directory, '.package'), { recursive: true })).filter((path) =>
    path.includes('.'),
  );
  expect(staged.sort()).toEqual(PUBLISHED);
});

test('the licence of every package in the bundle goes with it', async () => {
  const { packages } = await packaged();
  const lists = ['functions.js', 'telemetry.js'].map((file) => join(app.directory, 'dist', `${file}.LICENSES.txt`));
  const text = (await Promise.all(lists.map((list) => readFile(list, 'utf8')))).join('\n');
  for (const { name, licence } of packages) expect(text).toMatch(new RegExp(`^${name} \\S+: ${licence}$`, 'm'));
  expect(text).toContain('Permission is hereby granted, free of charge');
});

describe('what is not fit to be published is refused', () => {
  test('a file that should stay home', async () => {
    const ignore = await readFile(join(root, '.funcignore'), 'utf8');
    await writeFile(join(app.directory, '.funcignore'), `${ignore}!.env\n!infra\n!dist/maps/functions.js.map\n`);
    await writeFile(join(app.directory, '.env'), 'A=B\n');
    await mkdir(join(app.directory, 'infra'));
    await writeFile(join(app.directory, 'infra/main.bicep'), '\n');
    const refused = await packaged();
    expect(refused).toMatchObject({ ok: false, code: 1 });
    expect(refused.problems).toEqual([
      '.env: settings of this machine',
      'dist/maps/functions.js.map: a source map: --maps lets it in',
      'infra/main.bicep: no part of the app',
    ]);
    expect((await packaged('--maps')).problems).toEqual([
      '.env: settings of this machine',
      'infra/main.bicep: no part of the app',
    ]);
    await writeFile(join(app.directory, '.funcignore'), ignore);
  });

  test('a bundle that does not load', async () => {
    const bundle = join(app.directory, FUNCTIONS);
    const whole = await readFile(bundle);
    await writeFile(bundle, "require('a-package-that-is-not-there');\n");
    const refused = await packaged();
    expect(refused).toMatchObject({ ok: false, code: 1, functions: [] });
    expect(refused.problems.join()).toMatch(
      /^the functions do not register from it alone: .*a-package-that-is-not-there/s,
    );
    await writeFile(bundle, whole);
  });

  test('a file that is missing', async () => {
    await rm(join(app.directory, 'host.json'));
    expect((await packaged()).problems).toContain('host.json is missing');
    await cp(join(root, 'host.json'), join(app.directory, 'host.json'));
  });
});

test.each([
  'node_modules/a/index.js',
  'src/functions/index.ts',
  'src/a.js',
  'test/a.json',
  'docs/a.md',
  '.env.local',
  'local.settings.json',
  'cert.pem',
  'package-lock.json',
  '.github/workflows/ci.yml',
  'npm-debug.log',
])('%s stays home', (path) => {
  expect(straysIn([{ path, bytes: 1 }], true)).toHaveLength(1);
});

test('what the app cannot do without is missed', () => {
  expect(lacking([{ path: 'host.json', bytes: 1 }])).toHaveLength(6);
});

test.each([
  ['MIT', true],
  ['(MIT OR GPL-3.0)', true],
  ['MIT AND BSD-3-Clause', true],
  ['(MIT AND GPL-3.0)', false],
  ['AGPL-3.0', false],
  ['not told', false],
])('licence %s may be passed on: %s', (licence, may) => {
  expect(isPermitted(licence)).toBe(may);
});

test('nothing else of this repository is published', async () => {
  const publishes = funcIgnore(await readFile(join(root, '.funcignore'), 'utf8'));
  const away = ['.git', 'node_modules', 'dist', 'coverage', '.package'];
  const ours = (await readdir(root, { withFileTypes: true })).filter(({ name }) => !away.includes(name));
  const listings = ours.map(async (entry) => {
    if (!entry.isDirectory()) return [entry.name];
    return (await readdir(join(root, entry.name), { recursive: true })).map((path) => join(entry.name, path));
  });
  const files = (await Promise.all(listings)).flat();
  expect(files.filter(publishes).sort()).toEqual(['host.json', 'package.json']);
  for (const path of [
    'node_modules/a/index.js',
    '.env',
    'local.settings.json',
    'dist/bench.js',
    'src/functions/a.ts',
  ]) {
    expect([path, publishes(path)]).toEqual([path, false]);
  }
});

test.each<[string, string, boolean]>([
  ['*.ts', 'index.ts', false],
  ['*.ts', 'src/index.ts', true],
  ['test', 'test-data/a.json', false],
  ['test', 'src/test/a.json', true],
  ['src/**/*.ts', 'src/a/b.ts', false],
  ['node_modules\n!node_modules/a', 'node_modules/a/index.js', true],
  ['# test\n', 'test/a.json', true],
  ['', '.git/config', false],
])('as the core tools read it, %j with %s', (content, path, published) => {
  expect(funcIgnore(content)(path)).toBe(published);
});
