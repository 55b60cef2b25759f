import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';

const root = resolve(__dirname, '../..');

interface Step {
  readonly uses?: string;
  readonly run?: string;
}
interface Job {
  readonly steps: readonly Step[];
  readonly needs?: readonly string[];
  readonly permissions?: Readonly<Record<string, string>>;
  readonly if?: string;
  readonly 'timeout-minutes': number;
}
interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

/** What a reviewer would object to in a workflow, a line each. */
function faultsOf(text: string, scripts: ReadonlySet<string>): string[] {
  const faults: string[] = [];
  const { jobs, permissions } = parse(text) as Workflow;
  if (JSON.stringify(permissions) !== '{"contents":"read"}') faults.push('the workflow may more than read');
  for (const [, uses = ''] of text.matchAll(/^\s*- uses: (.*)$/gm)) {
    if (!/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(uses))
      faults.push(`${uses}: not pinned to a commit with its version`);
  }
  for (const [name, job] of Object.entries(jobs)) {
    const { steps, permissions: own = {} } = job;
    for (const [right, grant] of Object.entries(own)) {
      if (grant === 'write' && !(name === 'publish' && right === 'id-token'))
        faults.push(`${name}: may write ${right}`);
    }
    if (!Number.isInteger(job['timeout-minutes'])) faults.push(`${name}: no time-out`);
    for (const { run = '' } of steps) {
      for (const [, script = ''] of run.matchAll(/npm run ([\w:-]+)/g))
        if (!scripts.has(script)) faults.push(`npm run ${script}: no such script`);
      // What comes from outside must arrive as an environment variable, never as part of the script.
      if (/\$\{\{/.test(run)) faults.push(`${name}: an expression inside a script`);
    }
  }
  if (/secrets\./.test(text)) faults.push('a secret is used');
  return faults;
}

const workflow = (): Promise<string> => readFile(join(root, '.github/workflows/ci.yml'), 'utf8');

async function scripts(): Promise<ReadonlySet<string>> {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  return new Set(Object.keys(manifest.scripts));
}

test('the workflow is pinned, may only read, and publishes what passed every check', async () => {
  const text = await workflow();
  expect(faultsOf(text, await scripts())).toEqual([]);
  const { jobs } = parse(text) as Workflow;
  expect(jobs['publish']?.needs).toEqual(['check', 'package', 'infra']);
  expect(jobs['publish']?.if).toContain('inputs.publish');
  expect(jobs['publish']?.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
  const runs = (name: string): string => (jobs[name]?.steps ?? []).map(({ run }) => run ?? '').join('\n');
  expect(runs('check')).toContain('bash .ci/run');
  expect(await readFile(join(root, '.ci/run'), 'utf8')).toContain('npm run check');
  expect(runs('package')).toContain('npm run package');
  expect(runs('infra')).toContain('npm run infra');
});

test.each<[string, (text: string) => string, RegExp]>([
  ['a tag instead of a commit', (text) => text.replace(/@[0-9a-f]{40}/, '@v4'), /not pinned/],
  ['a commit without its version', (text) => text.replace(/ # v4\.2\.2/, ''), /not pinned/],
  [
    'a right to write',
    (text) => text.replace('contents: read\n\nconcurrency', 'contents: write\n\nconcurrency'),
    /may more than read/,
  ],
  [
    'a job that may write',
    (text) => text.replace('      contents: read\n      #', '      contents: write\n      #'),
    /publish: may write contents/,
  ],
  ['a script that does not exist', (text) => text.replace('npm run package', 'npm run parcel'), /no such script/],
  ['an expression in a script', (text) => text.replace('cd package', 'cd ${{ github.ref }}'), /inside a script/],
  ['a secret', (text) => text.replace('vars.AZURE_CLIENT_ID', 'secrets.AZURE_CLIENT_ID'), /a secret is used/],
  ['a job that may hang', (text) => text.replace('    timeout-minutes: 60\n', ''), /check: no time-out/],
])('%s is told', async (_, spoil, fault) => {
  const text = await workflow();
  const spoilt = spoil(text);
  expect(spoilt).not.toBe(text);
  expect(faultsOf(spoilt, await scripts()).join('\n')).toMatch(fault);
});
