import { repairSummaries } from '../../../src/lib/maintenance/daily/repaired';

test('what a repair tells, in figures of each source', () => {
  const place = {
    namespace: 'n',
    hub: 'changes',
    incarnation: 1,
    partition: '3',
    settled: 0,
    reopened: [],
    absent: [],
  };
  const range = { first: 5n, last: 6n };
  const partitions = [
    { ...place, source: 'postgresql' as const, filled: 3, expired: [range], open: [], failure: null },
    {
      ...{ ...place, partition: '4', source: 'postgresql' as const, filled: 1, expired: [], failure: 'no luck' },
      open: [{ ...range, reason: 'unknown' as const, detail: 'nobody answers' }],
    },
  ];
  expect(repairSummaries({ isDryRun: false, isOutOfTime: false, partitions })).toEqual([
    {
      ...{ source: 'postgresql', filled: 4, newlyLost: 2, open: 2 },
      failures: ['changes/4: no luck', 'changes/4: nobody answers'],
    },
  ]);
});
