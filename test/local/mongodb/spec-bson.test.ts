import { documentJson } from '../../../src/lib/capture/mongodb/canonical-json';

/**
 * The facts of the BSON corpus, restated: which bytes are which canonical Extended JSON, and which bytes are no BSON.
 * https://github.com/mongodb/specifications/blob/master/source/bson-corpus/bson-corpus.md
 */
const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

/** A document of one field `a`. */
function field(type: number, value: Buffer): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(4), Buffer.of(type, 0x61, 0), value, Buffer.of(0)]);
  bytes.writeInt32LE(bytes.length);
  return bytes;
}

const hex = (type: number, value: string): Buffer => field(type, bytesOf(value));

function text(type: number, value: string): Buffer {
  const content = Buffer.from(`${value}\0`);
  const length = Buffer.alloc(4);
  length.writeInt32LE(content.length);
  return field(type, Buffer.concat([length, content]));
}

/** A type, a description, the bytes, and the value of `a` as canonical Extended JSON. */
type Valid = readonly [type: string, what: string, bytes: Buffer, json: string];

const number = (kind: string, value: string): string => `{"$number${kind}":"${value}"}`;
const binary = (base64: string, subType: string): string => `{"$binary":{"base64":"${base64}","subType":"${subType}"}}`;
const regex = (pattern: string, options: string): string =>
  `{"$regularExpression":{"pattern":"${pattern}","options":"${options}"}}`;
const date = (milliseconds: string): string => `{"$date":{"$numberLong":"${milliseconds}"}}`;

function int32(value: number): Valid {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return ['int32', String(value), field(0x10, bytes), number('Int', String(value))];
}

function int64(value: bigint): Valid {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return ['int64', String(value), field(0x12, bytes), number('Long', String(value))];
}

const double = (what: string, value: string, json: string): Valid => [
  'double',
  what,
  hex(1, value),
  number('Double', json),
];

function dateAt(milliseconds: bigint): Valid {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(milliseconds);
  return ['datetime', String(milliseconds), field(9, bytes), date(String(milliseconds))];
}

const OID = '56e1fc72e0c917e9c4714161';

