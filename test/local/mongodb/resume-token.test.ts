import fc from 'fast-check';
import { BSON, ObjectId } from 'mongodb';
import { eventToken, fragmentOf, highWaterMark, parseToken, tokenDocument } from '../../../local/mongodb/resume-token';
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
    expect(eventToken(position)).toBe(
      '82635019A0000000012B042C0100296E5A1004AB1154ACACD849A48C61756D70D3B21F463C6F7065726174696F6E54797065003C696E736572740046646F63756D656E744B65790046645F69640064635019A078BE67426D7CF4D2000004',
    );
    expect(eventToken({ ...position, txnOpIndex: 499 })).toContain('2B042C01002C03E66E5A1004AB');
    expect(highWaterMark(at(1666277036, 2))).toBe('8263515EAC000000022B0429296E1404');
  });

  const ids = fc.oneof(
    fc.integer(),
    fc.double({ noNaN: true }),
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
          eventToken({ ...a, ...common }, fragmentA),
          eventToken({ ...b, ...common }, fragmentB),
        ];
        expect(Math.sign(difference)).toBe(tokenA < tokenB ? -1 : tokenA > tokenB ? 1 : 0);
      }),
    );
  });

  test('sorts behind the mark of its moment, and before that of the next', () => {
    fc.assert(
      fc.property(positions, (position) => {
        const token = eventToken(position);
        expect(highWaterMark(position.ts) < token && token < highWaterMark(position.ts + 1n)).toBe(true);
      }),
    );
  });

  test.each([
    ['of no bytes', '', 9],
    ['of another version', '82635019A0000000012B022C0100296E04', 50795],
    ['cut short', '82635019A0', 50811],
  ])('%s is refused', (_name, _data, code) => {
    expect(() => parseToken(embedded(raw({ _data })))).toThrow(expect.objectContaining({ code }) as Error);
  });
});
