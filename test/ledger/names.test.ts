import fc from 'fast-check';
import {
  claimPath,
  dataPath,
  formatName,
  ledgerPath,
  parentOf,
  parseName,
  parseStagedName,
  stagedPath,
  type DataFile,
} from '../../src/lib/ledger/names';

const FILE: DataFile = {
  firstEnqueuedAt: Date.UTC(2026, 10, 22, 23, 59, 59, 998),
  partition: '3',
  incarnation: 1,
  first: 41_207n,
  last: 41_300n,
  count: 94,
};

const PARTITION = { namespace: 'example.servicebus.windows.net', hub: 'changes', partition: '3', incarnation: 1 };

test('a name tells enqueued time, partition, range and count', () => {
  expect(formatName(FILE)).toBe('data_20261122T235959998Z_3_41207-41300_94.json');
});

test('an incarnation after the first is named too', () => {
  expect(formatName({ ...FILE, incarnation: 2 })).toBe('data_20261122T235959998Z_3_i2_41207-41300_94.json');
});

test('the day folder is the UTC day, whatever the time zone of the machine', () => {
  expect(dataPath('bronze', 'postgresql', FILE)).toBe(`bronze/postgresql/2026/11/22/${formatName(FILE)}`);
  const after = { ...FILE, firstEnqueuedAt: FILE.firstEnqueuedAt + 2 };
  expect(dataPath('quarantine', 'mongodb', after)).toBe(`quarantine/mongodb/2026/11/23/${formatName(after)}`);
});

test('every name that is formatted can be parsed, and gives the file back', () => {
  const files = fc.record({
    firstEnqueuedAt: fc.integer({ min: 0, max: Date.UTC(2199, 0) }),
    partition: fc.nat(2_000).map(String),
    incarnation: fc.integer({ min: 1, max: 99 }),
    first: fc.bigInt({ min: 0n, max: 2n ** 63n - 1_000n }),
    count: fc.nat(500),
  });
  fc.assert(
    fc.property(files, (shape) => {
      const file = { ...shape, last: shape.first + BigInt(shape.count) };
      expect(parseName(formatName(file))).toEqual(file);
      const id = '0b8c3a1e-0000-4000-8000-000000000000-7';
      const staged = stagedPath({ ...PARTITION, partition: file.partition }, id, 'quarantine', file);
      expect(parseStagedName(staged.slice(parentOf(staged).length + 1))).toEqual({ id, shelf: 'quarantine', file });
    }),
  );
});

test.each([
  'data_.json',
  'data_20261122T235959998Z_3_41207-41300_94.json.tmp',
  'part-00000.parquet',
  'data_20261322T235959998Z_3_1-2_2.json',
  'data_20261122T235959998Z_3_2-1_2.json',
  'data_20261122T235959998Z_03_1-2_2.jsonx',
  'data_20261122T235959998Z_3_i1_1-2_2.json',
  'data_20261122T235959998Z_3_01-2_2.json',
])('%s is a stranger', (name) => {
  expect(parseName(name)).toBeNull();
});

test('a claim has one path for its event, and another for every other event', () => {
  const path = claimPath('postgresql', '7431234567890123456/slot/00000000016E9768/4');
  expect(path).toMatch(/^claims\/postgresql\/[0-9a-f]{64}\.json$/);
  expect(claimPath('postgresql', '7431234567890123456/slot/00000000016E9768/4')).toBe(path);
  expect(claimPath('postgresql', '7431234567890123456/slot/00000000016E9768/5')).not.toBe(path);
  expect(claimPath('mongodb', '../../x')).toMatch(/^claims\/mongodb\/[0-9a-f]{64}\.json$/);
});

test('staged names and ledgers live under _system, apart for each hub, incarnation and partition', () => {
  expect(ledgerPath(PARTITION)).toBe('_system/ledger/example.servicebus.windows.net/changes/1/3.json');
  expect(stagedPath(PARTITION, 'id-0', 'bronze', FILE)).toBe(
    `_system/staging/example.servicebus.windows.net/changes/1/3/id-0_bronze_${formatName(FILE)}`,
  );
  expect(parseStagedName('anything')).toBeNull();
});
