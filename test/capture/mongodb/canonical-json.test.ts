import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { BSON } from 'mongodb';
import { elementsOf } from '../../../src/lib/capture/mongodb/bson-elements';
import { documentElement, documentJson, jsonBytes } from '../../../src/lib/capture/mongodb/canonical-json';

const {
  EJSON,
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} = BSON;

const EXACT = { promoteValues: false, promoteLongs: false, promoteBuffers: false, bsonRegExp: true } as const;

/** What the driver makes of it. */
const byDriver = (bytes: Uint8Array): string => EJSON.stringify(BSON.deserialize(bytes, EXACT), { relaxed: false });

/** A document of one field `v`, from the bytes of its value. */
function single(type: number, value: readonly number[] | Buffer): Buffer {
  const bytes = Buffer.from([0, 0, 0, 0, type, 0x76, 0, ...value, 0]);
  bytes.writeInt32LE(bytes.length);
  return bytes;
}

/** Names that JavaScript keeps in their order, and BSON can hold. */
const named = (name: string): string => `n${name.replaceAll('\0', '')}`;

const value: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.string({ unit: 'grapheme' }),
    fc.double().map((number) => new Double(number)),
    fc.maxSafeInteger().map((number) => new Double(number)),
    fc.integer().map((number) => new Int32(number)),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((number) => Long.fromBigInt(number)),
    fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => new Decimal128(bytes)),
    fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => new ObjectId(bytes)),
    fc
      .tuple(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(0, 2, 5, 6, 128))
      .map(([b, type]) => new Binary(b, type)),
    fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => new Binary(bytes, 4)),
    fc.date({ noInvalidDate: true }),
    fc.tuple(fc.nat(), fc.nat()).map(([t, i]) => new Timestamp({ t, i })),
    fc.constantFrom<unknown>(null, true, false, new MinKey(), new MaxKey(), new Double(-0), new Double(1e21)),
    fc.constantFrom(new BSONRegExp('a"\\d/', 'im'), new Code('() => "x"'), new BSONSymbol('s"')),
    fc.string().map((code) => new Code(code, { x: new Int32(1) })),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string({ unit: 'grapheme' }).map(named), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

describe('canonical Extended JSON', () => {
  test('is what the driver makes of a document, byte for byte', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string().map(named), value, { maxKeys: 6, noNullPrototype: true }), (document) => {
        const bytes = Buffer.from(BSON.serialize(document, { ignoreUndefined: false }));
        expect(documentJson(bytes)).toBe(byDriver(bytes));
      }),
      { numRuns: 1_000 },
    );
  });

  test('keeps the fields in their order, whatever their names', () => {
    const bytes = BSON.serialize(
      new Map<string, unknown>([
        ['b', new Int32(1)],
        ['10', new Int32(2)],
        [
          '2',
          new Map([
            ['z', null],
            ['1', null],
          ]),
        ],
        ['__proto__', true],
        ['', 'x'],
      ]),
    );
    expect(documentJson(Buffer.from(bytes))).toBe(
      '{"b":{"$numberInt":"1"},"10":{"$numberInt":"2"},"2":{"z":null,"1":null},"__proto__":true,"":"x"}',
    );
  });

  test('keeps both of two fields with one name', () => {
    const bytes = Buffer.from([0, 0, 0, 0, 0x0a, 0x61, 0, 0x08, 0x61, 0, 1, 0]);
    bytes.writeInt32LE(bytes.length);
    expect(documentJson(bytes)).toBe('{"a":null,"a":true}');
  });

  test.each([
    [
      'a date beyond those of JavaScript',
      9,
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
      '{"$date":{"$numberLong":"9223372036854775807"}}',
    ],
    ['undefined', 6, [], '{"$undefined":true}'],
    [
      'a DBPointer',
      12,
      [2, 0, 0, 0, 0x62, 0, ...Array<number>(12).fill(0xab)],
      `{"$dbPointer":{"$ref":"b","$id":{"$oid":"${'ab'.repeat(12)}"}}}`,
    ],
    ['NaN', 1, [0, 0, 0, 0, 0, 0, 0xf8, 0x7f], '{"$numberDouble":"NaN"}'],
    ['bytes that are no UTF-8', 2, [3, 0, 0, 0, 0xc3, 0x28, 0], '"\ufffd("'],
  ] as const)('has %s', (_what, type, bytes, expected) => {
    expect(documentJson(single(type, bytes))).toBe(`{"v":${expected}}`);
  });

  test('is not made of what is no BSON', () => {
    expect(() => documentJson(single(0x30, []))).toThrow('BSON type 0x30 is not known');
    expect(() => elementsOf(single(2, [200, 0, 0, 0, 0]))).toThrow('does not end within its document');
    expect(() => elementsOf(Buffer.from([5, 0, 0, 0, 1]))).toThrow('does not end where it says');
  });
});

test('a large document is written in turns with the other work of the process, and comes out whole', async () => {
  const bytes = Buffer.from(BSON.serialize({ v: Array.from({ length: 100_000 }, (_, n) => n + 0.5), w: { x: [] } }));
  let [turns, isDone] = [0, false];
  const others = (async () => {
    for (; !isDone; turns += 1) await setImmediate();
  })();
  const written = await jsonBytes(['[', documentElement(bytes), ']']);
  isDone = true;
  await others;
  expect(written.toString()).toBe(`[${documentJson(bytes)}]`);
  // 3.6 MB of JSON; each turn writes less than a tenth of it.
  expect(turns).toBeGreaterThan(8);
});

test('a document of any depth is written', () => {
  const depth = 50_000;
  const nested = Buffer.alloc(8 * depth + 5);
  for (let level = 0, at = 0; level <= depth; level += 1, at += 7) {
    nested.writeInt32LE(nested.length - 8 * level, at);
    if (level < depth) nested.set([3, 0x61, 0], at + 4);
  }
  expect(documentJson(nested)).toBe(`${'{"a":'.repeat(depth)}{}${'}'.repeat(depth)}`);
});
