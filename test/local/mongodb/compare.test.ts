import fc from 'fast-check';
import { BSON, Binary, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'mongodb';
import { compare, keyOf } from '../../../local/mongodb/compare';
import { field, type RawValue } from '../../../local/mongodb/raw';

const raw = (value: unknown): RawValue => field(Buffer.from(BSON.serialize({ value })), 'value') as RawValue;

test('values sort as the server sorts them, kind after kind', () => {
  const ascending = [
    ...[new MinKey(), null, new Double(NaN), new Double(-Infinity), new Long(-5n), new Double(-1.5), new Int32(0)],
    ...[
      Decimal128.fromString('0.5'),
      new Int32(1),
      new Double(1.5),
      Long.fromBigInt(2n ** 53n + 1n),
      new Double(Infinity),
    ],
    ...['', 'Z', 'a', 'ab', {}, { a: 1 }, { a: 2 }, { a: 2, b: 0 }, { b: 1 }, { a: 'x' }],
    ...[
      [],
      [1],
      [1, 2],
      new Binary(Buffer.of(2)),
      new Binary(Buffer.of(1, 1)),
      new ObjectId('000000000000000000000001'),
    ],
    ...[false, true, new Date(-1), new Date(5), new Timestamp({ t: 1, i: 2 }), /a/, new MaxKey()],
  ].map(raw);
  for (const [index, one] of ascending.entries()) {
    expect(compare(one, one)).toBe(0);
    for (const other of ascending.slice(index + 1)) {
      expect(compare(one, other)).toBeLessThan(0);
      expect(compare(other, one)).toBeGreaterThan(0);
      expect(keyOf(one)).not.toBe(keyOf(other));
    }
  }
});

test('numbers are equal across their types, and have one key then', () => {
  for (const equal of [new Double(1), Long.fromNumber(1), Decimal128.fromString('1.0')].map(raw)) {
    expect(compare(raw(new Int32(1)), equal)).toBe(0);
    expect(keyOf(equal)).toBe(keyOf(raw(new Int32(1))));
  }
  // A double next to it would be taken for it.
  expect(compare(raw(Long.fromBigInt(2n ** 53n + 1n)), raw(new Double(2 ** 53)))).toBeGreaterThan(0);
});

test('values have the same key exactly if they are equal', () => {
  const values = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double(), fc.string({ maxLength: 2 }), fc.boolean());
  const documents = fc.oneof(
    values,
    fc.dictionary(fc.constantFrom('a', 'b'), values),
    fc.array(values, { maxLength: 3 }),
  );
  fc.assert(
    fc.property(documents, documents, (a, b) => {
      const [one, other] = [raw(a), raw(b)];
      expect(keyOf(one) === keyOf(other)).toBe(compare(one, other) === 0);
    }),
  );
});
