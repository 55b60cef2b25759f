import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { Client } from 'pg';
import { debianVersion, type PostgresVersion } from '../../../local/postgres/binaries';
import { startPostgres } from '../../../local/postgres/postgres';

const versions: PostgresVersion[] = debianVersion() === null ? [18] : [18, 'debian'];

describe.each(versions)('PostgreSQL %s', (version) => {
  test('it starts as the version that was asked for, ready for logical decoding, in UTF-8, and on 127.0.0.1 alone', async () => {
    await using postgres = await startPostgres({ version });
    const facts = await query(
      postgres.connectionString,
      `select current_setting('server_version_num')::int / 10000 as version, current_setting('wal_level') as wal,
              current_setting('listen_addresses') as host, current_setting('unix_socket_directories') as sockets,
              current_setting('server_encoding') as encoding`,
    );
    const major = version === 'debian' ? debianVersion() : version;
    expect(facts).toEqual([{ version: major, wal: 'logical', host: '127.0.0.1', sockets: '', encoding: 'UTF8' }]);
  });

  test('it runs in a folder that only its owner may enter', async () => {
    const locked = await mkdtemp(path.join(tmpdir(), 'locked-'));
    await chmod(locked, 0o700);
    {
      await using postgres = await startPostgres({ version, folder: path.join(locked, 'data') });
      await query(postgres.connectionString, 'create table there (id int)');
    }
    await rm(locked, { recursive: true });
  });

  test('what was committed survives a restart and a crash, at the same port', async () => {
    await using postgres = await startPostgres({ version });
    await query(postgres.connectionString, 'create table kept (id int); insert into kept values (1)');
    await postgres.restart();
    await query(postgres.connectionString, 'insert into kept values (2)');
    await postgres.kill();
    await expect(query(postgres.connectionString, 'select 1')).rejects.toThrow('ECONNREFUSED');
    await postgres.restart();
    expect(await query(postgres.connectionString, 'select id from kept order by id')).toEqual([{ id: 1 }, { id: 2 }]);
  });
});

test('stopped, it refuses connections, its temporary folder is gone, and to stop it again does nothing', async () => {
  const postgres = await startPostgres();
  const folder = await dataFolder(postgres.connectionString);
  expect(existsSync(folder)).toBe(true);
  await postgres.stop();
  await postgres.stop();
  await expect(query(postgres.connectionString, 'select 1')).rejects.toThrow('ECONNREFUSED');
  expect(existsSync(path.dirname(folder))).toBe(false);
});

test('a folder that was given keeps the data for the next start', async () => {
  await using home = await temporaryFolder();
  {
    await using first = await startPostgres({ folder: home.path });
    await query(first.connectionString, 'create table kept as select 42 as answer');
  }
  await using second = await startPostgres({ folder: home.path });
  expect(await query(second.connectionString, 'select answer from kept')).toEqual([{ answer: 42 }]);
  expect(existsSync(path.join(home.path, 'password'))).toBe(false);
});

test('settings of its own go over those that every server has', async () => {
  await using postgres = await startPostgres({ settings: { max_replication_slots: 3, timezone: 'Asia/Kathmandu' } });
  const facts = await query(
    postgres.connectionString,
    `select current_setting('max_replication_slots') as slots, current_setting('timezone') as zone`,
  );
  expect(facts).toEqual([{ slots: '3', zone: 'Asia/Kathmandu' }]);
});

test('a port in use, or a setting that does not exist, is refused in the words of the server', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  await expect(startPostgres({ port })).rejects.toThrow('Address already in use');
  taken.close();
  await expect(startPostgres({ settings: { no_such_setting: 1 } })).rejects.toThrow('no_such_setting');
});

test('who started it is killed with -9: the server ends all the same, and its folder goes', async () => {
  await using home = await temporaryFolder();
  const script = path.join(home.path, 'child.js');
  const child = path.join(__dirname, 'orphan-child.ts');
  await build({ entryPoints: [child], bundle: true, platform: 'node', packages: 'external', outfile: script });
  const owner = fork(script, { silent: true, env: { ...process.env, NODE_PATH: path.resolve('node_modules') } });
  if (owner.stdout === null) throw new Error('no stdout');
  const [line] = (await once(createInterface({ input: owner.stdout }), 'line')) as [string];
  const { connectionString } = JSON.parse(line) as { connectionString: string };

  const client = new Client({ connectionString });
  client.on('error', () => undefined);
  const cutOff = new Promise<void>((resolve) => client.on('end', resolve));
  await client.connect();
  const folder = path.dirname(await dataFolder(connectionString));
  owner.kill('SIGKILL');
  await cutOff;
  while (existsSync(folder)) await new Promise(setImmediate);
});

async function query(connectionString: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function dataFolder(connectionString: string): Promise<string> {
  const [row] = await query(connectionString, `select current_setting('data_directory') as folder`);
  return (row as { folder: string }).folder;
}

async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'change-lake-test-'));
  return { path: folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
