import { execFile } from 'node:child_process';
import { chmod, chown, copyFile, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { startPostgres, type LocalPostgres } from '../../../local/postgres/postgres';
import { freePort } from '../../../local/postgres/free-port';
import { connect } from '../../../src/lib/capture/postgresql/connect';
import { type PostgresDatabase } from '../../../src/lib/capture/postgresql/database';
import { sourceFailure } from '../../../src/lib/capture/postgresql/failure';
import { Secret } from '../../../src/lib/config/secret';

/** Each kind of failure says its own remedy. */

const PASSWORD = 'Canary-4711';

const at = (url: string): PostgresDatabase => ({
  ...{ name: 'shop', connectionString: new Secret(url), setting: 'SHOP_DATABASE' },
  ...{ publication: 'change_lake', slot: 'change_lake_shop', create: true, tables: null, snapshot: 'never' },
});

/** The whole message's end: the advice, which stands there once. */
function adviceIn(message: string): string {
  const parts = message.split('Event Hubs has accepted. ');
  expect(parts).toHaveLength(2);
  expect(message).not.toContain(PASSWORD);
  return parts[1] ?? '';
}

const coded = (code: string, message = 'words'): Error => Object.assign(new Error(message), { code });

test.each<[string, unknown, string]>([
  ['a name that is not known', coded('ENOTFOUND'), 'Check the host in SHOP_DATABASE, and the DNS of this network'],
  ['no route', coded('EHOSTUNREACH'), 'There was no answer: check firewalls and routes'],
  ['no answer in time', new Error('timeout expired'), 'There was no answer: check firewalls and routes'],
  [
    'each address refused',
    new AggregateError([coded('ETIMEDOUT'), coded('ECONNREFUSED')]),
    'Check that the server runs',
  ],
  ['no socket', coded('ENOENT', 'connect ENOENT /tmp/.s.PGSQL.5432'), 'Check that the server runs'],
  ['a cut', new Error('Connection terminated unexpectedly'), 'The connection broke'],
  ['another cut', coded('ECONNRESET'), 'The connection broke'],
  [
    'a foreign authority',
    coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE'),
    "The server's certificate is of an authority that is not known",
  ],
  ['an expired certificate', coded('CERT_HAS_EXPIRED'), "Renew the server's certificate"],
  ['no common TLS', coded('ERR_SSL_UNSUPPORTED_PROTOCOL'), 'Server and app agree on no TLS'],
  ['a dropped database', coded('57P04'), 'The database was dropped'],
  ['no slot free', coded('53400'), 'Raise max_replication_slots'],
  [
    'a starting server',
    coded('57P03', 'the database system is starting up'),
    'The server is starting, ending or recovering',
  ],
  ['an ending server', coded('57P01'), 'The server is starting, ending or recovering'],
  ['what only the server knows', coded('XX000'), "See the server's log of that time."],
  [
    'what nobody foresaw',
    new Error('odd'),
    'Check that the server runs and can be reached from here, at the address in SHOP_DATABASE.',
  ],
])('%s', (_name, error, advice) => {
  const failure = sourceFailure(at('postgres://h'), 'connect', error);
  expect(failure).toMatchObject({ code: 'SOURCE_FAILED', retryable: true });
  expect(adviceIn(failure.message).startsWith(advice)).toBe(true);
});

describe('with a real server', () => {
  let server: LocalPostgres;
  let folder: string;
  let data: string;

  beforeAll(async () => {
    server = await startPostgres();
    folder = await mkdtemp(path.join(tmpdir(), 'certificates-'));
    await run(`create role plain login password '${PASSWORD}'`);
    await run(`create role reader login replication password '${PASSWORD}'`);
    await run(`create role locked nologin password '${PASSWORD}'`);
    await run(`create role crowded login replication password '${PASSWORD}' connection limit 0`);
    data = ((await run('show data_directory')) as { data_directory: string }[])[0]?.data_directory ?? '';
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  async function run(sql: string): Promise<unknown> {
    const client = new Client({ connectionString: server.connectionString });
    await client.connect();
    const { rows } = await client.query<object>(sql);
    await client.end();
    return rows;
  }

  const url = (user: string, rest = '/postgres', password = PASSWORD, host = '127.0.0.1', port = server.port): string =>
    `postgres://${user}:${password}@${host}:${port}${rest}`;

  async function advised(address: string, kind: 'query' | 'replication' = 'replication'): Promise<string> {
    const failure = await connect(at(address), kind).then(
      () => 'connected',
      (error: unknown) => (error as Error).message,
    );
    return adviceIn(failure);
  }

  test('each refusal has its advice', async () => {
    const found = {
      refused: await advised(url('reader', '/postgres', PASSWORD, '127.0.0.1', await freePort('127.0.0.1'))),
      password: await advised(url('reader', '/postgres', 'wrong')),
      login: await advised(url('locked')),
      database: await advised(url('reader', '/missing')),
      crowded: await advised(url('crowded'), 'query'),
      privilege: await advised(url('plain')),
      noTls: await advised(url('reader', '/postgres?sslmode=verify-full')),
      noPassword: await advised(`postgres://reader@127.0.0.1:${server.port}/postgres`),
      noFile: await advised(url('reader', `/postgres?sslmode=verify-full&sslrootcert=${folder}/none`)),
      noAddress: await advised(url('reader', '/postgres', 'a%ffb')),
      noPort: await advised(`postgres://reader:${PASSWORD}@127.0.0.1:99999/postgres`),
    };
    expect(found).toEqual({
      refused:
        'Check that the server runs, that its listen_addresses allow this network, and the host and port in SHOP_DATABASE.',
      password: 'Correct the user and the password in SHOP_DATABASE.',
      login: expect.stringContaining('and give it LOGIN.') as string,
      database: "Correct the database's name in SHOP_DATABASE.",
      crowded: 'Raise max_connections and max_wal_senders, or end connections that are not needed.',
      privilege: 'The user in SHOP_DATABASE needs LOGIN REPLICATION, and SELECT on the tables for a snapshot.',
      noTls:
        'Set ssl = on at the server, or, where nobody else can read the network, sslmode=disable in SHOP_DATABASE.',
      noPassword: 'Add the password to the address in SHOP_DATABASE.',
      noFile:
        'Correct the files that sslrootcert, sslcert and sslkey name in SHOP_DATABASE: they must be there for this app to read.',
      noAddress: 'Correct the address in SHOP_DATABASE: a % must be written as %25.',
      noPort: 'Correct the address in SHOP_DATABASE.',
    });
  });

  test('a server with a certificate of its own, and one that demands TLS', async () => {
    const certificate = path.join(folder, 'server.crt');
    const names = ['-subj', '/CN=db.example.com', '-addext', 'subjectAltName=DNS:db.example.com'];
    const files = ['-keyout', path.join(folder, 'server.key'), '-out', certificate];
    await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...names, ...files]);
    const { uid, gid } = await stat(data);
    for (const name of ['server.crt', 'server.key']) {
      await copyFile(path.join(folder, name), path.join(data, name));
      await chmod(path.join(data, name), 0o600);
      await chown(path.join(data, name), uid, gid);
    }
    await run('alter system set ssl = on');
    await server.restart();
    const [selfSigned, otherHost] = [
      await advised(url('reader', '/postgres?sslmode=verify-full')),
      await advised(url('reader', `/postgres?sslmode=verify-full&sslrootcert=${certificate}`)),
    ];
    expect(selfSigned).toBe(
      "The server's certificate is of an authority that is not known here: name its file with sslrootcert in SHOP_DATABASE.",
    );
    expect(otherHost).toMatch(/^The server's certificate is of another host: use a host in SHOP_DATABASE/);
    await writeFile(path.join(data, 'pg_hba.conf'), 'hostssl all all 127.0.0.1/32 scram-sha-256\n');
    await server.restart();
    expect(await advised(url('reader'))).toBe(
      'Let pg_hba.conf allow the user in SHOP_DATABASE from this network, with a line of its own for replication, and give it LOGIN. ' +
        'Where its lines are for connections with TLS alone, add sslmode=verify-full to the address.',
    );
  });
});
