import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The rules of .dependency-cruiser.cjs are shown to catch what they are there for. */

const root = path.resolve(__dirname, '../..');
let tree: string;

beforeAll(async () => {
  tree = await mkdtemp(path.join(tmpdir(), 'directions-'));
  for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json']) {
    await cp(path.join(root, file), path.join(tree, file));
  }
  await symlink(path.join(root, 'node_modules'), path.join(tree, 'node_modules'));
});

afterAll(() => rm(tree, { recursive: true }));

/** The names of the rules that files, given as path and imports, break. */
async function broken(files: Readonly<Record<string, readonly string[]>>): Promise<string[]> {
  for (const folder of ['src', 'local', 'test']) {
    await rm(path.join(tree, folder), { recursive: true, force: true });
    await mkdir(path.join(tree, folder));
  }
  for (const [file, imports] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(tree, file)), { recursive: true });
    const lines = imports.map((name, i) => `import * as m${i} from '${name}';\nexport const v${i} = m${i};\n`);
    await writeFile(path.join(tree, file), lines.join('') || 'export const nothing = 0;\n');
  }
  const cruiser = path.join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const report = await new Promise<string>((resolve) => {
    execFile(
      process.execPath,
      [cruiser, 'src', 'local', '--config', '.dependency-cruiser.cjs', '--output-type', 'json'],
      { cwd: tree, maxBuffer: 1 << 26 },
      (_, stdout) => resolve(stdout),
    );
  });
  const { summary } = JSON.parse(report) as { summary: { violations: { rule: { name: string } }[] } };
  return [...new Set(summary.violations.map(({ rule }) => rule.name))].sort();
}

test('what the rooms may do is allowed', async () => {
  const files = {
    'src/functions/a.ts': ['../lib/app', '@azure/functions'],
    'src/lib/app.ts': ['./lake/azure', './hub/facts', './ledger/rules'],
    'src/lib/lake/azure.ts': ['@azure/storage-blob', '@azure/storage-file-datalake', '../ledger/rules'],
    'src/lib/hub/facts.ts': ['@azure/event-hubs'],
    'src/lib/capture/postgresql/connect.ts': ['pg'],
    'src/lib/ledger/rules.ts': ['../decode/event'],
    'src/lib/decode/event.ts': [],
    'src/lib/observability/application-insights.ts': ['applicationinsights'],
    'src/page/page.ts': ['uplot', '../lib/status/status'],
    'src/lib/status/status.ts': [],
    'local/verdict/judge.ts': ['./read'],
    'local/verdict/read.ts': ['@azure/storage-file-datalake'],
    'local/demo/run.ts': ['../verdict/judge', '../../src/lib/app'],
  };
  expect(await broken(files)).toEqual([]);
});

test.each<[string, Record<string, string[]>]>([
  ['no-circles', { 'src/lib/a.ts': ['./b'], 'src/lib/b.ts': ['./a'] }],
  ['src-stands-alone', { 'src/lib/a.ts': ['../../local/b'], 'local/b.ts': [] }],
  ['src-stands-alone', { 'src/lib/a.ts': ['../../test/b'], 'test/b.ts': [] }],
  ['verdict-shares-nothing-with-src', { 'local/verdict/a.ts': ['../../src/lib/b'], 'src/lib/b.ts': [] }],
  [
    'verdict-shares-nothing-with-src',
    { 'local/verdict/a.ts': ['../b'], 'local/b.ts': ['../src/lib/c'], 'src/lib/c.ts': [] },
  ],
  ['lib-knows-no-function', { 'src/lib/a.ts': ['@azure/functions'] }],
  ['lib-knows-no-function', { 'src/lib/a.ts': ['../functions/b'], 'src/functions/b.ts': [] }],
  ['storage-sdks-live-in-lake', { 'src/lib/a.ts': ['@azure/storage-blob'] }],
  ['storage-sdks-live-in-lake', { 'src/functions/a.ts': ['@azure/storage-file-datalake'] }],
  ['event-hubs-sdk-lives-in-hub', { 'src/lib/lake/a.ts': ['@azure/event-hubs'] }],
  ['database-clients-live-in-capture', { 'src/lib/a.ts': ['pg'] }],
  ['database-clients-live-in-capture', { 'src/lib/lake/a.ts': ['mongodb'] }],
  ['verdict-shares-nothing-with-src', { 'local/shop/a.ts': ['../../src/lib/b'], 'src/lib/b.ts': [] }],
  ['telemetry-sdk-lives-in-observability', { 'src/lib/app/a.ts': ['applicationinsights'] }],
  ['page-runs-in-browsers', { 'src/page/a.ts': ['../lib/b'], 'src/lib/b.ts': [] }],
  ['page-runs-in-browsers', { 'src/page/a.ts': ['valibot'], 'src/lib/b.ts': [] }],
  ['nothing-imports-the-page', { 'src/lib/a.ts': ['../page/b'], 'src/page/b.ts': [] }],
  ['decode-and-ledger-know-no-sdk', { 'src/lib/decode/a.ts': ['@azure/identity'] }],
  ['decode-and-ledger-know-no-sdk', { 'src/lib/ledger/a.ts': ['../lake/b'], 'src/lib/lake/b.ts': [] }],
  ['decode-knows-no-ledger', { 'src/lib/decode/a.ts': ['../ledger/b'], 'src/lib/ledger/b.ts': [] }],
  ['no-dev-dependency-in-src', { 'src/lib/a.ts': ['fast-check'] }],
  ['declared', { 'src/lib/a.ts': ['a-package-that-nobody-declared'] }],
])('%s is caught: %j', async (rule, files) => {
  expect(await broken(files)).toContain(rule);
});
