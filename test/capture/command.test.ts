import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { earliestEventPosition, EventHubConsumerClient } from '@azure/event-hubs';
import { Client } from 'pg';
import { startPlatform, type Platform } from '../../local/platform/platform';
import { startPostgres, type LocalPostgres } from '../../local/postgres/postgres';
import { buildApp, type BuiltApp } from '../build/bundle';
import { LakeReader } from '../support/reader';
import '../support/unref-long-timers';

/** The built `npm run capture`, from a real PostgreSQL into the hub, with its progress in the lake. */

const HUB = 'postgresql-changes';

let app: BuiltApp;
let platform: Platform;
let server: LocalPostgres;
let sql: Client;

beforeAll(async () => {
  [app, server] = await Promise.all([buildApp(), startPostgres()]);
  sql = new Client({ connectionString: server.connectionString });
  await sql.connect();
}, 60_000);
beforeEach(async () => {
  platform = await startPlatform({
    ...{ blobPort: 0, queuePort: 0, tablePort: 0, amqpPort: 0, healthPort: 0 },
    folder: null,
    fileSystem: 'data',
    hubs: [HUB, 'mongodb-changes'],
    partitions: 4,
    consumerGroup: 'lake',
    latencyMs: 0,
    log: () => undefined,
  });
  await sql.query('create table orders (id bigint primary key, note text)');
});
afterEach(async () => {
  await sql.query('drop table orders');
  await sql.query('drop publication if exists change_lake');
  await sql.query('select pg_terminate_backend(active_pid) from pg_replication_slots where active_pid is not null');
  await sql.query('select pg_drop_replication_slot(slot_name) from pg_replication_slots where not active');
  await platform[Symbol.asyncDispose]();
});
afterAll(async () => {
  await sql.end();
  await server[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

/** `npm run capture -- …` */
function capture(args: readonly string[], settings: NodeJS.ProcessEnv = {}): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [path.join(app.directory, 'dist/capture.js'), ...args], {
    cwd: app.directory,
    env: {
      PATH: process.env['PATH'],
      EVENTHUB_CONNECTION_STRING: platform.connectionStrings.eventHubs,
      STORAGE_CONNECTION_STRING: platform.connectionStrings.storage,
      CAPTURE_POSTGRES: '[{"name":"shop","connection":"SHOP_DATABASE","create":true}]',
      SHOP_DATABASE: server.connectionString,
      ...settings,
    },
    stdio: 'pipe',
  });
}

interface Captured {
  readonly id: string;
  readonly text: string;
  readonly payloadRef: string | null;
}

/** Reads the hub until it has held `count` different events. */
async function captured(count: number): Promise<Map<string, Captured>> {
  const consumer = new EventHubConsumerClient('lake', platform.connectionStrings.eventHubs, HUB);
  const found = new Map<string, Captured>();
  await new Promise<void>((resolve, reject) => {
    consumer.subscribe(
      {
        processEvents: (events) => {
          for (const { body, properties } of events) {
            const id = String(properties?.['eventId']);
            const payloadRef = (properties?.['payloadRef'] as string | undefined) ?? null;
            found.set(id, { id, text: (body as Buffer).toString(), payloadRef });
          }
          if (found.size >= count) resolve();
          return Promise.resolve();
        },
        processError: (error) => Promise.resolve(reject(error)),
      },
      { startPosition: earliestEventPosition, skipParsingBodyAsJson: true, maxBatchSize: 500, maxWaitTimeInSeconds: 1 },
    );
  });
  await consumer.close();
  return found;
}

const total = (): number =>
  (platform.eventHubs.hub(HUB)?.partitions ?? []).reduce((sum, { lastSequence }) => sum + lastSequence + 1, 0);

async function ended(
  child: ChildProcessWithoutNullStreams,
): Promise<{ code: number | null; err: string; out: string }> {
  const exit = once(child, 'exit') as Promise<[number | null]>;
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { code, err, out };
}

test('what is there and what changes arrives in the hub, until Ctrl-C; another run sends nothing again', async () => {
  await sql.query("insert into orders values (9007199254740993, 'before')");
  const first = capture(['postgres', '--json']);
  const told = ended(first);
  await captured(1);
  await sql.query("insert into orders values (2, 'after')");
  await captured(2);
  first.kill('SIGINT');
  const { code, out, err } = await told;
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const lines = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string; report?: { events: number } });
  expect(lines.map(({ kind }) => kind)).toEqual(['snapshot', 'captured']);
  expect(lines.at(-1)?.report).toMatchObject({ name: 'shop', events: 2, transactions: 1 });

  await sql.query("update orders set note = 'later' where id = 2");
  const second = capture(['postgres', 'shop']);
  const events = await captured(3);
  second.kill('SIGINT');
  expect((await ended(second)).code).toBe(0);
  expect(total()).toBe(3);
  expect([...events.values()].map((event) => event.text).join()).toContain('"id":9007199254740993');
}, 60_000);

