import fc from 'fast-check';
import { PgoutputError } from '../../../src/lib/capture/postgresql/pgoutput-error';
import { type ScalarKind, type ValueKind } from '../../../src/lib/capture/postgresql/types-kind';
import { writeValue } from '../../../src/lib/capture/postgresql/values';
import { ByteWriter } from '../../../src/lib/capture/postgresql/values-writer';

const COMMA = ','.charCodeAt(0);
const SEMICOLON = ';'.charCodeAt(0);

/** A value's text, and the JSON token that is to come of it. */
const TOKENS: Readonly<Record<ScalarKind, readonly (readonly [string, string])[]>> = {
  number: [
    ['0', '0'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['9007199254740993', '9007199254740993'],
  ],
  float: [
    ['1e+20', '1e+20'],
    ['-0', '-0'],
    ['1.17549435e-38', '1.17549435e-38'],
    ['NaN', '"NaN"'],
    ['Infinity', '"Infinity"'],
    ['-Infinity', '"-Infinity"'],
  ],
  boolean: [
    ['t', 'true'],
    ['f', 'false'],
  ],
  bytea: [
    ['\\x', '""'],
    ['\\x00', '"AA=="'],
    ['\\xdeadBEEF', '"3q2+7w=="'],
  ],
  timestamp: [
    ['2026-11-22 12:00:00', '"2026-11-22T12:00:00"'],
    ['2026-11-22 12:00:00.123456', '"2026-11-22T12:00:00.123456"'],
    ['2026-11-22 12:00:00.123456+00', '"2026-11-22T12:00:00.123456Z"'],
    ['2026-11-22 12:00:00+00', '"2026-11-22T12:00:00Z"'],
    ['9999-12-31 23:59:59.999999+00', '"9999-12-31T23:59:59.999999Z"'],
    // A session that is not in UTC: still the right moment.
    ['2026-11-22 12:00:00.5+05:45', '"2026-11-22T12:00:00.5+05:45"'],
    ['infinity', '"infinity"'],
    ['-infinity', '"-infinity"'],
    ['0044-03-15 12:00:00 BC', '"0044-03-15 12:00:00 BC"'],
    ['0044-03-15 12:00:00+00 BC', '"0044-03-15 12:00:00+00 BC"'],
    ['10000-01-01 00:00:00', '"10000-01-01 00:00:00"'],
    ['294276-12-31 23:59:59.999999+00', '"294276-12-31 23:59:59.999999+00"'],
  ],
  string: [
    ['', '""'],
    ['12.50', '"12.50"'],
    ['{"a":1, "a":2}', '"{\\"a\\":1, \\"a\\":2}"'],
    ['tab\tline\nnull-ish\u0001delete\u007f', '"tab\\tline\\nnull-ish\\u0001delete\u007f"'],
    ['ä€😀\u2028', '"ä€😀\u2028"'],
  ],
};

describe.each(Object.entries(TOKENS))('%s', (kind, tokens) => {
  test.each(tokens)('%j becomes %s', (text, expected) => {
    expect(token(kind as ScalarKind, text)).toBe(expected);
  });
});

const arrays: readonly (readonly [string, ValueKind, string, string])[] = [
  ['an empty array', array('number'), '{}', '[]'],
  ['numbers with NULL', array('number'), '{1,NULL,-3}', '[1,null,-3]'],
  ['more dimensions', array('number'), '{{1,2},{3,NULL}}', '[[1,2],[3,null]]'],
  ['lower bounds that are not 1', array('number'), '[2:3]={7,8}', '[7,8]'],
  ['lower bounds of more dimensions', array('number'), '[-1:0][3:4]={{1,2},{3,4}}', '[[1,2],[3,4]]'],
  ['a text that says NULL', array('string'), '{"NULL",NULL,null}', '["NULL",null,"null"]'],
  ['quotes and backslashes', array('string'), '{"a\\"b","c\\\\d","{x,y}",""}', '["a\\"b","c\\\\d","{x,y}",""]'],
  ['blanks', array('string'), '{" a ",b c}', '[" a ","b c"]'],
  [
    'boxes, which a semicolon divides',
    array('string', SEMICOLON),
    '{(1,1),(0,0);(2,2),(1,1)}',
    '["(1,1),(0,0)","(2,2),(1,1)"]',
  ],
  ['floats', array('float'), '{1.5,NaN,-Infinity}', '[1.5,"NaN","-Infinity"]'],
  ['timestamps', array('timestamp'), '{"2026-11-22 12:00:00+00",infinity}', '["2026-11-22T12:00:00Z","infinity"]'],
  ['bytea', array('bytea'), '{"\\\\x00ff","\\\\x"}', '["AP8=",""]'],
  ['arrays of a domain over arrays', array(array('string')), '{"{1,\\"a\\\\\\\\b\\"}",NULL}', '[["1","a\\\\b"],null]'],
];

test.each(arrays)('of an array, it reads %s', (_what, kind, text, expected) => {
  expect(token(kind, text)).toBe(expected);
});

test.each(['', '{', '{1', '{1,', '{1,}', '{,1}', '{1}2', '{{1}', '{"a}', '{"a\\', '[2:3]', '1,2', '{"a"b}', '{{1}2}'])(
  'what does not read as an array stays the text that it is: %j',
  (text) => {
    expect(token(array('string'), text)).toBe(JSON.stringify(text));
  },
);

test('any text comes back from its token', () => {
  fc.assert(fc.property(anyText(), (text) => expect(JSON.parse(token('string', text))).toBe(text)));
});

test('bytes that are not UTF-8 become U+FFFD, as a decoder has it, and the token stays valid JSON in valid UTF-8', () => {
  // Mostly beginnings and continuations of sequences, to meet every way in which they can be wrong.
  const byte = fc.oneof(
    fc.integer({ min: 0x80, max: 0xff }),
    fc.constantFrom(0x22, 0x5c, 0x41, 0xe0, 0xed, 0xf0, 0xf4),
  );
  const bytes = fc.array(byte, { maxLength: 24 }).map((all) => Buffer.from(all));
  fc.assert(
    fc.property(bytes, (text) => {
      const written = tokenOf('string', text);
      expect(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(written)).toBe(written.toString());
      expect(JSON.parse(written.toString())).toBe(text.toString());
    }),
    { numRuns: 5_000 },
  );
});

test('any bytes come back from a bytea', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (content) => {
      const written = token('bytea', `\\x${Buffer.from(content).toString('hex')}`);
      expect(written).toBe(JSON.stringify(Buffer.from(content).toString('base64')));
    }),
  );
});

