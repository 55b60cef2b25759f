import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { cover } from '../../src/lib/ledger/coverage';
import { type Ledger } from '../../src/lib/ledger/ledger';
import { formatLedger, parseLedger } from '../../src/lib/ledger/ledger-json';

const time = fc.integer({ min: 0, max: Date.UTC(2199, 0) });
const count = fc.nat();

/** Ledgers as the rules make them: a first range, then ranges that leave gaps. */
const ledgers: fc.Arbitrary<Ledger> = fc
  .record({
    start: fc.bigInt({ min: 0n, max: 2n ** 62n }),
    steps: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 5 }),
    source: fc.constantFrom('postgresql' as const, 'mongodb' as const),
    incarnation: fc.integer({ min: 1, max: 9 }),
    hubCreatedAt: fc.option(time),
    lastEnqueuedAt: time,
    counters: fc.record({ events: count, quarantined: count, files: count, bytes: count }),
    pending: fc.array(fc.record({ staged: fc.constant('_system/staging/a'), final: fc.constant('bronze/b') })),
    successor: fc.option(fc.record({ incarnation: fc.integer({ min: 2, max: 9 }), hubCreatedAt: time })),
    noticedAt: time,
  })
  .map(({ start, steps, noticedAt, ...rest }) => {
    let coverage = cover(null, [{ first: start, last: start }], noticedAt);
    for (const step of steps) {
      const next = coverage.last + 1n + BigInt(step);
      coverage = cover(coverage, [{ first: next, last: next }], noticedAt);
    }
    return { namespace: 'ns', hub: 'changes', partition: '3', generation: 'g', ...coverage, ...rest };
  });

test('every ledger that is formatted can be parsed, and gives the ledger back', () => {
  fc.assert(fc.property(ledgers, (ledger) => expect(parseLedger(formatLedger(ledger), 'path')).toEqual(ledger)));
});

test('format 1 as it was first written is read for ever', () => {
  const bytes = readFileSync(path.join(__dirname, '../fixtures/ledger-format-1.json'));
  expect(parseLedger(bytes, 'path')).toEqual({
    source: 'postgresql',
    namespace: 'example.servicebus.windows.net',
    hub: 'postgresql-changes',
    incarnation: 2,
    partition: '3',
    generation: '6f1c2f0e-4a53-4b7c-9a0e-0d3c8f6b1a77',
    hubCreatedAt: Date.UTC(2026, 10, 1, 8),
    start: 0n,
    last: 9_007_199_254_740_993n,
    lastEnqueuedAt: Date.UTC(2026, 10, 22, 23, 59, 59, 998),
    gaps: [{ first: 17n, last: 18n, noticedAt: Date.UTC(2026, 10, 2) }],
    counters: { events: 41_208, quarantined: 3, files: 214, bytes: 88_412_300 },
    pending: [
      {
        staged: '_system/staging/example.servicebus.windows.net/postgresql-changes/2/3/a-0_bronze_data_x.json',
        final: 'bronze/postgresql/2026/11/22/data_x.json',
      },
    ],
    successor: null,
  });
});

const sample = (): Record<string, unknown> =>
  JSON.parse(readFileSync(path.join(__dirname, '../fixtures/ledger-format-1.json'), 'utf8')) as Record<string, unknown>;

test.each([
  ['a number where the last sequence number should be text', { last: 5 }],
  ['a last before the start', { start: '7', last: '6' }],
  ['a gap that reaches the last number', { start: '0', last: '9', gaps: [gap('8', '9')] }],
  ['a gap before the start', { start: '5', last: '9', gaps: [gap('3', '6')] }],
  ['gaps out of order', { start: '0', last: '9', gaps: [gap('6', '7'), gap('2', '3')] }],
  ['gaps that overlap', { start: '0', last: '9', gaps: [gap('2', '4'), gap('4', '5')] }],
  ['a gap turned round', { start: '0', last: '9', gaps: [gap('4', '3')] }],
  ['no pending list', { pending: null }],
  ['a pending file without a name', { pending: [{ staged: 'a' }] }],
  ['an unknown source', { source: 'mysql' }],
  ['a time that is none', { lastEnqueuedTime: 'yesterday' }],
  ['a negative counter', { counters: { events: -1, quarantined: 0, files: 0, bytes: 0 } }],
  ['incarnation zero', { incarnation: 0 }],
  ['no format', { format: undefined }],
  ['a format that never existed', { format: 0 }],
])('refused as damaged: %s', (_, change) => {
  const bytes = Buffer.from(JSON.stringify({ ...sample(), ...change }));
  expect(() => parseLedger(bytes, 'the/path.json')).toThrow(/LEDGER_DAMAGED: the\/path\.json/);
});

test('a newer format is refused as newer, not as damaged', () => {
  const bytes = Buffer.from(JSON.stringify({ ...sample(), format: 2, last: { something: 'new' } }));
  expect(() => parseLedger(bytes, 'p')).toThrow(/LEDGER_NEWER: p has format 2; this version reads up to 1/);
});

test('cut short at any byte, it is refused, never read as less', () => {
  const whole = readFileSync(path.join(__dirname, '../fixtures/ledger-format-1.json'));
  const end = whole.lastIndexOf('}');
  for (let length = 0; length <= end; length += 1) {
    expect(() => parseLedger(whole.subarray(0, length), 'p')).toThrow('LEDGER_DAMAGED');
  }
});

function gap(first: string, last: string): object {
  return { first, last, noticedTime: '2026-11-02T00:00:00.000Z' };
}
