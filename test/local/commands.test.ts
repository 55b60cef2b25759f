import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { LakeReader } from '../support/reader';

/** The commands of the README, as one types them. */

const root = path.resolve(__dirname, '../..');
const FREE = ['--blob-port', '0', '--queue-port', '0', '--table-port', '0'];

/** `npm run <script> -- <args>` in a process group of its own, as in a terminal of its own. */
function run(
  script: string,
  ...args: string[]
): ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream } {
  const child = spawn('npm', ['run', '--silent', script, '--', ...args], { cwd: root, detached: true, stdio: 'pipe' });
  return child;
}

async function exitCode(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

/** Ctrl-C reaches the whole group. */
async function interrupt(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  process.kill(-(child.pid ?? 0), 'SIGINT');
  await exit;
}

async function firstLine(child: ReturnType<typeof run>): Promise<string> {
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return line;
}

test('npm run local serves a lake until Ctrl-C, and keeps it in its folder', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'local-'));
  const start = async (...args: string[]): Promise<[ReturnType<typeof run>, LakeReader]> => {
    const child = run('local', ...FREE, '--folder', path.join(folder, 'state'), '--json', ...args);
    const { storage } = JSON.parse(await firstLine(child)) as { storage: string };
    return [child, new LakeReader(storage)];
  };
  const [first, lake] = await start();
  await lake.write('bronze/a/file', 'kept');
  await interrupt(first);
  await expect(lake.bytes('bronze/a/file')).rejects.toThrow(/ECONNREFUSED/);
  const [second, again] = await start();
  expect((await again.bytes('bronze/a/file')).toString()).toBe('kept');
  await interrupt(second);
  const [third, anew] = await start('--fresh');
  expect(await anew.paths('bronze')).toEqual([]);
  await interrupt(third);
  await rm(folder, { recursive: true });
}, 120_000);

test('npm run local says in one line what is ready where', async () => {
  const child = run('local', ...FREE, '--memory');
  expect(await firstLine(child)).toMatch(
    /^Ready: storage with the Data Lake API at http:\/\/127\.0\.0\.1:\d+\/devstoreaccount1/,
  );
  await interrupt(child);
});

test('npm run local names a port that is in use, and how to take another', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const child = run('local', '--blob-port', String(port), '--queue-port', '0', '--table-port', '0', '--memory');
  const [said, code] = await Promise.all([text(child.stderr), exitCode(child)]);
  taken.close();
  expect(code).toBe(1);
  expect(said).toContain(String(port));
  expect(said).toContain('--blob-port');
});

test('npm run build leaves the bundle that package.json names', async () => {
  const child = run('build');
  expect(await exitCode(child)).toBe(0);
  expect(existsSync(path.join(root, 'dist/functions.js'))).toBe(true);
});

test('npm run bench prints one JSON object with the ratio and the goal of each', async () => {
  const child = run('bench', '--only', 'encode,ingest', '--rounds', '1', '--json');
  const [printed, code] = await Promise.all([text(child.stdout), exitCode(child)]);
  expect(code).toBe(0);
  const results = JSON.parse(printed) as Record<string, { ratio: { median: number }; goal: number }>;
  expect(Object.entries(results).map(([name, { goal }]) => [name, goal])).toEqual([
    ['encode', 0.65],
    ['ingest', 0.8],
  ]);
  for (const { ratio } of Object.values(results)) expect(ratio.median).toBeGreaterThan(0);
}, 120_000);

test.each(['local', 'bench'])('npm run %s -- --help explains itself', async (script) => {
  const child = run(script, '--help');
  const [printed, code] = await Promise.all([text(child.stdout), exitCode(child)]);
  expect(code).toBe(0);
  expect(printed).toContain(`Usage: npm run ${script} --`);
});
