import { tableName } from '../../../src/lib/capture/postgresql/names';

test('an ordinary table is named as everybody names it', () => {
  expect(tableName('public', 'orders')).toBe('public.orders');
  expect(tableName('Shop 1', 'Ünïcode')).toBe('Shop 1.Ünïcode');
});

test('parts with a separator are quoted as SQL quotes them', () => {
  expect(tableName('x.y', 'z')).toBe('"x.y".z');
  expect(tableName('x', 'y.z')).toBe('x."y.z"');
  expect(tableName('public', 'orders/[1]')).toBe('public."orders/[1]"');
  expect(tableName('a"b', '"')).toBe('"a""b".""""');
});

test('no two tables have the same name, nor one that continues another', () => {
  const letters = ['a', '.', '"', '/', '['];
  const parts = letters.flatMap((one) => [one, ...letters.flatMap((two) => [one + two, `${one}${two}a`])]);
  const names = parts.flatMap((schema) => parts.map((table) => tableName(schema, table)));
  expect(new Set(names).size).toBe(names.length);
  const known = new Set(names);
  for (const name of names)
    for (let end = 1; end < name.length; end++)
      if (name[end] === '/') expect(known.has(name.slice(0, end))).toBe(false);
});
