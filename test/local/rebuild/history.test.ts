import fc from 'fast-check';
import { compareTables } from '../../../local/rebuild/compare';
import { rebuild, type Rebuilt } from '../../../local/rebuild/rebuild';
import { type Rows } from '../../../local/rebuild/tables';
import { lakeOf, mongo, mongoSnapshot, type HubEvent } from './lake';
import { steps, Table } from './model';

/** How a history comes to the lake: anyhow, some of it twice. */
const arrival = fc.record({
  seed: fc.integer(),
  perFile: fc.integer({ min: 1, max: 9 }),
  partitions: fc.integer({ min: 1, max: 4 }),
});
type Arrival = typeof arrival extends fc.Arbitrary<infer T> ? T : never;

function arrived(events: readonly HubEvent[], { seed, partitions }: Arrival): HubEvent[] {
  const random = randomFrom(seed);
  return events
    .flatMap((event) => (random() < 0.3 ? [event, event] : [event]))
    .map((event) => ({ event: { ...event, partition: Math.floor(random() * partitions) }, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ event }) => event);
}

/** mulberry32 */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const keys = [{ database: 'shop', schema: 'public', table: 'orders', columns: ['id'] }];

async function rowsOf(events: readonly HubEvent[], perFile: number): Promise<Rebuilt & { readonly rows: Rows }> {
  const rebuilt = await rebuild({ lakeFiles: lakeOf(events, perFile), keys });
  expect(rebuilt.leftOut).toEqual([]);
  expect(rebuilt.tables.size).toBeLessThan(2);
  return { ...rebuilt, rows: [...rebuilt.tables.values()][0] ?? new Map<string, never>() };
}

/** More for a long night. */
const RUNS = Number(process.env['REBUILD_RUNS'] ?? 40);
const TIMEOUT_MS = RUNS * 1000;

test(
  'whatever happens to a table, its rows are rebuilt from the changes in any order, repeated, from any partition',
  async () => {
    await fc.assert(
      fc.asyncProperty(steps, arrival, async (history, how) => {
        const table = new Table(history, 'once');
        const { rows } = await rowsOf(arrived(table.events, how), how.perFile);
        expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(table.rows));
      }),
      { numRuns: RUNS },
    );
  },
  TIMEOUT_MS,
);

test(
  'with a snapshot that reads late and more than once it is the same, or the lake says where it is not sure',
  async () => {
    await fc.assert(
      fc.asyncProperty(steps, arrival, async (history, how) => {
        const table = new Table(history, 'late');
        const { rows, unsure } = await rowsOf(arrived(table.events, how), how.perFile);
        const left = new Map(unsure.map(({ key, columns }) => [key, columns]));
        const sure = (all: Rows): object =>
          Object.fromEntries(
            [...all].map(([key, row]) => [
              key,
              Object.entries(row)
                .filter(([column]) => !(left.get(key) ?? []).includes(column))
                .sort(),
            ]),
          );
        expect(sure(rows)).toEqual(sure(table.rows));
      }),
      { numRuns: RUNS },
    );
  },
  TIMEOUT_MS,
);

test(
  'whatever happens to a collection, its documents are rebuilt likewise',
  async () => {
    const operation = fc.constantFrom('insert', 'replace', 'update', 'update', 'delete', 'drop', 'read');
    const changes = fc.array(fc.record({ operation, id: fc.nat(3), n: fc.nat() }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(changes, arrival, async (history, how) => {
        const documents = new Map([0, 1].map((id) => [`{"_id":${id}}`, { _id: `${id}`, n: '0.0' }]));
        const json = (id: number, n: number): string => `{"_id":${id},"n":${n}.0}`;
        const read = (): HubEvent[] =>
          [...documents.values()].map(({ _id, n }) => mongoSnapshot(_id, `{"_id":${_id},"n":${n}}`));
        const events = history.flatMap(({ operation, id, n }, i) => {
          const [key, at] = [`{"_id":${id}}`, i + 1];
          if (operation === 'read') return read();
          if (operation === 'drop') documents.clear();
          else if (operation === 'delete') documents.delete(key);
          else documents.set(key, { _id: `${id}`, n: `${n}.0` });
          if (operation === 'drop') return [mongo({ operation, at })];
          return [mongo({ operation, at, key, ...(operation === 'delete' ? {} : { document: json(id, n) }) })];
        });
        const { rows } = await rowsOf(arrived([...events, ...read()], how), how.perFile);
        expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(documents));
      }),
      { numRuns: RUNS },
    );
  },
  TIMEOUT_MS,
);

describe('the comparison catches', () => {
  const history = (['insert', 'update', 'leave', 'move', 'insert'] as const).map((kind, i) => ({
    ...{ kind, row: 2, to: 3, token: `1.${i}0`, joins: false },
  }));
  const table = new Table(history, 'late');
  const name = 'shop.public.orders';
  const database = new Map([[name, table.rows]]);

  async function compared(events: readonly HubEvent[]): Promise<ReturnType<typeof compareTables>> {
    return compareTables(database, (await rebuild({ lakeFiles: lakeOf(events), keys })).tables);
  }

  test('nothing where nothing is wrong', async () => {
    expect(await compared(table.events)).toEqual([{ name, rows: 4, rebuilt: 4, different: 0, examples: [] }]);
  });

  // The events: c, u, u (9007199254740993), d, c (moved to …992), c (…993 anew), and the snapshot's.
  const stream = table.events.slice(0, 6);

  test('a lost create, which is a row too few', async () => {
    expect(await compared(stream.slice(0, 5))).toMatchObject([
      { rows: 4, rebuilt: 1, different: 3, examples: [{ kind: 'missing' }, { kind: 'missing' }, { kind: 'missing' }] },
    ]);
  });

  test('a lost delete, which is a row too many', async () => {
    const fewer = new Map([[name, new Map([...table.rows].filter(([key]) => key !== '[9007199254740993]'))]]);
    const { tables } = await rebuild({ lakeFiles: lakeOf(table.events.toSpliced(3, 1).slice(0, -1)), keys });
    expect(compareTables(fewer, tables)[0]?.examples).toContainEqual({
      key: '[9007199254740993]',
      kind: 'extra',
      columns: [],
    });
  });

  test('an altered value, though it is the same number', async () => {
    const altered = table.events.map((event) => ({
      ...event,
      payload: event.payload?.replaceAll('1.40', '1.4') ?? null,
    }));
    expect(await compared(altered)).toEqual([
      {
        ...{ name, rows: 4, rebuilt: 4, different: 1 },
        examples: [
          {
            ...{ key: '[9007199254740993]', kind: 'altered' },
            columns: ['v', 'note'].map((column) => ({ column, database: '1.40', rebuilt: '1.4' })),
          },
        ],
      },
    ]);
  });

  test('a table that only one side has', () => {
    const rows = new Map([['[1]', { id: '1' }]]);
    expect(compareTables(new Map([['a', rows]]), new Map([['b', rows]]))).toMatchObject([
      { name: 'a', rows: 1, rebuilt: 0, different: 1, examples: [{ kind: 'missing' }] },
      { name: 'b', rows: 0, rebuilt: 1, different: 1, examples: [{ kind: 'extra' }] },
    ]);
  });
});
