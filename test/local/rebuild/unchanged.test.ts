import { rebuild, type Rebuilt } from '../../../local/rebuild/rebuild';
import { lakeOf, postgres, snapshot, type HubEvent, type PostgresChange } from './lake';

const rebuilt = (events: readonly HubEvent[]): Promise<Rebuilt> =>
  rebuild({
    lakeFiles: lakeOf(events),
    keys: [{ database: 'shop', schema: 'public', table: 'orders', columns: ['id'] }],
  });

/** The rows by key, whatever order the events arrive in; every value is known. */
async function orders(events: readonly HubEvent[]): Promise<Record<string, unknown>> {
  const [there, back] = [await rebuilt(events), await rebuilt(events.toReversed())];
  expect(back).toEqual(there);
  expect(there).toMatchObject({ leftOut: [], unsure: [] });
  return Object.fromEntries(there.tables.get('shop.public.orders') ?? []);
}

const create = (at: number, after: string, more: Partial<PostgresChange> = {}): HubEvent =>
  postgres({ op: 'c', at, after, ...more });
const update = (
  at: number,
  after: string,
  unchanged: readonly string[] = [],
  more: Partial<PostgresChange> = {},
): HubEvent => postgres({ op: 'u', at, after, unchanged, ...more });
const remove = (at: number, before: string, index = 1): HubEvent => postgres({ op: 'd', at, index, before });

test('an unchanged column has the value that the last change before told, over several updates', async () => {
  const events = [
    create(100, '{"id":1,"n":0,"note":"old"}'),
    update(200, '{"id":1,"n":1,"note":"new 1.50"}'),
    update(300, '{"id":1,"n":2}', ['note']),
    update(400, '{"id":1,"n":3}', ['note']),
  ];
  expect(await orders(events)).toEqual({ '[1]': { id: '1', n: '3', note: '"new 1.50"' } });
});

test('two unchanged columns may be from different changes, and one may be null', async () => {
  const events = [
    create(100, '{"id":1,"a":"a0","b":"b0","c":null}'),
    update(200, '{"id":1,"a":"a1"}', ['b', 'c']),
    update(300, '{"id":1}', ['a', 'b', 'c']),
  ];
  expect(await orders(events)).toEqual({ '[1]': { id: '1', a: '"a1"', b: '"b0"', c: 'null' } });
});

test('a column that was added or dropped in between does not hinder', async () => {
  const events = [
    create(100, '{"id":1,"gone":1,"note":"kept"}'),
    update(200, '{"id":1,"gone":2,"added":"x"}', ['note']),
    update(300, '{"id":1,"added":"y","more":[1.0]}', ['note']),
  ];
  expect(await orders(events)).toEqual({ '[1]': { id: '1', added: '"y"', more: '[1.0]', note: '"kept"' } });
});

test('names of columns may need escapes', async () => {
  const events = [
    create(100, String.raw`{"id":1,"a\"b/~":"\\\"","n":1}`),
    postgres({ op: 'u', at: 200, after: '{"id":1,"n":2}', unchanged: ['a"b/~'] }),
  ];
  expect(await orders(events)).toEqual({ '[1]': { id: '1', n: '2', 'a"b/~': String.raw`"\\\""` } });
});

test('after delete and create the value is that of the new row, also after a truncate', async () => {
  const anew = [create(300, '{"id":1,"n":0,"note":"second"}'), update(400, '{"id":1,"n":1}', ['note'])];
  const expected = { '[1]': { id: '1', n: '1', note: '"second"' } };
  const first = create(100, '{"id":1,"n":0,"note":"first"}');
  expect(await orders([first, remove(200, '{"id":1}'), ...anew])).toEqual(expected);
  expect(await orders([first, postgres({ op: 't', at: 200 }), ...anew])).toEqual(expected);
});

test('a row of the snapshot has the value to begin with', async () => {
  expect(
    await orders([snapshot('1', '{"id":1,"n":0,"note":"read"}'), update(200, '{"id":1,"n":1}', ['note'])]),
  ).toEqual({
    '[1]': { id: '1', n: '1', note: '"read"' },
  });
});

