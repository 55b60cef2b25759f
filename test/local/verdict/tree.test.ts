import { firstLine, lakeTree, sizeOf } from '../../../local/verdict/tree';

const listed = (path: string, lines: number, bytes: number) => ({ path, lines, bytes });

test('the lake is a tree of day folders with files, events and sizes', () => {
  const tree = lakeTree([
    listed('bronze/postgresql/2026/11/25/a.json', 100, 120_000),
    listed('bronze/mongodb/2026/11/25/b.json', 1, 900),
    listed('bronze/postgresql/2026/11/24/c.json', 1_000, 1_200_000),
    listed('bronze/postgresql/2026/11/25/d.json', 20, 30_000),
    listed('quarantine/postgresql/2026/11/25/e.json', 2, 500),
  ]);
  expect(tree).toEqual([
    '├─ bronze/',
    '│  ├─ mongodb/2026/11/25           1 file       1 event         900 B',
    '│  ├─ postgresql/2026/11/24        1 file  1,000 events        1.2 MB',
    '│  └─ postgresql/2026/11/25       2 files    120 events        150 kB',
    '└─ quarantine/',
    '   └─ postgresql/2026/11/25        1 file      2 events         500 B',
  ]);
});

test('thousands of files are a line, and an empty lake is none', () => {
  const listing = Array.from({ length: 5_000 }, (_, i) => listed(`bronze/mongodb/2026/11/25/${i}.json`, 10, 10_000));
  expect(lakeTree(listing)).toHaveLength(2);
  expect(lakeTree(listing)[1]).toContain('5,000 files');
  expect(lakeTree([])).toEqual([]);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 kB'],
  [1_234_567, '1.2 MB'],
  [99_960, '100 kB'],
  [999_999, '1.0 MB'],
  [5e12, '5.0 TB'],
])('%i bytes are %s', (bytes, text) => {
  expect(sizeOf(bytes)).toBe(text);
});

test('a first line is shortened to a width, never within a character', () => {
  expect(firstLine(Buffer.from('{"a":1}\n{"b":2}\n'), 80)).toBe('{"a":1}');
  expect(firstLine(Buffer.from('{"a":1234567890}\n'), 8)).toBe('{"a":12…');
  expect(firstLine(Buffer.from('123456🙂9\n'), 8)).toBe('123456…');
  expect(firstLine(Buffer.from('no end'), 80)).toBe('no end');
  expect(firstLine(Buffer.alloc(0), 80)).toBe('');
});