const VALID: readonly Valid[] = [
  ['array', 'empty', hex(4, '05000000 00'), '[]'],
  ['array', 'of one', hex(4, '0c000000 103000 0a000000 00'), '[{"$numberInt":"10"}]'],
  ['array', 'of one with an empty index', hex(4, '0b000000 1000 0a000000 00'), '[{"$numberInt":"10"}]'],
  ['array', 'of one with another index', hex(4, '0d000000 10616200 0a000000 00'), '[{"$numberInt":"10"}]'],
  [
    'array',
    'of two with one index',
    hex(4, '13000000 103000 0a000000 103000 14000000 00'),
    '[{"$numberInt":"10"},{"$numberInt":"20"}]',
  ],
  ['boolean', 'true', hex(8, '01'), 'true'],
  ['boolean', 'false', hex(8, '00'), 'false'],
  ['null', 'null', hex(10, ''), 'null'],
  ['undefined', 'undefined', hex(6, ''), '{"$undefined":true}'],
  ['minkey', 'MinKey', hex(0xff, ''), '{"$minKey":1}'],
  ['maxkey', 'MaxKey', hex(0x7f, ''), '{"$maxKey":1}'],
  ...[-2147483648, 2147483647, -1, 0, 1].map(int32),
  ...[-9223372036854775808n, 9223372036854775807n, -1n, 0n, 1n].map(int64),
  double('1', '000000000000f03f', '1.0'),
  double('-1', '000000000000f0bf', '-1.0'),
  double('1.0001220703125', '000000008000f03f', '1.0001220703125'),
  double('-1.0001220703125', '000000008000f0bf', '-1.0001220703125'),
  double('1.2345678921232e18', '2a1bf5f41022b143', '1234567892123200000.0'),
  double('-1.2345678921232e18', '2a1bf5f41022b1c3', '-1234567892123200000.0'),
  double('0', '0000000000000000', '0.0'),
  double('-0', '0000000000000080', '-0.0'),
  double('NaN', '000000000000f87f', 'NaN'),
  double('NaN with a payload', '120000000000f87f', 'NaN'),
  double('Infinity', '000000000000f07f', 'Infinity'),
  double('-Infinity', '000000000000f0ff', '-Infinity'),
  ...[0n, 1356351330500n, -284643869501n, 253402300800000n, 1n].map(dateAt),
  ['string', 'empty', text(2, ''), '""'],
  ['string', 'of one letter', text(2, 'b'), '"b"'],
  ['string', 'of several letters', text(2, 'abababababab'), '"abababababab"'],
  ['string', 'of two bytes a letter', text(2, '\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9'), '"éééééé"'],
  ['string', 'of three bytes a letter', text(2, '\u2606\u2606\u2606\u2606'), '"☆☆☆☆"'],
  ['string', 'with noughts', text(2, 'ab\0bab\0babab'), String.raw`"ab\u0000bab\u0000babab"`],
  [
    'string',
    'with what JSON escapes',
    text(2, 'ab\\"\u0001\u0002\u0008\u0009\u000a\u000cd'),
    String.raw`"ab\\\"\u0001\u0002\b\t\n\fd"`,
  ],
  ['symbol', 'empty', text(14, ''), '{"$symbol":""}'],
  ['symbol', 'of one letter', text(14, 'b'), '{"$symbol":"b"}'],
  ['symbol', 'of several letters', text(14, 'abababababab'), '{"$symbol":"abababababab"}'],
  ['symbol', 'of two bytes a letter', text(14, 'éééééé'), '{"$symbol":"éééééé"}'],
  ['symbol', 'of three bytes a letter', text(14, '☆☆☆☆'), '{"$symbol":"☆☆☆☆"}'],
  ['symbol', 'with noughts', text(14, 'ab\0bab\0babab'), String.raw`{"$symbol":"ab\u0000bab\u0000babab"}`],
  ['code', 'empty', text(13, ''), '{"$code":""}'],
  ['code', 'of one letter', text(13, 'b'), '{"$code":"b"}'],
  ['code', 'of several letters', text(13, 'abababababab'), '{"$code":"abababababab"}'],
  ['code', 'of two bytes a letter', text(13, 'éééééé'), '{"$code":"éééééé"}'],
  ['code', 'of three bytes a letter', text(13, '☆☆☆☆'), '{"$code":"☆☆☆☆"}'],
  ['code', 'with noughts', text(13, 'ab\0bab\0babab'), String.raw`{"$code":"ab\u0000bab\u0000babab"}`],
  ['code_w_scope', 'empty, empty scope', hex(15, '0e000000 01000000 00 05000000 00'), '{"$code":"","$scope":{}}'],
  [
    'code_w_scope',
    'code, empty scope',
    hex(15, '12000000 05000000 6162636400 05000000 00'),
    '{"$code":"abcd","$scope":{}}',
  ],
  [
    'code_w_scope',
    'empty, a scope',
    hex(15, '15000000 01000000 00 0c000000 107800 01000000 00'),
    '{"$code":"","$scope":{"x":{"$numberInt":"1"}}}',
  ],
  [
    'code_w_scope',
    'code and a scope',
    hex(15, '19000000 05000000 6162636400 0c000000 107800 01000000 00'),
    '{"$code":"abcd","$scope":{"x":{"$numberInt":"1"}}}',
  ],
  [
    'code_w_scope',
    'letters and noughts',
    hex(15, '12000000 05000000 c3a9006400 05000000 00'),
    String.raw`{"$code":"é\u0000d","$scope":{}}`,
  ],
  ['document', 'empty', hex(3, '05000000 00'), '{}'],
  ['document', 'with an empty name', hex(3, '0d000000 0200 02000000 6200 00'), '{"":"b"}'],
  ['document', 'with one field', hex(3, '0e000000 026100 02000000 6200 00'), '{"a":"b"}'],
  ['document', 'with names of dollars and dots', hex(3, '10000000 0224612e6200 0100000000 00'), '{"$a.b":""}'],
  ['dbpointer', 'with a name', hex(12, `02000000 6200 ${OID}`), `{"$dbPointer":{"$ref":"b","$id":{"$oid":"${OID}"}}}`],
  ['dbpointer', 'with UTF-8', hex(12, `03000000 c3a900 ${OID}`), `{"$dbPointer":{"$ref":"é","$id":{"$oid":"${OID}"}}}`],
  ...['000000000000000000000000', 'ffffffffffffffffffffffff', OID].map((id): Valid => [
    'oid',
    id,
    hex(7, id),
    `{"$oid":"${id}"}`,
  ]),
  ['regex', 'empty', hex(11, '00 00'), regex('', '')],
  ['regex', 'without options', hex(11, '61626300 00'), regex('abc', '')],
  ['regex', 'with options', hex(11, '61626300 696d00'), regex('abc', 'im')],
  ['regex', 'with a slash', hex(11, '61622f636400 696d00'), regex('ab/cd', 'im')],
  ['regex', 'with many options', hex(11, '61626300 696d737800'), regex('abc', 'imsx')],
  ['regex', 'with a backslash and a quote', hex(11, '5c22 00 00'), regex(String.raw`\\\"`, '')],
  ['timestamp', 'of 123456789 and 42', hex(17, '2a000000 15cd5b07'), '{"$timestamp":{"t":123456789,"i":42}}'],
  [
    'timestamp',
    'with the highest bits',
    hex(17, 'ffffffff ffffffff'),
    '{"$timestamp":{"t":4294967295,"i":4294967295}}',
  ],
  ['timestamp', 'with a high counter', hex(17, '00286bee 00286bee'), '{"$timestamp":{"t":4000000000,"i":4000000000}}'],
  ['binary', 'of no bytes', hex(5, '00000000 00'), binary('', '00')],
  ['binary', 'subtype 0', hex(5, '02000000 00 ffff'), binary('//8=', '00')],
  ['binary', 'subtype 1', hex(5, '02000000 01 ffff'), binary('//8=', '01')],
  ['binary', 'subtype 2', hex(5, '06000000 02 02000000 ffff'), binary('//8=', '02')],
  ['binary', 'subtype 2 of no bytes', hex(5, '04000000 02 00000000'), binary('', '02')],
  ...['03', '04', '05', '06', '07', '08', '09', '80', 'ff'].map((subType): Valid => [
    'binary',
    `subtype ${subType}`,
    hex(5, `10000000 ${subType} 73ffd26444b34c6990e8e7d1dfc035d4`),
    binary('c//SZESzTGmQ6OfR38A11A==', subType),
  ]),
];

