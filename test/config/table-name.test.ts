import fc from 'fast-check';
import { formatTableName, parseTableName } from '../../src/lib/config/table-name';

test.each([
  ['public.orders', { schema: 'public', table: 'orders' }],
  ['public.Orders', { schema: 'public', table: 'Orders' }],
  ['"x.y".z', { schema: 'x.y', table: 'z' }],
  ['x."y.z"', { schema: 'x', table: 'y.z' }],
  ['"a""b"."c d"', { schema: 'a"b', table: 'c d' }],
  ['orders', null],
  ['a.b.c', null],
  ['"a.b', null],
  ['a.', null],
  ['"".b', null],
  ['a"b.c', null],
])('%s', (text, expected) => {
  expect(parseTableName(text)).toEqual(expected);
});

test('every name is read as it was written', () => {
  const name = fc.string({ minLength: 1 });
  fc.assert(
    fc.property(name, name, (schema, table) => {
      expect(parseTableName(formatTableName({ schema, table }))).toEqual({ schema, table });
    }),
  );
});
