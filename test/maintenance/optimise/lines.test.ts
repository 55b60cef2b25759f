import { exitCodeOf, linesOf } from '../../../src/cli/lake/optimize-lines';
import { type Left, type LeftReason, type OptimiseReport } from '../../../src/lib/maintenance/optimise/report';

/** What the command says of a report, and its exit status. */

const planned = (first: number): OptimiseReport['planned'][number] => ({
  ...{ day: '2026/11/22', partition: '3', incarnation: 1, first: String(first), last: String(first + 9), inputs: 5 },
  ...{ outputs: ['bronze/x', 'quarantine/x'], bytes: 3 << 20 },
});

const left = (reason: LeftReason, files: number, detail: string | null = null): Left => ({
  ...{ day: '2026/11/22', partition: '3', reason, files, detail },
});

const report = (changes: Partial<OptimiseReport>): OptimiseReport => ({
  ...{ source: 'postgresql', dryRun: false, days: 2, files: 12_345, merged: [], finishedForOthers: 0, planned: [] },
  ...{ unfinished: [], totals: { plans: 0, inputs: 0, outputs: 0, bytes: 0 }, left: [], isOutOfTime: false },
  ...{ longestDoubledMs: 0, ...changes },
});

test('a run tells what it looked at, did and left, with reasons; what is good is only counted', () => {
  const totals = { plans: 3, inputs: 12_000, outputs: 4, bytes: 100 << 20 };
  const reasons = [left('good', 3), left('good', 2), left('file_damaged', 1, 'bronze/y')];
  const told = linesOf(
    report({ totals, longestDoubledMs: 2_100, finishedForOthers: 1, left: reasons, isOutOfTime: true }),
  );
  expect(told).toEqual([
    'postgresql: 2 closed days, 12,345 files; 12,000 files became 4 (100 MiB), visible twice for 2,100 ms at most; the time is up, the next run goes on',
    '  finished: 1 plans of runs that were cut off',
    '  left: 5 files, good as they are',
    '  left: 2026/11/22, partition 3: 1 files, damaged (bronze/y)',
  ]);
});

test('a dry run tells what would be, the first twenty, and never that it was', () => {
  const totals = { plans: 25, inputs: 125, outputs: 50, bytes: 75 << 20 };
  const plans = Array.from({ length: 25 }, (_, i) => planned(i * 10));
  const told = linesOf(report({ dryRun: true, totals, planned: plans, unfinished: [planned(900)] }));
  expect(told.slice(0, 3)).toEqual([
    'postgresql: 2 closed days, 12,345 files; 125 files would become 50 (75 MiB)',
    '  would finish: 2026/11/22, partition 3: 900-909, 5 files into 2, 3.0 MiB',
    '  would merge: 2026/11/22, partition 3: 0-9, 5 files into 2, 3.0 MiB',
  ]);
  expect(told.filter((line) => line.includes('would merge'))).toHaveLength(20);
  expect(told.at(-1)).toBe('  and 5 more');
  expect(told.join()).not.toContain('became');
});

test.each<[LeftReason[], number]>([
  [[], 0],
  [['good', 'stranger', 'out_of_time', 'changed_meanwhile', 'plan_unfinished'], 0],
  [['good', 'file_damaged'], 1],
  [['plan_broken'], 1],
  [['ledger_missing', 'failed'], 2],
])('where %p is left, the exit status is %i', (reasons, status) => {
  const some = report({ left: reasons.map((reason) => left(reason, 1)) });
  expect(exitCodeOf([report({}), some])).toBe(status);
});
