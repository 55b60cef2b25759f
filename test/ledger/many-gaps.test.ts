import { type HubEvent } from '../../src/lib/decode/event';
import { type ClosedGap, withClosed } from '../../src/lib/ledger/closed-gaps';
import { type Ledger, type StagedRun } from '../../src/lib/ledger/ledger';
import { closeGaps, commit, coveredParts, openParts, reopened, uncovered } from '../../src/lib/ledger/rules';
import { findingsOf, type Published, union } from '../../src/lib/ledger/rebuild-plan';
import { FoundFiles } from '../../src/lib/maintenance/completeness/found';
import { judgePartition } from '../../src/lib/maintenance/completeness/judge';
import { isRunCovered } from '../../src/lib/maintenance/optimise/ledgers';

// A hub with log compaction skips every other number or so, for good. What that costs is counted, not timed: how often the ends of the
// gaps are looked at. Time in proportion to the gaps looks at each a few times; each beside each looks at every one 8,000 times.

const GAPS = 8_000;
const EVENTS = 128;
const AT = Date.UTC(2026, 10, 22, 12);

let reads = 0;

/** A range that counts how often it is looked at. */
function counted<T extends object>(number: number, rest: T): T & { readonly first: bigint; readonly last: bigint } {
  const value = BigInt(number);
  const end = { enumerable: true, get: () => ((reads += 1), value) };
  return Object.defineProperties({ ...rest }, { first: end, last: end }) as T & { first: bigint; last: bigint };
}

const odd = Array.from({ length: GAPS }, (_, i) => 2 * i + 1);
const gaps = odd.map((number) => counted(number, { noticedAt: AT }));
const closing = odd.map((number): ClosedGap => counted(number, { noticedAt: AT, closedAt: AT, outcome: 'absent' }));

const ledger: Ledger = {
  ...{ source: 'postgresql', namespace: 'n', hub: 'h', partition: '0', incarnation: 1, generation: 'g' },
  ...{ hubCreatedAt: null, start: 0n, last: BigInt(2 * GAPS), lastEnqueuedAt: AT, gaps, pending: [], successor: null },
  counters: { events: 0, quarantined: 0, files: 0, bytes: 0 },
};
const events = Array.from({ length: EVENTS }, (_, i): HubEvent => {
  const sequence = ledger.last + 2n * BigInt(i + 1);
  return { sequence, offset: '1', enqueuedAt: AT, partitionKey: null, properties: {}, body: Buffer.alloc(0) };
});
const runs = events.map(({ sequence }): StagedRun => {
  const files = [{ staged: 's', final: 'f' }];
  return { first: sequence, last: sequence, lastEnqueuedAt: AT, files, quarantined: 0, bytes: 1 };
});

function readsFor<T>(act: () => T): [T, number] {
  reads = 0;
  const done = act();
  return [done, reads / (GAPS + EVENTS)];
}

/** Each end is compared with those around the place that a binary search finds: 14 steps at most among 8,000. */
const FEW = 60;

test('a batch behind many gaps is decided and committed by looking at each a few times', () => {
  const [fresh, toDecide] = readsFor(() => uncovered(ledger, events));
  expect(fresh).toHaveLength(EVENTS);
  expect(toDecide).toBeLessThan(FEW);
  const [next, toCommit] = readsFor(() => commit(ledger, runs, AT));
  expect(next.gaps).toHaveLength(GAPS + EVENTS);
  expect(toCommit).toBeLessThan(FEW);
});

test.each<[string, () => unknown, unknown]>([
  ['which gaps are open', () => openParts(ledger, closing).length, GAPS],
  ['closing them', () => closeGaps(ledger, closing).gaps, []],
  ['what is covered', () => coveredParts(ledger, closing), []],
  ['taking coverage back', () => reopened(ledger, closing, 'g2', AT)?.gaps.length, GAPS],
  ['noting them as closed', () => withClosed([], closing).length, GAPS],
  ['noting them again', () => withClosed(closing, closing).length, GAPS],
  ['what files cover', () => union(closing, AT)?.gaps.length, GAPS - 1],
  [
    'whether runs are covered',
    () => runs.every((run) => isRunCovered({ ...ledger, last: 99_999n }, run as never)),
    true,
  ],
])('%s', (_, act, expected) => {
  const [done, perGap] = readsFor(act);
  expect(done).toEqual(expected);
  expect(perGap).toBeLessThan(FEW);
});

test('the proof', () => {
  const files = new FoundFiles();
  for (const number of odd) {
    const [first, last] = [BigInt(number - 1), BigInt(number - 1)];
    files.note('bronze', { firstEnqueuedAt: AT, partition: '0', incarnation: 1, first, last, count: 1 }, 1);
  }
  const found = files.finish();
  const evidence = { ledger, files: found, pending: [], later: ledger, closed: closing, planned: [] as never };
  const [proof, toProve] = readsFor(() => judgePartition(evidence));
  expect(proof.gaps).toHaveLength(GAPS);
  expect(toProve).toBeLessThan(FEW);
});

test('a rebuilding beside many staged runs', () => {
  const fileOf = (number: number, count = 1): Published => ({
    ...{ path: `p${number}`, shelf: 'bronze', bytes: 1 },
    file: counted(number, { firstEnqueuedAt: AT, partition: '0', incarnation: 1, count }),
  });
  const staged = odd.map((number) => ({ ...fileOf(number), file: fileOf(number).file, attempt: 'a' }));
  const published = odd.map((number) => fileOf(number - 1, number % 10 === 1 ? 0 : 1));
  const [findings, perFile] = readsFor(() => findingsOf('postgresql', published, staged));
  expect(findings.adopted).toHaveLength(GAPS);
  expect(perFile).toBeLessThan(2 * FEW);
});
