import fc from 'fast-check';
import { Binary, BSON, Decimal128, Double, Long, ObjectId } from 'mongodb';
import { eventToken, fragmentOf, highWaterMark, parseToken, tokenDocument } from '../../../local/mongodb/resume-token';
import { keyString } from '../../../local/mongodb/key-string';
import { TypeBits } from '../../../local/mongodb/type-bits';
import { embedded } from '../../../local/mongodb/values';

const at = (seconds: number, counter: number): bigint => (BigInt(seconds) << 32n) | BigInt(counter);
const raw = (document: object): Buffer => Buffer.from(BSON.serialize(document));
const inserted = (_id: unknown): Buffer => raw({ operationType: 'insert', documentKey: { _id } });

describe('a resume token', () => {
  test("is the server's own, byte for byte", () => {
    // From https://www.mongodb.com/docs/manual/changeStreams/#resume-tokens
    const position = {
      ts: at(1666193824, 1),
      txnOpIndex: 0,
      fromInvalidate: false,
      uuid: Buffer.from('ab1154acacd849a48c61756d70d3b21f', 'hex'),
      identifier: inserted(new ObjectId('635019a078be67426d7cf4d2')),
    };
    expect(eventToken(position)).toEqual({
      data: '82635019A0000000012B042C0100296E5A1004AB1154ACACD849A48C61756D70D3B21F463C6F7065726174696F6E54797065003C696E736572740046646F63756D656E744B65790046645F69640064635019A078BE67426D7CF4D2000004',
      typeBits: null,
    });
    expect(eventToken({ ...position, txnOpIndex: 499 }).data).toContain('2B042C01002C03E66E5A1004AB');
    expect(highWaterMark(at(1666277036, 2))).toEqual({ data: '8263515EAC000000022B0429296E1404', typeBits: null });
  });

  const ids = fc.oneof(
    fc.integer(),
    fc.double(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => new Long(value)),
    fc.tuple(fc.integer(), fc.integer({ min: -30, max: 5 })).map(([c, e]) => Decimal128.fromString(`${c}e${e}`)),
    fc.string(),
    fc.boolean(),
    fc.constant(null),
    fc.date({ noInvalidDate: true }),
    fc.record({ a: fc.integer(), b: fc.string() }),
    fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => new ObjectId(bytes)),
  );
  const positions = fc.record({
    ts: fc.bigInt({ min: 1n, max: 2n ** 63n }),
    txnOpIndex: fc.nat(100_000),
    fromInvalidate: fc.boolean(),
    uuid: fc.option(fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes))),
    identifier: ids.map(inserted),
  });

  test('tells again what it was made of', () => {
    fc.assert(
      fc.property(positions, fc.option(fc.nat(300)), (position, fragment) => {
        const token = eventToken(position, fragment);
        const { ts, fromInvalidate, uuid } = position;
        const facts = { ts, isHighWaterMark: false, fromInvalidate, hasUuid: uuid !== null };
        expect(parseToken(embedded(tokenDocument(token)))).toEqual({ token, facts });
        expect(fragmentOf(token, eventToken(position))).toBe(fragment);
      }),
    );
  });

  test('sorts by its time, then its place in the transaction, then as invalidation, then by its fragment', () => {
    const order = fc.record({
      ts: fc.bigInt({ min: 1n, max: 5n }),
      txnOpIndex: fc.nat(300),
      fromInvalidate: fc.boolean(),
    });
    const fragments = fc.option(fc.nat(300));
    fc.assert(
      fc.property(order, order, fragments, fragments, (a, b, fragmentA, fragmentB) => {
        const common = { uuid: Buffer.alloc(16, 7), identifier: inserted(1) };
        const rank = ({ ts, txnOpIndex, fromInvalidate }: typeof a, fragment: number | null) => [
          Number(ts),
          txnOpIndex,
          Number(fromInvalidate),
          fragment ?? -1,
        ];
        const [one, other] = [rank(a, fragmentA), rank(b, fragmentB)];
        const difference = one.map((each, index) => each - (other[index] ?? 0)).find((each) => each !== 0) ?? 0;
        const [tokenA, tokenB] = [
          eventToken({ ...a, ...common }, fragmentA).data,
          eventToken({ ...b, ...common }, fragmentB).data,
        ];
        expect(Math.sign(difference)).toBe(tokenA < tokenB ? -1 : tokenA > tokenB ? 1 : 0);
      }),
    );
  });

  test('sorts behind the mark of its moment, and before that of the next', () => {
    fc.assert(
      fc.property(positions, (position) => {
        const { data } = eventToken(position);
        const marks = [position.ts, position.ts + 1n].map((ts) => highWaterMark(ts).data);
        expect([...marks, data].toSorted()).toEqual([marks[0], data, marks[1]]);
      }),
    );
  });

  test('says the types that its bytes do not, byte for byte', () => {
    // Of servers that other projects have written down; the last two with a first `_id` token of version 1.
    const uuid = Buffer.from('35e288933c8245c6b0e9de829c0e5056', 'hex');
    const index = (name: string) => ({ v: 2, key: { [name]: new Double(1) }, name: `${name}_1` });
    const identifier = raw({
      operationType: 'createIndexes',
      operationDescription: { indexes: [index('a'), index('b')] },
    });
    expect(eventToken({ ts: at(1752828404, 6), txnOpIndex: 0, fromInvalidate: false, uuid, identifier })).toEqual({
      data: '82687A09F4000000062B042C0100296E5A100435E288933C8245C6B0E9DE829C0E5056463C6F7065726174696F6E54797065003C637265617465496E646578657300466F7065726174696F6E4465736372697074696F6E004650696E64657865730050461E76002B04466B657900461E61002B02003C6E616D65003C615F310000461E76002B04466B657900461E62002B02003C6E616D65003C625F31000000000004',
      typeBits: Buffer.from('gwBCAA==', 'base64'),
    });
    const modified = raw({
      operationType: 'modify',
      operationDescription: { index: { name: 'expiresAt_1', expireAfterSeconds: new Long(3600) } },
    });
    const position = { ts: at(1789536876, 1), txnOpIndex: 0, fromInvalidate: false, uuid, identifier: modified };
    expect(eventToken(position).data).toContain('1E65787069726541667465725365636F6E6473002C1C20000000');
    expect(eventToken(position).typeBits).toEqual(Buffer.from('ggAC', 'base64'));
    const keyed = (value: unknown): [string | undefined, string | undefined] => {
      const bits = new TypeBits();
      bits.add(0, 6);
      const key = keyString(embedded(raw({ _id: value })), bits);
      return [key.toString('hex').toUpperCase(), bits.encoded?.toString('base64')];
    };
    expect(keyed(new Double(2))).toEqual(['461E5F6964002B0400', 'QA==']);
    expect(keyed(new Double(11.112))).toEqual(['461E5F6964002B171CAC083126E98000', 'QA==']);
    expect(keyed(new Double(11.113))).toEqual(['461E5F6964002B171CED916872B00000', 'QA==']);
    expect(keyed({ foo: new Double(1), bar: new Double(2) })).toEqual([
      '46465F696400461E666F6F002B021E626172002B040000',
      'gkAB',
    ]);
    // By the server's source: -0.0 and decimals say more than their type, here an exponent of -2 and one of 0.
    expect(keyed(new Double(-0))).toEqual(['461E5F6964002900', 'gsAA']);
    expect(keyed(Decimal128.fromString('1.50'))[1]).toBe('gsAe');
    expect(keyed(Decimal128.fromString('0'))[1]).toBe('g8AOAg==');
  });

  test('sorts as numbers do, whatever their type', () => {
    const numbers = fc.oneof(
      fc.double({ noNaN: true }).map((value): [unknown, number] => [new Double(value), value]),
      fc.integer().map((value): [unknown, number] => [value, value]),
      fc
        .tuple(fc.integer(), fc.integer({ min: -20, max: 5 }))
        .map(([c, e]): [unknown, number] => [Decimal128.fromString(`${c}e${e}`), Number(`${c}e${e}`)]),
    );
    const keyOfNumber = (value: unknown): string =>
      keyString(embedded(raw({ _id: value })), new TypeBits()).toString('hex');
    fc.assert(
      fc.property(numbers, numbers, ([a, numberA], [b, numberB]) => {
        if (numberA !== numberB) expect(keyOfNumber(a) < keyOfNumber(b)).toBe(numberA < numberB);
      }),
      { numRuns: 1000 },
    );
  });

  test.each<[string, unknown, (typeBits: Buffer | undefined) => unknown, unknown]>([
    ['a whole double is the same number all the same', new Double(7), () => undefined, 'same'],
    ['a small 64-bit number, too', new Long(7), () => undefined, 'same'],
    ['a great 64-bit number is cut to 32 bits', new Long(2n ** 40n + 7n), () => undefined, 'other'],
    ['a fraction is none', new Double(1.5), () => undefined, 50810],
    ['a fraction below 1 is none', new Double(0.5), () => undefined, 50825],
    ['a very small one is none', new Double(1e-200), () => undefined, 50823],
    ['a very great number is none', new Double(1e300), () => undefined, 50826],
    ['no number is none', new Double(NaN), () => undefined, 50819],
    ['bits as text are refused', new Double(7), (bits) => bits?.toString('base64'), 40648],
    ['bits as JSON are refused', new Double(7), (bits) => ({ $binary: bits?.toString('base64') }), 40648],
    ['bits of another subtype are refused', new Double(7), (bits) => new Binary(bits, 4), 40648],
    ['bits that end too early are refused', Decimal128.fromString('7'), () => new Binary(Buffer.of(0x40)), 50615],
  ])('without its type bits: %s', (_name, id, change, expected) => {
    const uuid = Buffer.alloc(16, 7);
    const position = { ts: at(1, 1), txnOpIndex: 0, fromInvalidate: false, uuid, identifier: inserted(id) };
    const token = eventToken(position);
    const _typeBits = change(token.typeBits ?? undefined);
    const sent = embedded(raw({ _data: token.data, ...(_typeBits === undefined ? {} : { _typeBits }) }));
    if (typeof expected === 'number')
      expect(() => parseToken(sent)).toThrow(expect.objectContaining({ code: expected }) as Error);
    else expect(parseToken(sent).token.data === token.data ? 'same' : 'other').toBe(expected);
  });

  test.each([
    ['of no bytes', '', 40649],
    ['of another version', '82635019A0000000012B022C0100296E04', 50795],
    ['cut short', '82635019A0', 15],
    ['of no numbers', 'no token', 9],
    ['of half a byte', '8', 9],
    ['without its event', '82635019A0000000012B042C0100296E1404', 6189501],
    ['of a mark with an event', '82635019A0000000012B0429296E14460004', 6189504],
  ])('%s is refused', (_name, _data, code) => {
    expect(() => parseToken(embedded(raw({ _data })))).toThrow(expect.objectContaining({ code }) as Error);
  });
});