describe('a key change takes the unchanged columns with it', () => {
  const moved = (at: number, from: number, to: number): HubEvent[] => [
    remove(at, `{"id":${from}}`, 4),
    create(at, `{"id":${to},"n":${at}}`, { index: 5, unchanged: ['note'], partition: 1 }),
  ];

  test('once, and again after further updates', async () => {
    const events = [
      create(100, '{"id":1,"n":0,"note":"kept"}'),
      ...moved(200, 1, 2),
      update(300, '{"id":2,"n":300}', ['note'], { partition: 1 }),
      ...moved(400, 2, 3),
    ];
    expect(await orders(events)).toEqual({ '[3]': { id: '3', n: '400', note: '"kept"' } });
  });

  test('and not the value that an earlier row had under the new key', async () => {
    const events = [
      create(50, '{"id":2,"n":0,"note":"another row"}'),
      remove(60, '{"id":2}'),
      create(100, '{"id":1,"n":0,"note":"kept"}'),
      ...moved(200, 1, 2),
    ];
    expect(await orders(events)).toEqual({ '[2]': { id: '2', n: '200', note: '"kept"' } });
  });

  test('there and back again in one transaction', async () => {
    const events = [
      create(100, '{"id":1,"n":0,"note":"kept"}'),
      ...moved(200, 1, 2),
      postgres({ op: 'd', at: 200, index: 6, before: '{"id":2}' }),
      create(200, '{"id":1,"n":7}', { index: 7, unchanged: ['note'] }),
    ];
    expect(await orders(events)).toEqual({ '[1]': { id: '1', n: '7', note: '"kept"' } });
  });

  test('where the snapshot was late and read the row under its new key only, the value is from there', async () => {
    expect(await orders([snapshot('2', '{"id":2,"n":9,"note":"read"}'), ...moved(200, 1, 2)])).toEqual({
      '[2]': { id: '2', n: '200', note: '"read"' },
    });
  });
});

describe('a row of the snapshot whose key was changed and then given to another row', () => {
  const given = [remove(200, '{"id":1}', 1), create(200, '{"id":2,"n":1}', { index: 2, unchanged: ['note'] })];
  const read = snapshot('1', '{"id":1,"n":0,"note":"first"}');

  test('may be either row, if it was read late: its value is taken, and told as not sure', async () => {
    const { tables, unsure } = await rebuilt([read, ...given, create(300, '{"id":1,"n":0,"note":"other"}')]);
    expect(Object.fromEntries(tables.get('shop.public.orders') ?? [])).toEqual({
      '[1]': { id: '1', n: '0', note: '"other"' },
      '[2]': { id: '2', n: '1', note: '"first"' },
    });
    expect(unsure).toEqual([{ table: 'shop.public.orders', key: '[2]', columns: ['note'] }]);
  });

  test('does not matter where the stream told the value', async () => {
    const told = update(100, '{"id":1,"n":0,"note":"told"}');
    expect(await orders([read, told, ...given, create(300, '{"id":1,"n":0,"note":"other"}')])).toMatchObject({
      '[2]': { note: '"told"' },
    });
  });

  test('nor where the snapshot has the row under its new key, too', async () => {
    const late = snapshot('2', '{"id":2,"n":1,"note":"sure"}');
    expect(await orders([read, late, ...given, create(300, '{"id":1,"n":0,"note":"other"}')])).toMatchObject({
      '[2]': { note: '"sure"' },
    });
  });
});

describe('what the lake does not hold', () => {
  test('an unchanged column that no change tells is null in the row, and told', async () => {
    const { tables, unsure } = await rebuilt([update(200, '{"id":1,"n":1}', ['note'])]);
    expect(tables.get('shop.public.orders')?.get('[1]')).toEqual({ id: '1', n: '1', note: 'null' });
    expect(unsure).toEqual([{ table: 'shop.public.orders', key: '[1]', columns: ['note'] }]);
  });

  test("rows have the columns of their table's last change: what was dropped is gone, what was added is null and told", async () => {
    const { tables, unsure } = await rebuilt([
      create(100, '{"id":1,"gone":1,"b":1.50}'),
      create(300, '{"id":2,"b":2.50,"added":"x"}'),
      create(200, '{"id":3,"gone":1,"b":3.50}'),
    ]);
    expect(Object.fromEntries(tables.get('shop.public.orders') ?? [])).toEqual({
      '[1]': { id: '1', b: '1.50', added: 'null' },
      '[2]': { id: '2', b: '2.50', added: '"x"' },
      '[3]': { id: '3', b: '3.50', added: 'null' },
    });
    expect(unsure.map(({ key, columns }) => [key, columns]).sort()).toEqual([
      ['[1]', ['added']],
      ['[3]', ['added']],
    ]);
  });
});