describe('the BSON corpus: valid documents', () => {
  test.each(VALID)('%s: %s', (_type, _what, bytes, json) => {
    expect(documentJson(bytes)).toBe(`{"a":${json}}`);
  });

  test('names: empty, with a dollar, with dots, one twice, __proto__', () => {
    const names = ['', '$', '$a', 'a.b', '.', 'a', 'a', '__proto__', 'd$', '1'];
    const fields = names.map((name) => Buffer.concat([Buffer.of(10), Buffer.from(`${name}\0`)]));
    const bytes = Buffer.concat([Buffer.alloc(4), ...fields, Buffer.of(0)]);
    bytes.writeInt32LE(bytes.length);
    expect(documentJson(bytes)).toBe(`{${names.map((name) => `"${name}":null`).join()}}`);
    expect(documentJson(bytesOf('0500000000'))).toBe('{}');
  });
});

/** A decimal's bytes: sign, exponent with a bias of 6176, coefficient. https://github.com/mongodb/specifications/blob/master/source/bson-decimal128/decimal128.md */
function decimal(coefficient: bigint, exponent: number, isNegative: boolean): Buffer {
  const high = (isNegative ? 1n << 63n : 0n) | (BigInt(exponent + 6176) << 49n) | (coefficient >> 64n);
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, coefficient));
  bytes.writeBigUInt64LE(high, 8);
  return bytes;
}

