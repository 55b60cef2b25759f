import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { EventHubProducerClient } from '@azure/event-hubs';
import { Client } from 'pg';
import { LakeReader } from '../support/reader';

/** The commands of the README, as one types them. */

const root = path.resolve(__dirname, '../..');
const FREE = ['--free-ports'];

/** `npm run <script> -- <args>` in a process group of its own, as in a terminal of its own. */
function run(script: string, ...args: string[]): Command {
  return runWith({}, script, ...args);
}

function runWith(settings: NodeJS.ProcessEnv, script: string, ...args: string[]): Command {
  const env = { ...process.env, ...settings };
  return spawn('npm', ['run', '--silent', script, '--', ...args], { cwd: root, env, detached: true, stdio: 'pipe' });
}

type Command = ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream };

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
    /^Ready: Event Hubs at amqp:\/\/127\.0\.0\.1:\d+ .*storage with the Data Lake API at http:\/\/127\.0\.0\.1:\d+\/devstoreaccount1/,
  );
  await interrupt(child);
});

test('npm run local makes the hubs that the settings name, and those of --hub', async () => {
  const child = run(
    'local',
    ...FREE,
    '--memory',
    '--json',
    '--hub',
    'smoke-postgresql-changes',
    'smoke-mongodb-changes',
  );
  const { health } = JSON.parse(await firstLine(child)) as { health: string };
  const hubs = (await (await fetch(health.replace('/health', '/hubs'))).json()) as { name: string }[];
  expect(hubs.map(({ name }) => name).sort()).toEqual([
    'mongodb-changes',
    'postgresql-changes',
    'smoke-mongodb-changes',
    'smoke-postgresql-changes',
  ]);
  await interrupt(child);
});

test.each([
  ['local', '--blob-port'],
  ['local', '--amqp-port'],
  ['local', '--health-port'],
  ['local', '--postgres-port'],
  ['local', '--mongodb-port'],
  ['start', '--http-port'],
])('npm run %s names a port that is in use, and the option that changes it: %s', async (script, option) => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const others = [
    ...['--blob-port', '--queue-port', '--table-port', '--amqp-port', '--health-port'],
    ...['--postgres-port', '--mongodb-port'],
  ];
  const free = others.filter((other) => other !== option).flatMap((other) => [other, '0']);
  const child = run(script, ...free, option, String(port), '--memory');
  const [said, code] = await Promise.all([text(child.stderr), exitCode(child)]);
  taken.close();
  expect(code).toBe(1);
  expect(said).toContain(String(port));
  expect(said).toContain(`${option} <port>`);
});

test('npm start runs the functions on the platform: what is sent to a hub lands in the lake', async () => {
  const child = run('start', '--free-ports', '--memory', '--json');
  const ready = JSON.parse(await firstLine(child)) as Record<'storage' | 'eventHubs' | 'health' | 'postgres', string>;
  expect((await fetch(ready.health)).status).toBe(200);
  const producer = new EventHubProducerClient(ready.eventHubs, 'mongodb-changes');
  const body = '{"operationType":"insert","big":9007199254740993}';
  await producer.sendBatch([{ body: Buffer.from(body) }]);
  await producer.close();
  const lake = new LakeReader(ready.storage);
  const landed = async (count: number): Promise<string[]> => {
    const until = performance.now() + 100_000;
    for (;;) {
      const lines = (await lake.visible()).length === 0 ? [] : (await lake.lines()).map(({ raw }) => raw);
      if (lines.length >= count || performance.now() > until) return lines;
      await sleep(200);
    }
  };
  // Beside it may be the stand-in's own first documents.
  expect((await landed(1)).some((raw) => raw.endsWith(`"payload":${body}}`))).toBe(true);
  // Whatever is committed in the platform's PostgreSQL is captured within the next run of the function.
  const sql = new Client({ connectionString: ready.postgres });
  await sql.connect();
  await sql.query('create table orders (id bigint primary key); insert into orders values (9007199254740993)');
  await sql.end();
  expect((await landed(2)).join('\n')).toContain('"after":{"id":9007199254740993}');
  await interrupt(child);
  await expect(fetch(ready.health)).rejects.toThrow();
}, 240_000);

test('npm run demo proves that each event is in the lake once, and the tables with it, and says so to people and to machines', async () => {
  const child = run('demo', '--changes', '600', '--json');
  const [printed, said, code] = await Promise.all([text(child.stdout), text(child.stderr), exitCode(child)]);
  expect(code).toBe(0);
  const report = JSON.parse(printed.trim().split('\n').at(-1) ?? '') as Record<
    'sent' | 'landed' | 'quarantined',
    number
  > & {
    readonly tables: readonly { name: string; rows: number; rebuilt: number; different: number }[];
  };
  expect(report).toMatchObject({ ok: true, duplicates: 0, missing: 0, altered: 0 });
  // Changes, and the rows that were there before.
  expect(report.sent).toBeGreaterThan(600 + 1_000);
  expect(report.landed + report.quarantined).toBe(report.sent);
  expect(report.tables.length).toBeGreaterThanOrEqual(8);
  for (const { rows, rebuilt, different } of report.tables) expect([rebuilt, different]).toEqual([rows, 0]);
  expect(said).toMatch(/Each of the \d+ tables of 2 servers, rebuilt from the lake, is the table in the database\./);
  expect(said).toContain('is in the lake exactly once, unaltered');
  expect(said).toMatch(/bronze\/[\s\S]*postgresql\/\d{4}/);
}, 180_000);

test('npm start with a wrong setting ends, and its last lines name the setting', async () => {
  const wrong = { MAINTENANCE_DAILY_SCHEDULE: 'at noon' };
  const child = runWith(wrong, 'start', '--free-ports', '--memory', '--no-databases');
  const [said, code] = await Promise.all([text(child.stderr), exitCode(child)]);
  expect(code).toBe(1);
  expect(said).toContain('Error: - MAINTENANCE_DAILY_SCHEDULE: found "at noon"');
  expect(said.trim().split('\n').at(-1)).toContain('The app did not start');
}, 120_000);

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

test.each([
  ['local', 'npm run local --'],
  ['start', 'npm start --'],
  ['demo', 'npm run demo --'],
  ['smoke', 'npm run smoke --'],
  ['capture', 'npm run capture --'],
  ['lake', 'npm run lake --'],
  ['bench', 'npm run bench --'],
])('npm run %s -- --help explains itself', async (script, usage) => {
  const child = run(script, '--help');
  const [printed, code] = await Promise.all([text(child.stdout), exitCode(child)]);
  expect(code).toBe(0);
  expect(printed).toContain(`Usage: ${usage}`);
});
