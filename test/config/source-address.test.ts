import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MongoClient } from 'mongodb';
import { Client } from 'pg';
import { checkConfig } from '../../src/lib/config/read';
import { mongoAddressFault, postgresAddressFault } from '../../src/lib/config/source-address';
import { byKey, CANARY } from './environment';

/** An address that its client cannot use is a fault of the setting that holds it. */

const secret = encodeURIComponent(`${CANARY}/:@ %`);

const ESCAPE = 'Write % as %25';

test.each<[string, string, string]>([
  [`postgres://u:${CANARY}%@h/db`, 'a "%" that begins no escape', ESCAPE],
  [`postgres://u:${CANARY}%zz@h/db`, 'a "%" that begins no escape', ESCAPE],
  [`postgres://u:${CANARY}%ff@h/db`, 'an escape that is not UTF-8', ESCAPE],
  [`postgres://u:${CANARY} x@h/db`, 'white space', ESCAPE],
  [`postgres://u:${CANARY}#x@h/db`, 'a "#"', ESCAPE],
  [`postgres://u:12/${CANARY}@h/db`, 'a "/" or "?" before the host', ESCAPE],
  [`postgres://u:12?${CANARY}@h/db`, 'a "/" or "?" before the host', ESCAPE],
  [`postgres://u:${CANARY}@x@h/db`, 'a second "@"', ESCAPE],
  [`postgres://u:${CANARY}@h:99999/db`, 'a port that is not a number from 1 to 65535', 'Correct it'],
  [`postgres://u:${CANARY}@h:x/db`, 'a port that is not a number from 1 to 65535', 'Correct it'],
  [`postgres://u:${CANARY}@h/db?port=x`, 'a port that is not a number from 1 to 65535', 'Correct it'],
  [`postgres://u:${CANARY}@a:1,b:2/db`, 'more than one host', 'Name one: the primary'],
  [`postgres://u:${CANARY}@/db`, 'no host', 'Add it'],
  [`postgres://u:${CANARY}@h/db?sslmode=on`, 'an sslmode that is not known', 'Set it to one of disable'],
  [`postgres://h/db?sslmode=verify-ca&uselibpqcompat=true`, 'sslmode=verify-ca without an sslrootcert', 'Add the file'],
  [`postgres://h/db?sslrootcert=/none/ca.pem`, 'a file for sslrootcert that is not there', 'Correct its path'],
  [`mongodb://u:${CANARY}%@h/`, 'a "%" that begins no escape', ESCAPE],
  [`mongodb://u:${CANARY}:x@h/`, 'a second ":" before the host', ESCAPE],
  [`mongodb://u:${CANARY}/x@h/`, 'a "/" or "?" before the host', ESCAPE],
  [`mongodb://u:${CANARY}@a,/`, 'no host', 'Add it'],
  [`mongodb://u:${CANARY}@a:0/`, 'a port that is not a number from 1 to 65535', 'Correct it'],
  [`mongodb+srv://u:${CANARY}@a:27017/`, 'a port after mongodb+srv://', 'Remove it'],
  [`mongodb+srv://u:${CANARY}@a,b/`, 'more than one host after mongodb+srv://', 'Name one'],
  [`mongodb://h/?tlsCAFile=/none/ca.pem`, 'a file for tlsCAFile that is not there', 'Correct its path'],
])('%s is a fault of its setting', (address, found, action) => {
  const list = '[{"name":"a","connection":"SHOP_DATABASE"},{"name":"b","connection":"SHOP_DATABASE"}]';
  const setting = address.startsWith('postgres') ? 'CAPTURE_POSTGRES' : 'CAPTURE_MONGODB';
  const { faults } = checkConfig({ ...byKey, [setting]: list, SHOP_DATABASE: address });
  expect(faults).toHaveLength(1);
  const [fault] = faults;
  expect(fault).toMatchObject({ setting: 'SHOP_DATABASE' });
  expect(fault?.found.startsWith(found)).toBe(true);
  expect(fault?.action.startsWith(action)).toBe(true);
  expect(JSON.stringify(faults)).not.toContain(CANARY);
});

test.each([
  [`postgres://u:${secret}@db.example.com/shop`, 'db.example.com', 5432, 'shop'],
  [`postgresql://u:${secret}@127.0.0.1:15432/my%20shop?sslmode=verify-full`, '127.0.0.1', 15432, 'my shop'],
  [`postgres://u:${secret}@[::1]:1/shop?application_name=a@b`, '::1', 1, 'shop'],
  [`postgres://u:${secret}@/shop?host=/run/postgresql`, '/run/postgresql', 5432, 'shop'],
])('%s is what the client reads in it', (address, host, port, database) => {
  expect(postgresAddressFault(address)).toBeNull();
  const client = new Client({ connectionString: address });
  expect(client).toMatchObject({ host, port, database, user: 'u', password: `${CANARY}/:@ %` });
});

test.each([
  [`mongodb://u:${secret}@a:27018,b/shop?replicaSet=x&authSource=admin`, ['a:27018', 'b:27017']],
  [`mongodb://u:${secret}@[::1]:27018/`, ['::1:27018']],
  [`mongodb://u:${secret}@h`, ['h:27017']],
])('%s is what the driver reads in it', (address, hosts) => {
  expect(mongoAddressFault(address)).toBeNull();
  const { options } = new MongoClient(address);
  expect(options.hosts.map(({ host, port }) => `${host ?? ''}:${port ?? ''}`)).toEqual(hosts);
  expect(options.credentials).toMatchObject({ username: 'u', password: `${CANARY}/:@ %` });
});

test('what the clients refuse to read is refused here, too', () => {
  const odd = ['', 'a', ':', '@', '/', '?', '#', '%', '%2', '%41', ' ', '[', ']', ',', '1', 'é'];
  for (const password of odd.flatMap((one) => odd.map((other) => one + other))) {
    const reads = (make: () => string | null | undefined): boolean => {
      try {
        return make() === decodeURIComponent(password);
      } catch {
        return false;
      }
    };
    const postgres = `postgres://u:x${password}@h/db`;
    const mongo = `mongodb://u:x${password}@h/db`;
    if (postgresAddressFault(postgres) === null)
      expect([postgres, reads(() => new Client({ connectionString: postgres }).password?.slice(1))]).toEqual([
        postgres,
        true,
      ]);
    if (mongoAddressFault(mongo) === null)
      expect([mongo, reads(() => new MongoClient(mongo).options.credentials?.password.slice(1))]).toEqual([
        mongo,
        true,
      ]);
  }
});

test('a file that is there is no fault', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'ca-'));
  const file = path.join(folder, 'ca.pem');
  await writeFile(file, '');
  expect(postgresAddressFault(`postgres://h/db?sslrootcert=${file}`)).toBeNull();
  expect(mongoAddressFault(`mongodb://h/?tlsCAFile=${file}`)).toBeNull();
  await rm(folder, { recursive: true });
});