/** The specification's text of it: plain where the exponent is 0 or below and the number no smaller than 1E-6, else scientific. */
function decimalText(coefficient: bigint, exponent: number, isNegative: boolean): string {
  const digits = String(coefficient);
  const adjusted = exponent + digits.length - 1;
  const sign = isNegative ? '-' : '';
  if (exponent > 0 || adjusted < -6) {
    const mantissa = digits.length === 1 ? digits : `${digits.slice(0, 1)}.${digits.slice(1)}`;
    return `${sign}${mantissa}E${adjusted < 0 ? '-' : '+'}${Math.abs(adjusted)}`;
  }
  if (exponent === 0) return sign + digits;
  const padded = digits.padStart(1 - exponent, '0');
  return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
}

const COEFFICIENTS = [
  0n,
  1n,
  7n,
  10n,
  12n,
  100n,
  123n,
  1234n,
  12345n,
  70n,
  750n,
  123456789n,
  9999999999999999999999999999999999n,
  1234567890123456789012345678901234n,
];
const EXPONENTS = [
  -6176, -6143, -400, -33, -20, -10, -9, -8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 6, 9, 33, 90, 999, 6111,
];

describe('the BSON corpus: decimal128', () => {
  const cases = COEFFICIENTS.flatMap((coefficient) =>
    EXPONENTS.flatMap((exponent) => [false, true].map((isNegative) => ({ coefficient, exponent, isNegative }))),
  );

  test(`finite numbers (${cases.length})`, () => {
    for (const { coefficient, exponent, isNegative } of cases)
      expect(documentJson(field(19, decimal(coefficient, exponent, isNegative)))).toBe(
        `{"a":${number('Decimal', decimalText(coefficient, exponent, isNegative))}}`,
      );
  });

  test.each([
    ['NaN', '000000000000000000000000 0000007c', 'NaN'],
    ['-NaN', '000000000000000000000000 000000fc', 'NaN'],
    ['a signalling NaN', '000000000000000000000000 0000007e', 'NaN'],
    ['NaN with a payload', '120000000000000000000000 0000007c', 'NaN'],
    ['Infinity', '000000000000000000000000 00000078', 'Infinity'],
    ['-Infinity', '000000000000000000000000 000000f8', '-Infinity'],
  ])('%s', (_what, bytes, json) => {
    expect(documentJson(hex(19, bytes))).toBe(`{"a":${number('Decimal', json)}}`);
  });

  // Texts that the corpus names, so that the rule above is not its own witness.
  test.each([
    [0n, 0, false, '0'],
    [0n, 0, true, '-0'],
    [0n, 1, false, '0E+1'],
    [0n, -6, false, '0.000000'],
    [0n, -7, false, '0E-7'],
    [0n, 6111, false, '0E+6111'],
    [0n, -6176, true, '-0E-6176'],
    [1n, -6, false, '0.000001'],
    [1n, -7, false, '1E-7'],
    [70n, -1, false, '7.0'],
    [750n, 9, false, '7.50E+11'],
    [12345n, -5, true, '-0.12345'],
    [1234567890123456789012345678901234n, -33, false, '1.234567890123456789012345678901234'],
    [9999999999999999999999999999999999n, 6111, false, '9.999999999999999999999999999999999E+6144'],
    [1n, -6176, false, '1E-6176'],
    [1n, 3, false, '1E+3'],
  ] as const)(
    '%d times 10 to the power of %d has the text of the corpus (%s)',
    (coefficient, exponent, isNegative, json) => {
      expect(documentJson(field(19, decimal(coefficient, exponent, isNegative)))).toBe(
        `{"a":${number('Decimal', json)}}`,
      );
    },
  );
});

