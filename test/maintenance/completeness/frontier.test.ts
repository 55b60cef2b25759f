import fc from 'fast-check';
import { completeThrough, type HubSight } from '../../../src/lib/maintenance/completeness/frontier';
import { type PartitionProof } from '../../../src/lib/maintenance/completeness/judge';
import { histories, proofOf, unseenTimes, type Fate, type History } from './history';

const BEGIN = Date.UTC(2026, 10, 20, 22);
const OF = { namespace: 'example', hub: 'changes' };
const MINUTE = 60_000;

/** What the hub tells when its own clock says `at`; it was made before its first event. */
function sightOf(all: readonly History[], at: number, askedAt: number): HubSight {
  const partitions = all.map(({ partition, stretches }) => {
    const events = stretches.flatMap(({ first, times }) =>
      times.map((time, i) => ({ time, sequence: first + BigInt(i) })),
    );
    const last = events.findLast(({ time }) => time <= at);
    return {
      partition,
      last: last?.sequence ?? null,
      lastEnqueuedAt: last?.time ?? null,
      // Whatever came before the first event in the lake has expired.
      begin: null,
      isEmpty: last === undefined,
    };
  });
  return { askedAt, createdAt: BEGIN - 1, partitions };
}

const proofsOf = (all: readonly History[]): PartitionProof[] => all.flatMap((one) => proofOf(one) ?? []);

const all = fc.tuple(histories('0', BEGIN), histories('1', BEGIN));
/** Since the beginning, and by how much our clock is ahead of the hub's. */
const asking = fc.tuple(fc.nat(200_000_000), fc.nat(MINUTE));

test('no event that the hub accepted before is missing in the lake, whatever became of each', () => {
  let [known, level] = [0, 0];
  fc.assert(
    fc.property(all, fc.option(asking), (partitions, asked) => {
      const sight = asked === null ? null : sightOf(partitions, BEGIN + asked[0], BEGIN + asked[0] + asked[1]);
      const { at, why } = completeThrough(OF, proofsOf(partitions), sight);
      if (at === null) {
        expect(why).not.toEqual([]);
        return;
      }
      known += 1;
      if (why.length === 0) level += 1;
      // Who has asked nobody knows nothing of a partition that has no ledger.
      expect(sight).not.toBeNull();
      for (const time of partitions.flatMap(unseenTimes)) expect(time).toBeGreaterThanOrEqual(at);
    }),
    { numRuns: 3_000 },
  );
  // The property must have been about something.
  expect([known > 500, level > 50]).toEqual([true, true]);
});

test('a hub of which all is in the lake is complete through when it was asked, but for what clocks may differ', () => {
  fc.assert(
    fc.property(all, (partitions) => {
      const landed = partitions.map((one) => ({
        ...one,
        stretches: one.stretches.map((stretch) => ({ ...stretch, fate: 'landed' as const })),
      }));
      const askedAt = BEGIN + 1_000_000_000;
      expect(completeThrough(OF, proofsOf(landed), sightOf(landed, askedAt, askedAt))).toEqual({
        at: askedAt - MINUTE,
        why: [],
      });
    }),
  );
});

const SECOND = 1_000;
/** One partition: stretches of two events each, a minute apart, the second of each a second later. */
const of = (...fates: Fate[]): History => ({
  partition: '3',
  stretches: fates.map((fate, i) => ({
    ...{ first: BigInt(i * 2), last: BigInt(i * 2 + 1), fate },
    times: [BEGIN + i * MINUTE, BEGIN + i * MINUTE + SECOND],
  })),
});
const LATER = BEGIN + 100 * MINUTE;