test('a bytea in the escape format is refused, with what to set, and without its content', () => {
  expect(() => token('bytea', 'secret\\000')).toThrow(PgoutputError);
  expect(() => token('bytea', 'secret\\000')).toThrow(/^(?!.*secret).*bytea_output = hex/);
});

test('any array of texts comes back, whatever its shape, its bounds and its delimiter', () => {
  const delimiter = fc.constantFrom(COMMA, SEMICOLON);
  fc.assert(
    fc.property(anyArray(), delimiter, fc.constantFrom('', '[0:1]=', '[-5:-4][7:9]='), (value, between, bounds) => {
      const text = bounds + printed(value, String.fromCharCode(between));
      expect(JSON.parse(token(array('string', between), text))).toEqual(value);
    }),
    { numRuns: 2_000 },
  );
});

test('a value is read from within the bytes around it', () => {
  const bytes = Buffer.from('xx{"a"}yy');
  const out = new ByteWriter();
  writeValue(out, array('string'), bytes, 2, 7);
  expect(out.take().toString()).toBe('["a"]');
});

/** Nested lists as deep everywhere, as PostgreSQL has them. */
type Nested = readonly (string | null)[] | readonly Nested[];

function anyArray(): fc.Arbitrary<Nested> {
  const element = fc.option(fc.oneof(anyText(), fc.constantFrom('NULL', 'null', '', ' ', '{}', '"', '\\', ',;')));
  const flat = fc.array(element, { minLength: 1, maxLength: 4 });
  return fc.oneof(fc.constant([]), flat, fc.array(flat, { minLength: 1, maxLength: 3 }));
}

function anyText(): fc.Arbitrary<string> {
  const unit = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    fc.constantFrom('"', '\\', '\n', '\u0001', '\u001f', '\u007f', 'é', '€', '😀'),
  );
  // PostgreSQL's text has no zero byte.
  return fc.array(unit, { maxLength: 60 }).map((units) => units.join('').replaceAll('\0', ''));
}

/** As PostgreSQL's array_out prints: quoted where a reader would take it for something else. */
function printed(value: Nested | string | null, delimiter: string): string {
  if (value === null) return 'NULL';
  if (typeof value !== 'string') return `{${value.map((each) => printed(each, delimiter)).join(delimiter)}}`;
  const plain =
    value !== '' && value.toUpperCase() !== 'NULL' && !/[{}"\\\s]/.test(value) && !value.includes(delimiter);
  return plain ? value : `"${value.replaceAll(/["\\]/g, '\\$&')}"`;
}

function array(element: ValueKind, delimiter = COMMA): ValueKind {
  return { element, delimiter };
}

function token(kind: ValueKind, text: string): string {
  return tokenOf(kind, Buffer.from(text)).toString();
}

function tokenOf(kind: ValueKind, bytes: Buffer): Buffer {
  const out = new ByteWriter();
  writeValue(out, kind, bytes, 0, bytes.length);
  return out.take();
}
