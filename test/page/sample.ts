import { type MinuteStatus, type Status } from '../../src/lib/status/status';

export const AT = '2026-11-22T12:00:30.000Z';
const FIRST_MINUTE = Date.parse(AT) / 1_000 - 30 - 59 * 60;

const minutes = (events: (i: number) => number): MinuteStatus[] =>
  Array.from({ length: 60 }, (_, i) => ({
    ...{ at: FIRST_MINUTE + i * 60, events: events(i), bytes: events(i) * 700, failures: 0 },
    ...(events(i) === 0
      ? { delayP50: null, delayP95: null, writeP50: null, writeP95: null }
      : { delayP50: 400, delayP95: 1_900, writeP50: 30, writeP95: 80 }),
  }));

/** A lake in trouble, with something in every part of the page. */
export const SAMPLE: Status = {
  ...{ at: AT, lake: 'account/data', namespace: 'example.servicebus.windows.net' },
  troubles: [
    { level: 'bad', text: 'postgresql-changes, partition 3: 17-23 were never handed over by Event Hubs. <b>bold</b>' },
    { level: 'warn', text: 'mongodb: Event Hubs was not asked, or did not answer in time.' },
  ],
  sources: [
    {
      ...{
        source: 'postgresql',
        hub: 'postgresql-changes',
        completeThrough: '2026-11-22T11:58:30.000Z',
        completeWhy: null,
      },
      ...{ minutes: minutes((i) => 1_000 + i), behind: 1_240 },
    },
    {
      ...{ source: 'mongodb', hub: 'mongodb-changes', completeThrough: null, completeWhy: 'partition 1 has no ledger' },
      ...{ minutes: minutes((i) => (i < 50 ? 0 : 7)), behind: null },
    },
  ],
  partitions: [
    {
      ...{ source: 'postgresql', hub: 'postgresql-changes', partition: '3', incarnation: 2, first: '0' },
      // Beyond what a double holds exactly.
      ...{ last: '9007199254740993', lag: 1_240, latestEvent: '2026-11-22T12:00:18.000Z', gaps: ['17-23'] },
      ...{ pending: 1, events: 100_000, quarantined: 12, files: 345 },
    },
    {
      ...{ source: 'mongodb', hub: 'mongodb-changes', partition: '0', incarnation: 1, first: '0', last: '69' },
      // By a clock that is a little ahead.
      ...{
        lag: null,
        latestEvent: '2026-11-22T12:00:31.000Z',
        gaps: [],
        pending: 0,
        events: 70,
        quarantined: 0,
        files: 10,
      },
    },
  ],
  days: [
    { source: 'postgresql', day: '2026-11-21', state: 'missing', events: 120_456, quarantined: 3, missing: 7, lost: 0 },
    { source: 'postgresql', day: '2026-11-20', state: 'whole', events: 118_000, quarantined: 0, missing: 0, lost: 0 },
    { source: 'postgresql', day: '2026-11-19', state: 'lost', events: 9, quarantined: 0, missing: 0, lost: 1 },
  ],
  runs: {
    daily: { outcome: 'failed', startedAt: '2026-11-22T01:30:00.000Z', endedAt: '2026-11-22T01:31:00.000Z' },
    weekly: null,
  },
};

/** The same when nothing is wrong. */
export const WELL: Status = { ...SAMPLE, troubles: [], days: [], runs: { daily: null, weekly: null } };
