import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { SpawnedWorker } from '../../local/host/spawn-worker';
import { byKey } from '../config/environment';
import { buildApp } from './bundle';
import { funcIgnore } from './func-ignore';

const root = resolve(__dirname, '../..');

const NOT_OURS = ['.git', 'node_modules', 'dist', 'coverage'];

test('exactly host.json, package.json and the bundle with its map and licences are published, and they suffice', async () => {
  await using app = await buildApp();
  const publishes = funcIgnore(await readFile(join(root, '.funcignore'), 'utf8'));
  const built = (await readdir(app.directory, { recursive: true })).filter((path) => /\.\w+$/.test(path));
  const published = built.filter((path) => publishes(path)).sort();
  expect(published).toEqual([
    'dist/functions.js',
    'dist/functions.js.LEGAL.txt',
    'dist/functions.js.map',
    'host.json',
    'package.json',
  ]);

  const directory = await mkdtemp(join(tmpdir(), 'published-app-'));
  for (const path of published) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await cp(join(app.directory, path), join(directory, path));
  }
  {
    await using worker = new SpawnedWorker({ script: app.workerScript, app: directory, env: byKey });
    const { functions } = await worker.load();
    expect(functions.map(({ name }) => name)).toEqual(['ingestPostgres', 'ingestMongo']);
    await worker.start();
  }
  await rm(directory, { recursive: true });
});

test('nothing else of this repository is published', async () => {
  const publishes = funcIgnore(await readFile(join(root, '.funcignore'), 'utf8'));
  const ours = (await readdir(root, { withFileTypes: true })).filter(({ name }) => !NOT_OURS.includes(name));
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
