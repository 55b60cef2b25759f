import { judgeGaps } from '../../src/lib/doctor/judge-ledgers';
import { type Ledger } from '../../src/lib/ledger/ledger';

const withGaps = (count: number): Ledger => {
  const gaps = Array.from({ length: count }, (_, i) => ({
    first: BigInt(2 * i + 1),
    last: BigInt(2 * i + 1),
    noticedAt: 1,
  }));
  return { hub: 'h', partition: '0', gaps } as unknown as Ledger;
};

test.each([
  [0, 'ok'],
  [1, 'warning'],
  [99, 'warning'],
  [100, 'failed'],
])('%d gaps: %s', (count, expected) => {
  expect(judgeGaps([withGaps(0), withGaps(count)])).toMatchObject({ outcome: expected });
});

test('so many gaps as log compaction makes are refused, with how to see the policy', () => {
  expect(JSON.stringify(judgeGaps([withGaps(8_000)]))).toContain('cleanupPolicy must say Delete');
});
