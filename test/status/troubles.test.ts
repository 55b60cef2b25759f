import { type PartitionStatus, type SourceStatus } from '../../src/lib/status/status';
import { troublesOf, type Judged } from '../../src/lib/status/troubles';

const AT = '2026-11-22T12:00:00.000Z';
const before = (minutes: number): string => new Date(Date.parse(AT) - minutes * 60_000).toISOString();

const partition: PartitionStatus = {
  ...{ source: 'postgresql', hub: 'postgresql-changes', partition: '3', incarnation: 1, first: '0', last: '9' },
  ...{ lag: 0, latestEvent: before(1), gaps: [], pending: 0, events: 10, quarantined: 0, files: 1 },
};
const source: SourceStatus = {
  ...{ source: 'postgresql', hub: 'postgresql-changes', completeThrough: before(600), completeWhy: null, minutes: [] },
  behind: 0,
};
const minute = { at: 0, events: 0, bytes: 0, delayP50: null, delayP95: null, writeP50: null, writeP95: null };
const well: Judged = {
  ...{ at: AT, lake: 'account/data', namespace: 'example', sources: [source], partitions: [partition], days: [] },
  runs: { weekly: { outcome: 'done', startedAt: before(60), endedAt: before(50) }, daily: null },
};
const day = { source: 'mongodb' as const, day: '2026-11-20', events: 1, quarantined: 0, missing: 2, lost: 0 };

const told = (status: Judged): string[] => troublesOf(status).map(({ level, text }) => `${level}: ${text}`);

test('nothing is told where all is well: a quiet partition, a full one that keeps up, a lost day that was told before', () => {
  const quiet = { ...partition, latestEvent: before(100_000) };
  const busy = { ...partition, lag: 5_000 };
  expect(
    told({
      ...well,
      partitions: [quiet, busy],
      days: [
        { ...day, state: 'lost' },
        { ...day, state: 'open' },
      ],
    }),
  ).toEqual([]);
});

test.each<[string, Partial<Judged>, RegExp]>([
  [
    'a gap',
    { partitions: [{ ...partition, gaps: ['17-23', '30-30', '40-41', '50-50'] }] },
    /^bad: postgresql-changes, partition 3: 17-23, 30-30, 40-41 and 1 more/,
  ],
  [
    'a stalled partition',
    { partitions: [{ ...partition, lag: 1, latestEvent: before(11) }] },
    /^bad: .*partition 3: an event waits.*11 minutes/,
  ],
  [
    'failures lately',
    { sources: [{ ...source, minutes: [{ ...minute, failures: 2 }] }] },
    /^warn: postgresql: 2 attempts .* are made again/,
  ],
  ['a hub that did not answer', { sources: [{ ...source, behind: null }] }, /^warn: .*Event Hubs was not asked/],
  [
    'a proof that stays behind',
    { sources: [{ ...source, completeThrough: before(37 * 60), completeWhy: 'a gap' }] },
    /^bad: .*only: a gap\.$/,
  ],
  ['a day with holes', { days: [{ ...day, state: 'missing' }] }, /^bad: mongodb, 2026-11-20: 2 events are missing/],
  [
    'a run that failed',
    { runs: { weekly: null, daily: { outcome: 'failed', startedAt: before(60), endedAt: before(59) } } },
    /^bad: The daily run failed/,
  ],
  [
    'a run that is overdue',
    { runs: { weekly: null, daily: { outcome: 'done', startedAt: before(37 * 60), endedAt: before(2_219) } } },
    /^bad: The daily run has not begun/,
  ],
  [
    'a weekly run that is overdue',
    { runs: { daily: null, weekly: { outcome: 'running', startedAt: before(9 * 1440), endedAt: null } } },
    /^bad: The weekly run/,
  ],
])('%s is told', (_, changes, expected) => {
  const troubles = told({ ...well, ...changes });
  expect(troubles).toHaveLength(1);
  expect(troubles[0]).toMatch(expected);
});

test('the worst comes first', () => {
  const levels = troublesOf({ ...well, sources: [{ ...source, behind: null }], days: [{ ...day, state: 'missing' }] });
  expect(levels.map(({ level }) => level)).toEqual(['bad', 'warn']);
});
