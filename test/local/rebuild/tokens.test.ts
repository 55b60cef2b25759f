import fc from 'fast-check';
import { rebuild } from '../../../local/rebuild/rebuild';
import { rowTokens } from '../../../local/rebuild/row-tokens';
import { lakeOf, mongo, mongoSnapshot, postgres } from './lake';

/** What DuckDB's own JSON functions would write anew, and what reads like something else. */
const TOKENS = [
  ...[
    '9007199254740993',
    '18446744073709551615',
    '-9223372036854775808',
    '1.0',
    '12.50',
    '-0',
    '-0.0',
    '1e5',
    '1E+400',
  ],
  ...['1e-400', '7'.repeat(200), `0.${'3'.repeat(200)}`, 'true', 'false', 'null'],
  ...['"NaN"', '"Infinity"', '"-Infinity"', '"12.50"', '""', '"null"', '"[1.0]"', '"{\\"a\\":1.0, \\"b\\":[]}"'],
  ...[
    '"\\u0041\\u00e9\\ud83d\\ude00"',
    '"\\/"',
    '"\\\\"',
    '"\\\\\\\\"',
    '"\\""',
    '"\\\\\\""',
    '"a\\\\"',
    '"\\n\\t\\u0000\\u0001"',
  ],
  ...[
    '"é😀\u2028\u007f"',
    '":1.50,"',
    '"\\",\\"x\\":1.50"',
    '[]',
    '{}',
    '[1.0,[2.50,null],"a, b"]',
    '[[["\\\\"]]]',
    '{"a":{"b":-0}}',
  ],
];

const row = (tokens: readonly string[]): string => `{"id":1${tokens.map((token, i) => `,"c${i}":${token}`).join('')}}`;
const expected = (tokens: readonly string[]): Record<string, string> => ({
  id: '1',
  ...Object.fromEntries(tokens.map((token, i) => [`c${i}`, token])),
});
const keys = [{ database: 'shop', schema: 'public', table: 'orders', columns: ['id'] }];

async function rebuiltRow(events: Parameters<typeof lakeOf>[0]): Promise<unknown> {
  const { tables } = await rebuild({ lakeFiles: lakeOf(events), keys });
  return tables.get('shop.public.orders')?.get('[1]');
}

test('every token of a row is as it was sent', async () => {
  expect(await rebuiltRow([postgres({ op: 'c', at: 1, after: row(TOKENS) })])).toEqual(expected(TOKENS));
});

test('every token of an unchanged column is as it was sent', async () => {
  const unchanged = TOKENS.map((_, i) => `c${i}`);
  const created = postgres({ op: 'c', at: 1, after: row(TOKENS) });
  const updated = postgres({ op: 'u', at: 2, after: '{"id":1}', unchanged });
  expect(await rebuiltRow([created, updated])).toEqual(expected(TOKENS));
});

test('every token of a document and of its key is as it was sent', async () => {
  const all = `[${TOKENS.join(',')}]`;
  const event = mongo({ operation: 'insert', at: 1, key: `{"_id":${all}}`, document: `{"_id":1.0,"v":${all}}` });
  const { tables } = await rebuild({ lakeFiles: lakeOf([event]), keys: [] });
  expect(tables.get('shop.carts')).toEqual(new Map([[`{"_id":${all}}`, { _id: '1.0', v: all }]]));
});

test('every token of a document that a snapshot read is as it was sent', async () => {
  const all = `[${TOKENS.join(',')}]`;
  const { tables } = await rebuild({ lakeFiles: lakeOf([mongoSnapshot('a', `{"_id":${all},"v":${all}}`)]), keys: [] });
  expect(tables.get('shop.carts')).toEqual(new Map([[`{"_id":${all}}`, { _id: all, v: all }]]));
});

test('a key is its tokens: 1.0 and 1.00 are two rows, and so are two numbers beyond 2^53', async () => {
  const ids = ['1.0', '1.00', '9007199254740992', '9007199254740993', '"é"', '"\\u00e9"'];
  const events = ids.map((id, i) => postgres({ op: 'c', at: i, after: `{"id":${id}}` }));
  const { tables } = await rebuild({ lakeFiles: lakeOf(events), keys });
  expect([...(tables.get('shop.public.orders')?.keys() ?? [])].sort()).toEqual(ids.map((id) => `[${id}]`).sort());
});

test('rows of any JSON come back token for token', async () => {
  const space = fc.constantFrom('', ' ', '\t', '  ');
  const sent = fc
    .array(
      fc.oneof(
        fc.json(),
        fc.constantFrom(...TOKENS),
        fc.double().map((n) => JSON.stringify(n)),
      ),
      { maxLength: 40 },
    )
    .chain((tokens) => fc.tuple(fc.constant(tokens), fc.array(space, { minLength: 1, maxLength: 9 })));
  await fc.assert(
    fc.asyncProperty(sent, async ([tokens, spaces]) => {
      const spaced = tokens.map((token, i) => `${spaces[i % spaces.length] ?? ''}${token}`);
      expect(await rebuiltRow([postgres({ op: 'c', at: 1, after: row(spaced) })])).toEqual(expected(tokens));
    }),
    { numRuns: 30 },
  );
});

test('an object is taken apart without looking into its values', () => {
  expect(rowTokens('{}')).toEqual({});
  expect(rowTokens(String.raw`{"a":1.50,"b\"":{"c":[1,"}"]},"d":"\\","__proto__":[[],{}]}`)).toEqual(
    Object.fromEntries([
      ['a', '1.50'],
      ['b"', '{"c":[1,"}"]}'],
      ['d', String.raw`"\\"`],
      ['__proto__', '[[],{}]'],
    ]),
  );
});
