import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { compile } from '../../local/bicep/compile';
import { findCompiler } from '../../local/bicep/compiler';
import { LOCK, OUTPUTS, PLANS, readLock, readOutputs, readSources, TEMPLATE } from '../../local/bicep/files';
import { type Lock, lockOf, staleness } from '../../local/bicep/lock';
import { PLAN_NAMES } from './plan';

const root = resolve(__dirname, '../..');

async function lock(): Promise<Lock> {
  const found = await readLock(root);
  if (found === null) throw new Error(`there is no ${LOCK}: npm run infra`);
  return found;
}

test('the compiled template and the plans are those of the sources, compiler or not', async () => {
  expect(staleness(await lock(), await readSources(root), await readOutputs(root))).toEqual([]);
});

test('the compiler, where it has been fetched, gives the same, and has nothing to say', async () => {
  const program = await findCompiler(process.env);
  // Without it the test above holds: it needs no compiler. `npm run infra` fetches it.
  if (program === null) return;
  const { outputs, complaints } = await compile(program, await readSources(root));
  expect(complaints).toEqual([]);
  expect(Object.keys(outputs)).toEqual(OUTPUTS);
  const committed = await readOutputs(root);
  expect(OUTPUTS.filter((path) => outputs[path] !== committed[path])).toEqual([]);
}, 180_000);

test('what the compiler says is a complaint, a warning too', async () => {
  const program = await findCompiler(process.env);
  if (program === null) return;
  const sources = await readSources(root);
  const unused = `${sources['infra/modules/vault.bicep'] ?? ''}\nvar nobody = 1\n`;
  const { complaints } = await compile(program, { ...sources, 'infra/modules/vault.bicep': unused });
  expect(complaints.join('\n')).toContain('no-unused-vars');
}, 180_000);

describe('stale output is seen by its hash', () => {
  const sources = { 'infra/main.bicep': 'param a int\n', 'infra/modules/a.bicep': '' };
  const outputs = { [TEMPLATE]: '{}' };
  const before = lockOf(sources, outputs);

  test.each([
    ['nothing', sources, outputs, []],
    ['line ends', { ...sources, 'infra/main.bicep': 'param a int\r\n' }, outputs, []],
    [
      'a source',
      { ...sources, 'infra/main.bicep': '' },
      outputs,
      ['infra/main.bicep was changed since it was compiled'],
    ],
    ['a new source', { ...sources, 'x.bicep': '' }, outputs, ['x.bicep was added since it was compiled']],
    [
      'a source gone',
      { 'infra/main.bicep': 'param a int\n' },
      outputs,
      ['infra/modules/a.bicep was removed since it was compiled'],
    ],
    ['an output', sources, { [TEMPLATE]: '{ }' }, [`${TEMPLATE} was changed by something else than the compiler`]],
    ['an output gone', sources, {}, [`${TEMPLATE} was removed by something else than the compiler`]],
  ])('%s', (_what, nowSources, nowOutputs, found) => {
    expect(staleness(before, nowSources, nowOutputs)).toEqual(found);
  });

  test('another compiler', () => {
    expect(staleness({ ...before, compiler: '0.1.0' }, sources, outputs)).toEqual([
      `compiled by Bicep 0.1.0, not ${before.compiler}`,
    ]);
  });
});

test('every plan is judged by the policies', () => {
  expect(
    Object.values(PLANS)
      .map((path) => /(\w+)\.json$/.exec(path)?.[1])
      .sort(),
  ).toEqual([...PLAN_NAMES].sort());
});

test('every lint rule that the compiler would only warn of is an error', () => {
  const { analyzers } = JSON.parse(readFileSync(resolve(root, 'infra/bicepconfig.json'), 'utf8')) as {
    analyzers: { core: { enabled: boolean; rules: Record<string, { level: string }> } };
  };
  const levels = Object.entries(analyzers.core.rules).filter(([, { level }]) => level !== 'error');
  // Both depend on the day on which they run: a build must not.
  expect(levels.map(([name]) => name)).toEqual(['use-recent-api-versions', 'use-recent-module-versions']);
});

test('azd finds the template, and deploys what npm run package stages', () => {
  const text = (path: string): string => readFileSync(resolve(root, path), 'utf8');
  const { infra, services } = parse(text('azure.yaml')) as Record<string, unknown>;
  expect(infra).toEqual({ provider: 'bicep', path: 'infra', module: 'main' });
  const app = { project: 'infra/app', dist: '.package', language: 'js', host: 'function', remoteBuild: false };
  expect(services).toEqual({ app });

  const { scripts, dependencies } = JSON.parse(text('infra/app/package.json')) as Record<
    string,
    Record<string, string>
  >;
  expect(dependencies).toBeUndefined();
  expect(scripts?.['build']).toContain(`run package -- --out ${app.project}/${app.dist}`);
  // azd reads it as git would, and would leave dist/functions.js out.
  expect(existsSync(resolve(root, app.project, '.funcignore'))).toBe(false);
});
