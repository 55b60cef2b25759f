import { kindOf, unknownTypes, type TypeRow } from '../../../src/lib/capture/postgresql/types';

const COMMA = ','.charCodeAt(0);
const SEMICOLON = ';'.charCodeAt(0);

/** As in pg_type, after `create type`, `create domain`, `create table`. */
const ROWS: readonly TypeRow[] = [
  row({ oid: 20_001, typtype: 'e', typcategory: 'E' }),
  row({ oid: 20_002, typcategory: 'A', typelem: 20_001 }),
  row({ oid: 20_003, typtype: 'd', typcategory: 'N', typbasetype: 20 }),
  row({ oid: 20_004, typcategory: 'A', typelem: 20_003 }),
  row({ oid: 20_005, typtype: 'd', typcategory: 'A', typbasetype: 1016 }),
  row({ oid: 20_006, typtype: 'd', typcategory: 'N', typbasetype: 20_003 }),
  row({ oid: 20_007, typcategory: 'A', typelem: 20_005 }),
  row({ oid: 20_008, typtype: 'c', typcategory: 'C' }),
  row({ oid: 20_009, typcategory: 'A', typelem: 20_008 }),
  row({ oid: 20_010, typtype: 'd', typcategory: 'G', typbasetype: 603, typdelim: ';' }),
  row({ oid: 20_011, typcategory: 'A', typelem: 20_010, typdelim: ';' }),
  // Types of extensions: a string, and one that lets its parts be read by subscripts.
  row({ oid: 20_012, typcategory: 'S' }),
  row({ oid: 20_013, typcategory: 'U', typelem: 701 }),
  row({ oid: 20_014, typtype: 'd', typcategory: 'U', typbasetype: 29_999 }),
  row({ oid: 20_015, typcategory: 'A', typelem: 29_999 }),
];
const rows = new Map(ROWS.map((each) => [each.oid, each]));

test.each([
  ['an enum', 20_001, 'string'],
  ['an array of an enum', 20_002, { element: 'string', delimiter: COMMA }],
  ['a domain over bigint', 20_003, 'number'],
  ['an array of such a domain', 20_004, { element: 'number', delimiter: COMMA }],
  ['a domain over an array', 20_005, { element: 'number', delimiter: COMMA }],
  ['a domain over a domain', 20_006, 'number'],
  [
    'an array of a domain over an array',
    20_007,
    { element: { element: 'number', delimiter: COMMA }, delimiter: COMMA },
  ],
  ['a composite type', 20_008, 'string'],
  ['an array of a composite type', 20_009, { element: 'string', delimiter: COMMA }],
  ['an array of a domain over boxes', 20_011, { element: 'string', delimiter: SEMICOLON }],
  ['an extension’s string', 20_012, 'string'],
  ['an extension’s type with subscripts that is no array', 20_013, 'string'],
  ['boxes, built in', 1020, { element: 'string', delimiter: SEMICOLON }],
  ['int2vector, which is in the category of arrays and not printed as one', 22, 'string'],
  ['timestamptz[], built in', 1185, { element: 'timestamp', delimiter: COMMA }],
])('%s has its kind', (_what, oid, kind) => {
  expect(kindOf(oid, rows)).toEqual(kind);
});

test('what neither is built in nor has rows down to its parts is unknown, each once', () => {
  expect(unknownTypes([25, 20_003, 20_014, 20_015, 29_999, 20_014], rows)).toEqual([20_014, 20_015, 29_999]);
  expect(kindOf(20_014, rows)).toBeNull();
});

function row(facts: Partial<TypeRow> & { readonly oid: number }): TypeRow {
  return { typtype: 'b', typcategory: 'U', typbasetype: 0, typelem: 0, typdelim: ',', ...facts };
}