/** What is no BSON. */
const BROKEN: readonly (readonly [what: string, bytes: string])[] = [
  ['a document without its end', '05000000'],
  ['a document that is shorter than it says', '12000000 0861 00 01 00'],
  ['a document with another end', '09000000 0861 00 01 01'],
  ['a length of 0', '00000000 00'],
  ['a negative length', 'ffffffff 00'],
  ['a length without a document', '05'],
  ['a name without its end', '0b000000 10 616161616161'],
  ['an unknown type', '09000000 20 6100 01 00'],
  ['a type between the known', '09000000 80 6100 01 00'],
  ['a string length of -1', '0c000000 026100 ffffffff 00'],
  ['a string that eats the end', '10000000 026100 05000000 62006200 00'],
  ['a string longer than the document', '12000000 026100 ffffff00 666f6f626172 00 00'],
  ['a symbol longer than the document', '12000000 0e6100 ffffff00 666f6f626172 00'],
  ['a code length of -1', '0c000000 0d6100 ffffffff 00'],
  ['a code longer than the document', '10000000 0d6100 05000000 62006200 00'],
  ['a subdocument that eats the end', '18000000 03666f6f00 0f000000 10626172 00 ffffff7f 00 00'],
  ['a subdocument longer than the document', '15000000 03666f6f00 20000000 08626172 00 01 00 00'],
  ['an array that eats the end', '14000000 046100 0e000000 103000 0a000000 00 00'],
  ['an int32 that is cut short', '09000000 106100 05 00'],
  ['an int64 that is cut short', '0c000000 126100 12345678 00'],
  ['a double that is cut short', '0c000000 016400 0000f03f 00'],
  ['a date that is cut short', '0c000000 096100 12345678 00'],
  ['a timestamp that is cut short', '0f000000 116100 2a000000 15cd5b 00'],
  ['an ObjectId that is cut short', '12000000 076100 56e1fc72e0c917e9c471 00'],
  ['a decimal that is cut short', '17000000 136100 000000000000000000000000000000 00'],
  ['a binary of negative length', '0d000000 056100 ffffffff 00 00'],
  ['a binary longer than the document', '1d000000 056100 ff000000 05 73ffd26444b34c6990e8e7d1dfc035d4 00'],
  ['a DBPointer whose name is longer than the document', '1a000000 0c6100 30000000 6200 56e1fc72e0c917e9c4714161 00'],
  ['a code with scope that is longer than the document', '1b000000 0f6100 ff000000 05000000 6162636400 05000000 00 00'],
  [
    'a code with scope whose code is longer than it',
    '21000000 0f6100 18000000 ff000000 6162636400 0c000000 107800 01000000 00 00',
  ],
];

/** What the corpus refuses, and this reader takes: it reads what the server sent, which does not send such things. */
const TAKEN: readonly (readonly [what: string, bytes: string, json: string])[] = [
  ['a document that is longer than it says', '0400000000', '{}'],
  ['a string length of 0', '0c000000 026100 00000000 00', '{"a":""}'],
  ['a symbol length of 0', '0c000000 0e6100 00000000 00', '{"a":{"$symbol":""}}'],
  ['a string without its end', '10000000 026100 04000000 61626364 00', '{"a":"abc"}'],
  ['a boolean of 2', '09000000 086200 02 00', '{"b":true}'],
  ['bytes that are no UTF-8', '0e000000 026100 02000000 e900 00', '{"a":"\ufffd"}'],
];

describe('the BSON corpus: what is no BSON', () => {
  test.each(BROKEN)('%s is refused', (_what, bytes) => {
    expect(() => documentJson(bytesOf(bytes))).toThrow();
  });

  test.each(TAKEN)('%s is taken all the same', (_what, bytes, json) => {
    expect(documentJson(bytesOf(bytes))).toBe(json);
  });
});