test.each<[string, Fate[], number | null, string[]]>([
  ['all of it', ['landed', 'landed'], 99, []],
  ['a gap', ['landed', 'landed', 'gap', 'landed'], 1, ['changes/3: 4-5 are a gap']],
  ['a file taken away', ['landed', 'taken', 'landed'], 0, ['changes/3: 2-3 are in no file']],
  ['the last file taken away', ['landed', 'landed', 'taken'], 1, ['changes/3: 4-5 are in no file']],
  ['the first of several', ['landed', 'torn', 'gap', 'landed'], 0, ['changes/3: 2-3 are in files that do not add up']],
  ['a staged file', ['landed', 'staged', 'landed'], 0, ['changes/3: 2-3 are committed, and not published yet']],
  ['what is known to be lost holds nothing back', ['landed', 'lost', 'landed'], 99, []],
  ['nothing before it', ['taken', 'landed'], null, ['changes/3: 0-1 are in no file']],
  ['events that are on their way', ['landed', 'landed', 'gap'], 1, ['changes/3: its hub has 2 more events']],
  ['events, and no ledger', ['gap'], null, ['changes/3: it has events, and no ledger']],
])('one partition: %s', (_, fates, minutes, why) => {
  const history = of(...fates);
  expect(completeThrough(OF, proofsOf([history]), sightOf([history], LATER, LATER))).toEqual({
    at: minutes === null ? null : BEGIN + minutes * MINUTE,
    why,
  });
});

describe('a hub that is not as the ledger knows it', () => {
  const proof = proofOf(of('landed', 'landed')) as PartitionProof;
  const seen = { partition: '3', last: 1n, lastEnqueuedAt: BEGIN + MINUTE, begin: 0n, isEmpty: false };
  const through = (sight: Partial<HubSight>, proofs = [proof]): ReturnType<typeof completeThrough> =>
    completeThrough(OF, proofs, { askedAt: LATER, createdAt: BEGIN - 1, partitions: [seen], ...sight });

  test('made anew, its first events not yet in the lake: numbers that are covered are other events', () => {
    const why = ['changes/3: its hub was made anew, and has events that are not in the lake'];
    const createdAt = BEGIN + 2 * MINUTE;
    expect(through({ createdAt })).toEqual({ at: BEGIN + MINUTE, why });
    expect(through({}, [{ ...proof, isSucceeded: true }])).toEqual({ at: BEGIN + MINUTE, why });
  });

  test('made anew, and empty: nothing is missing', () => {
    const partitions = [{ partition: '3', last: null, lastEnqueuedAt: null, begin: null, isEmpty: true }];
    expect(through({ createdAt: BEGIN + 2 * MINUTE, partitions })).toEqual({ at: LATER - MINUTE, why: [] });
  });

  test('restored: it is old, and yet has a later event under a number that is covered', () => {
    const partitions = [{ ...seen, lastEnqueuedAt: BEGIN + 3 * MINUTE }];
    expect(through({ partitions })).toEqual({
      at: BEGIN + MINUTE,
      why: ['changes/3: its hub has a later event under a number that is covered'],
    });
  });

  test('a partition whose events have all expired, and that has no ledger, holds nothing back', () => {
    const old = { partition: '4', last: 9n, lastEnqueuedAt: BEGIN, begin: null, isEmpty: true };
    expect(through({ partitions: [seen, old] })).toEqual({ at: LATER - MINUTE, why: [] });
    expect(through({ partitions: [seen, { ...old, begin: 0n, isEmpty: false }] }).at).toBeNull();
  });

  test('the incarnation that counts is the last; of the former, and of other hubs, holes do', () => {
    const now = { ...proof, incarnation: 2 };
    const [holed, other] = [proofOf(of('landed', 'gap', 'landed')) as PartitionProof, { ...proof, hub: 'others' }];
    expect(through({}, [{ ...proof, lastEnqueuedAt: 0, lastRunAt: 0 }, now, other])).toEqual({
      at: LATER - MINUTE,
      why: [],
    });
    expect(through({}, [holed, now])).toEqual({ at: BEGIN, why: ['changes/3: 2-3 are a gap'] });
    expect(through({}, [{ ...holed, hub: 'others' }, now]).at).toBe(BEGIN);
  });

  test('it could not be asked: it may have partitions of which no ledger tells, so nothing is promised', () => {
    expect(completeThrough(OF, [proof], null)).toEqual({ at: null, why: ['changes: it could not be asked'] });
    expect(completeThrough(OF, [], null).at).toBeNull();
  });

  test('a ledger that was rebuilt, or gave numbers back, may tell a later time than that of its last number', () => {
    const more = { ...seen, last: proof.last + 1n };
    expect(through({ partitions: [more] }, [{ ...proof, lastEnqueuedAt: LATER }]).at).toBe(BEGIN + MINUTE);
  });
});
