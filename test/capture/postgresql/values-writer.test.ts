import fc from 'fast-check';
import { ByteWriter } from '../../../src/lib/capture/postgresql/values-writer';

test('pieces come out as they were written, and later ones change nothing in them', () => {
  const size = fc.oneof(fc.nat(40), fc.nat(100_000), fc.constant(600_000));
  fc.assert(
    fc.property(fc.array(fc.array(size, { maxLength: 4 }), { maxLength: 8 }), (pieces) => {
      const out = new ByteWriter();
      const taken = pieces.map((parts, index) => {
        for (const count of parts) out.raw(Buffer.alloc(count, index + 1));
        return out.take();
      });
      const expected = pieces.map((parts, index) => Buffer.alloc(sum(parts), index + 1));
      for (const [index, piece] of taken.entries()) expect(piece.equals(expected[index] ?? Buffer.alloc(0))).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('a piece outgrows its chunk without losing what it has', () => {
  const out = new ByteWriter();
  out.ascii('before');
  out.take();
  for (let index = 0; index < 200_000; index++) out.ascii(String(index % 10));
  out.byte(0x21);
  const piece = out.take().toString();
  expect(piece).toBe(`${'0123456789'.repeat(20_000)}!`);
});

test('what is rewound is gone, and a closing bracket takes the place of a comma', () => {
  const out = new ByteWriter();
  out.ascii('[1,');
  const { length } = out;
  out.ascii('oops');
  out.rewind(length);
  out.close(0x5d);
  out.ascii('[');
  out.close(0x5d);
  expect(out.text(0, out.length)).toBe('[1][]');
  expect(out.take().toString()).toBe('[1][]');
  expect(out.length).toBe(0);
});

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
