import { startPostgres, type LocalPostgres } from '../../../local/postgres/postgres';
import { shopChanges } from '../../../local/shop/postgresql/changes';
import { createShop } from '../../../local/shop/postgresql/create';
import { databaseRows } from '../../../local/shop/postgresql/table-rows';
import { openSlot, readSlot } from './slot';
import { connected, openDatabase } from './support';

describe('a shop in PostgreSQL', () => {
  let server: LocalPostgres;

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  test('begins with as many rows as are asked for, in every table, the same for the same seed', async () => {
    await using one = await openDatabase(server, 'filled_1');
    await using other = await openDatabase(server, 'filled_2');
    await using empty = await openDatabase(server, 'filled_3');
    await createShop(one.client, { seed: 7, rows: 700 });
    await createShop(other.client, { seed: 7, rows: 700 });
    await createShop(empty.client, { rows: 0 });
    const tables = [...(await databaseRows(one.client)).values()];
    expect(tables).toHaveLength(18);
    for (const rows of tables) expect(rows.size).toBeGreaterThan(0);
    expect(tables.reduce((sum, { size }) => sum + size, 0)).toBeCloseTo(700, -1);
    expect([...(await databaseRows(other.client)).values()]).toEqual(tables);
    expect([...(await databaseRows(empty.client)).values()].map(({ size }) => size)).toEqual(
      Array.from({ length: 18 }, () => 0),
    );
  });

  test('changes the same for the same seed by one connection, otherwise for another seed', async () => {
    const run = async (name: string, seed: number) => {
      await using database = await openDatabase(server, name);
      await createShop(database.client, { rows: 300 });
      const { connectionString } = database;
      const report = await shopChanges({ connectionString, seed, changes: 1_000, connections: 1, largeRows: 1 });
      return { report, tables: [...(await databaseRows(database.client)).values()] };
    };
    const first = await run('same_1', 3);
    expect(await run('same_2', 3)).toEqual(first);
    expect((await run('same_3', 4)).tables).not.toEqual(first.tables);
  });

  test('commits what it says, of every kind, by transactions that interleave, within 5,000 changes', async () => {
    await using database = await openDatabase(server, 'kinds');
    await createShop(database.client);
    await openSlot(database.client);
    const seen: number[] = [];
    const report = await shopChanges({
      connectionString: database.connectionString,
      seed: 11,
      changes: 5_000,
      onProgress: ({ changes }) => seen.push(changes),
    });
    const told = await readSlot(database.client);
    expect(report).toMatchObject({
      changes: told.changes,
      unknown: 0,
      special: { truncate: told.messages['T'], 'add column': 1, 'large row': 3, 'large transaction': 1 },
    });
    expect(report.changes).toBeGreaterThanOrEqual(5_000);
    expect(report.changes).toBeLessThan(7_000);
    expect(report.rolledBack).toBeGreaterThan(0);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBe(report.changes);

    expect(told.messages['T']).toBeGreaterThan(1);
    expect(told.messages['M']).toBeGreaterThan(10);
    expect(told.largestBytes).toBeGreaterThan(1_200_000);
    expect(told.sharedLsns).toBeGreaterThan(100);
    expect(told.updatesWithUnchanged).toBeGreaterThan(100);
    expect(told.interleaved).toBeGreaterThan(10);
    const orders = (await databaseRows(database.client)).get('kinds.public.orders') ?? new Map();
    const added = [...orders.values()].map((row: Record<string, string>) => row['extra_0']);
    expect(new Set(added.map((token) => token === 'null')).size).toBe(2);
  });

  test('adds another column in another run', async () => {
    await using database = await openDatabase(server, 'again');
    await createShop(database.client, { rows: 100 });
    for (const seed of [1, 2]) {
      await shopChanges({ connectionString: database.connectionString, seed, changes: 200, largeRows: 0 });
    }
    const { rows } = await database.client.query('select extra_0, extra_1 from orders');
    expect(rows.length).toBeGreaterThan(0);
  });

  test('ends when it is told to', async () => {
    await using database = await openDatabase(server, 'ended');
    await createShop(database.client, { rows: 100 });
    const stop = new AbortController();
    const report = await shopChanges({
      connectionString: database.connectionString,
      seed: 1,
      changes: 1e6,
      signal: stop.signal,
      onProgress: ({ changes }) => {
        if (changes > 200) stop.abort();
      },
    });
    expect(report.changes).toBeGreaterThan(200);
    expect(report.changes).toBeLessThan(2_000);
  });

  test('fails where the shop is not there', async () => {
    await using database = await openDatabase(server, 'nothing');
    const run = shopChanges({ connectionString: database.connectionString, seed: 1, changes: 10 });
    await expect(run).rejects.toThrow('relation "orders" does not exist');
  });
});

test('the server restarts and crashes in the middle: the run goes on, and knows what it committed', async () => {
  await using server = await startPostgres();
  const before = await connected(server.connectionString);
  await createShop(before, { rows: 1_000 });
  await openSlot(before);
  await before.end();
  const troubles = [() => server.restart(), () => server.kill().then(() => server.restart()), () => server.restart()];
  let trouble = Promise.resolve();
  const report = await shopChanges({
    connectionString: server.connectionString,
    seed: 5,
    changes: 4_000,
    onProgress: ({ changes }) => {
      if (changes < 1_000 * (4 - troubles.length)) return;
      const next = troubles.shift();
      if (next !== undefined) trouble = trouble.then(next);
    },
  });
  await trouble;
  const client = await connected(server.connectionString);
  const told = await readSlot(client);
  await client.end();
  expect(troubles).toEqual([]);
  expect(report.retries).toBeGreaterThan(0);
  expect(told.changes).toBeGreaterThanOrEqual(report.changes);
  expect(told.changes).toBeLessThanOrEqual(report.changes + report.unknown);
});

test('while the server is away, a run that is told to end does', async () => {
  await using server = await startPostgres();
  const client = await connected(server.connectionString);
  await createShop(client, { rows: 100 });
  await client.end();
  await server.kill();
  const signal = AbortSignal.timeout(500);
  const report = await shopChanges({ connectionString: server.connectionString, seed: 1, changes: 100, signal });
  expect(report).toMatchObject({ changes: 0, transactions: 0 });
});