test('killed between sending and keeping, it sends again what was not kept, under the same ids', async () => {
  const start = (): ChildProcessWithoutNullStreams => {
    const child = capture(['postgres']);
    child.stderr.resume();
    return child;
  };
  let rows = 0;
  const insert = async (): Promise<void> => {
    const values = 'select n, $2 from generate_series($1::int, $1::int + 49) n';
    await sql.query(`insert into orders ${values}`, [rows, 'x'.repeat(500)]);
    rows += 50;
    await captured(rows);
  };
  for (let round = 0; round < 3; round += 1) {
    const child = start();
    // Where it is, is kept with the first, and then again only seconds later.
    await insert();
    await insert();
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  const last = start();
  await sql.query('delete from orders where id = 0');
  await captured(rows + 1);
  last.kill('SIGTERM');
  expect((await ended(last)).code).toBe(0);
  expect((await captured(rows + 1)).size).toBe(rows + 1);
  expect(total()).toBeGreaterThan(rows + 1);
}, 60_000);

test('a row of more than 1 MB lies in the lake, and the hub tells where', async () => {
  const child = capture(['postgres']);
  await sql.query('insert into orders select 1, string_agg(md5(n::text), $1) from generate_series(1, 60000) n', [' ']);
  const [event] = (await captured(1)).values();
  child.kill('SIGINT');
  await ended(child);
  expect(event?.payloadRef).toMatch(/^claims\/postgresql\/[0-9a-f]{64}\.json$/);
  expect(JSON.parse(event?.text ?? '')).toMatchObject({ payloadRef: event?.payloadRef, source: { table: 'orders' } });
  const lake = new LakeReader(platform.connectionStrings.storage);
  const whole = JSON.parse((await lake.bytes(event?.payloadRef ?? '')).toString()) as { after: { note: string } };
  const { rows } = await sql.query<{ note: string }>('select note from orders');
  expect(whole.after.note === rows[0]?.note).toBe(true);
}, 60_000);

test('a slot that is dropped under it ends it with what to do; reset lets it begin anew', async () => {
  await sql.query("insert into orders values (1, 'there')");
  const first = capture(['postgres']);
  await captured(1);
  first.kill('SIGINT');
  await ended(first);
  await sql.query('select pg_drop_replication_slot($1)', ['change_lake_shop']);
  await sql.query("insert into orders values (2, 'unseen')");
  const lost = await ended(capture(['postgres']));
  expect(lost.code).toBe(1);
  expect(lost.err).toContain('SOURCE_HISTORY_LOST: PostgreSQL shop: the replication slot change_lake_shop is gone.');
  expect(lost.err).toContain('npm run capture -- reset postgres shop');
  expect(total()).toBe(1);

  const reset = await ended(capture(['reset', 'postgres', 'shop']));
  expect([reset.code, reset.out]).toEqual([0, expect.stringContaining('_system/capture-replaced/postgresql/shop_')]);
  const again = capture(['postgres']);
  await captured(3);
  again.kill('SIGINT');
  expect((await ended(again)).code).toBe(0);
}, 60_000);

test('a slot that is further than the record: with reset --continue-from-slot it goes on from there', async () => {
  const first = capture(['postgres']);
  await sql.query("insert into orders values (1, 'seen')");
  await captured(1);
  first.kill('SIGINT');
  await ended(first);
  await sql.query("insert into orders values (2, 'passed over')");
  const [row] = (
    await sql.query<{ end_lsn: string }>(
      "select end_lsn from pg_replication_slot_advance('change_lake_shop', pg_current_wal_lsn())",
    )
  ).rows;
  expect((await ended(capture(['postgres']))).err).toContain('reset postgres shop --continue-from-slot');
  const { code, out } = await ended(capture(['reset', 'postgres', 'shop', '--continue-from-slot', '--json']));
  const { from, ...moved } = JSON.parse(out) as { readonly from: string };
  expect([code, moved]).toEqual([0, { source: 'postgresql', name: 'shop', history: 1, to: row?.end_lsn }]);
  expect(from).not.toBe(row?.end_lsn);
  const again = capture(['postgres']);
  await sql.query("insert into orders values (3, 'seen')");
  const texts = [...(await captured(2)).values()].map(({ text }) => text);
  again.kill('SIGINT');
  expect((await ended(again)).code).toBe(0);
  expect(texts.filter((text) => text.includes('passed over'))).toEqual([]);
}, 60_000);

test('a slot that is dropped while it is read: the process asks again, learns it, and ends', async () => {
  const child = capture(['postgres']);
  const told = ended(child);
  await sql.query("insert into orders values (1, 'seen')");
  await captured(1);
  const slot = 'change_lake_shop';
  await sql.query('select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = $1', [slot]);
  const drop =
    'select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1 and not active';
  while ((await sql.query(drop, [slot])).rowCount === 0) continue;
  const { code, err } = await told;
  expect(code).toBe(1);
  expect(err).toContain('SOURCE_FAILED: PostgreSQL shop');
  expect(err).toContain('SOURCE_HISTORY_LOST: PostgreSQL shop: the replication slot change_lake_shop is gone.');
}, 60_000);

test('of two databases the one that lacks something is told, and the other goes on', async () => {
  await sql.query('create database crm');
  const crm = new URL(server.connectionString);
  crm.pathname = '/crm';
  const child = capture(['postgres', '--json'], {
    CAPTURE_POSTGRES:
      '[{"name":"crm","connection":"CRM_DATABASE"},{"name":"shop","connection":"SHOP_DATABASE","create":true}]',
    CRM_DATABASE: crm.href,
  });
  const told = ended(child);
  for (let id = 1; id <= 3; id += 1) {
    await sql.query('insert into orders values ($1, $2)', [id, 'x']);
    await captured(id);
  }
  child.kill('SIGINT');
  const { code, err, out } = await told;
  expect(code).toBe(2);
  expect(err).toContain('SOURCE_NOT_READY: PostgreSQL crm: there is no publication change_lake.');
  expect(out).toContain('"kind":"failed","name":"crm","code":"SOURCE_NOT_READY"');
  await sql.query('drop database crm');
}, 60_000);

test.each<[string, string[], NodeJS.ProcessEnv, string]>([
  [
    'a list that is not JSON',
    ['postgres'],
    { CAPTURE_POSTGRES: 'shop' },
    'CAPTURE_POSTGRES: found a text that is not JSON',
  ],
  [
    'a history that goes on and is to begin',
    ['reset', 'postgres', 'shop', '--continue-from-slot', '--history', '2'],
    {},
    'leave --history out',
  ],
  [
    'a connection that is not given',
    ['postgres'],
    { SHOP_DATABASE: '' },
    'SHOP_DATABASE: found nothing; expected the address',
  ],
  ['a name that is not there', ['postgres', 'crm'], {}, 'CAPTURE_POSTGRES names shop, not crm.'],
  ['no database of that kind', ['mongodb'], {}, 'CAPTURE_MONGODB names no database'],
])('%s is told, with exit status 2', async (_name, args, settings, message) => {
  const { code, err } = await ended(capture(args, settings));
  expect(code).toBe(2);
  expect(err).toContain(message);
  expect(err).not.toContain('postgres:postgres@');
});
