import fc from 'fast-check';
import { NULL_VALUE, type Tuple } from '../../../src/lib/capture/postgresql/pgoutput-messages';
import { CopyRows, parseCopyRow } from '../../../src/lib/capture/postgresql/values-copy';

const ROWS: readonly (readonly [string, (string | null)[]])[] = [
  ['42\tname\t\\N', ['42', 'name', null]],
  ['', ['']],
  ['\t', ['', '']],
  ['\\N', [null]],
  ['\\\\N', ['\\N']],
  ['\\N\t\\\\N\tN', [null, '\\N', 'N']],
  ['a\\tb\\nc\\rd\\be\\ff\\vg\\\\h', ['a\tb\nc\rd\be\ff\vg\\h']],
  ['ä\t\\\\\t€', ['ä', '\\', '€']],
];

test.each(ROWS)('the row %j is read', (row, expected) => {
  expect(values(parseCopyRow(Buffer.from(row), expected.length))).toEqual(expected);
});

test('a table without columns has empty rows', () => {
  expect(values(parseCopyRow(Buffer.alloc(0), 0))).toEqual([]);
});

test('a row with another number of columns is refused, without its values', () => {
  expect(() => parseCopyRow(Buffer.from('secret\tx'), 3)).toThrow(/^a row of COPY has 2 columns, expected 3$/);
  expect(() => parseCopyRow(Buffer.from('secret'), 0)).toThrow('has 1 columns, expected 0');
});

test('a row without escapes is not copied', () => {
  const row = Buffer.from('42\t\\N\tname');
  expect(parseCopyRow(row, 3).bytes).toBe(row);
});

test('any row comes back, and the bytes received stay as they were', () => {
  const value = fc.option(fc.array(fc.constantFrom('a', '\t', '\n', '\r', '\\', 'N', '\b', '\f', '\v', 'ä', '\u0001')));
  const row = fc.array(value, { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(row, (row) => {
      const expected = row.map((units) => units?.join('') ?? null);
      const text = expected.map(printed).join('\t');
      const bytes = Buffer.from(text);
      expect(values(parseCopyRow(bytes, expected.length))).toEqual(expected);
      expect(bytes.toString()).toBe(text);
    }),
    { numRuns: 1_000 },
  );
});

test('rows come out whole, wherever they were cut on the way', () => {
  const rows = fc.array(fc.stringMatching(/^[ab\\\t]{0,5}$/), { maxLength: 10 });
  fc.assert(
    fc.property(rows, fc.array(fc.nat(60)), (rows, cuts) => {
      const bytes = Buffer.from(rows.map((row) => `${row}\n`).join(''));
      const ends = [...cuts.filter((cut) => cut < bytes.length), bytes.length].sort((a, b) => a - b);
      const copy = new CopyRows();
      const received = ends.flatMap((end, index) => copy.push(bytes.subarray(ends[index - 1] ?? 0, end)));
      expect(received.map(String)).toEqual(rows);
    }),
  );
});

/** As `COPY … TO` prints a value. */
function printed(value: string | null): string {
  if (value === null) return '\\N';
  const letters: Record<string, string> = { '\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't', '\v': 'v' };
  return value.replaceAll(/[\b\f\n\r\t\v\\]/g, (unit) => `\\${letters[unit] ?? unit}`);
}

function values({ bytes, starts, lengths }: Tuple): (string | null)[] {
  return lengths.map((length, index) => {
    const start = starts[index] ?? NaN;
    return length === NULL_VALUE ? null : bytes.toString('utf8', start, start + length);
  });
}
