import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { startPostgres, type LocalPostgres } from '../../../local/postgres/postgres';
import { type Progress } from '../../../src/lib/capture/port';
import { parseState, stateJson, type PostgresState } from '../../../src/lib/capture/postgresql/state';
import { openProgress } from '../../../src/lib/capture/progress';
import { resetCapture } from '../../../src/lib/capture/reset';
import { memoryLake } from '../memory-lake';
import { Rig, type Seen } from './rig';
import { own } from './source';

/** A server is put back to an earlier time; then its log goes through the same positions again, with other changes. */

let home: string;
beforeEach(async () => (home = await mkdtemp(path.join(tmpdir(), 'change-lake-histories-'))));
afterEach(() => rm(home, { recursive: true, force: true }));

const start = (name: string, port?: number): Promise<LocalPostgres> =>
  startPostgres({
    folder: path.join(home, name),
    // Nothing but the test writes: so both servers' positions are the same.
    settings: { fsync: 'off', autovacuum: 'off' },
    ...(port === undefined ? {} : { port }),
  });

test('after a restore to an earlier time and a reset no event id repeats, and the histories order the changes', async () => {
  const lake = memoryLake();
  const open = (): Promise<Progress<PostgresState>> =>
    openProgress(lake, 'postgresql', 'shop', { json: stateJson, parse: parseState });
  let server = await start('a');
  const { port } = server;
  const rig = await Rig.open(server, 'shop', 'create table orders (id bigint primary key, note text)');

  const insert = async (from: number): Promise<void> => {
    const sql = new Client({ connectionString: rig.database.connectionString.reveal() });
    await sql.connect();
    for (let id = from; id < from + 20; id += 1) await sql.query('insert into orders values ($1)', [id]);
    await sql.end();
  };
  /** Captures until the event of the order `id` has come. */
  const captureTo = async (id: number): Promise<void> => {
    const progress = await open();
    const definitions = rig.definitions.open(progress.history);
    const run = rig.run({ snapshot: 'initial' }, { progress, definitions });
    const seen = rig.hub.until((events) => events.some(({ json }) => json.after?.['id'] === id));
    await Promise.race([seen, run.ended.then(() => Promise.reject(new Error('ended')))]);
    await run.stop();
  };

  await insert(1);
  await captureTo(20);
  await rig.sql.end();
  await server.stop();
  await cp(path.join(home, 'a'), path.join(home, 'b'), { recursive: true, preserveTimestamps: true });
  await own(path.join(home, 'a'), path.join(home, 'b'));

  server = await start('a', port);
  await insert(101);
  await captureTo(120);
  await server.stop();

  server = await start('b', port);
  await insert(201);
  await expect(rig.run({}, { progress: await open() }).ended).rejects.toThrow(/^SOURCE_HISTORY_LOST: /);
  await resetCapture(lake, 'postgresql', 'shop', 'r1');
  rig.definitions.bytes = null;
  await captureTo(220);
  await server.stop();

  const ofHistory = (history: number): Seen[] => rig.hub.seen.filter(({ json }) => historyOf(json) === history);
  const ids = rig.hub.seen.map(({ eventId }) => eventId);
  expect(new Set(ids).size).toBe(ids.length);
  const positions = (seen: readonly Seen[]): number[] => seen.map(({ json }) => json.source.commit_lsn);
  const [former, present] = [ofHistory(1), ofHistory(2)];
  const repeated = positions(present).filter((lsn) => new Set(positions(former)).has(lsn));
  expect(repeated.length).toBeGreaterThanOrEqual(20);
  expect(former.length + present.length).toBe(ids.length);

  // In the order of (history, position, index) the last state of each row of the new history is the server's.
  const inOrder = rig.hub.seen
    .map(({ json }) => json)
    .sort(
      (a, b) =>
        historyOf(a) - historyOf(b) ||
        a.source.commit_lsn - b.source.commit_lsn ||
        (a.transaction?.total_order ?? 0) - (b.transaction?.total_order ?? 0),
    );
  const order = inOrder.map(({ after }) => after?.['id']);
  expect(order.indexOf(120)).toBeLessThan(order.indexOf(201));
  expect(order.slice(-20)).toEqual(Array.from({ length: 20 }, (_, index) => 201 + index));
}, 90_000);

const historyOf = ({ source }: Seen['json']): number => (source as unknown as { history: number }).history;
