import fc from 'fast-check';
import { type ClosedGap } from '../../../src/lib/ledger/closed-gaps';
import { type Ledger } from '../../../src/lib/ledger/ledger';
import { FoundFiles } from '../../../src/lib/maintenance/completeness/found';
import { judgePartition, type PartitionProof } from '../../../src/lib/maintenance/completeness/judge';
import { type Range, Ranges } from '../../../src/lib/ranges';

/** What became of a stretch of events: `beyond` were never covered, as those after the last commit. */
export type Fate = 'landed' | 'gap' | 'taken' | 'torn' | 'staged' | 'lost';

export interface Stretch extends Range {
  readonly fate: Fate;
  /** When each event was accepted, UTC ms; one for each number. */
  readonly times: readonly number[];
}

/** One partition's life. */
export interface History {
  readonly partition: string;
  readonly stretches: readonly Stretch[];
}

const FATES: readonly Fate[] = ['landed', 'landed', 'landed', 'gap', 'taken', 'torn', 'staged', 'lost'];

/** Times ascend with numbers, may be equal, and jump over midnight now and then. */
export function histories(partition: string, begin: number): fc.Arbitrary<History> {
  const stretch = fc.record({
    fate: fc.constantFrom(...FATES),
    steps: fc.array(fc.oneof(fc.constant(0), fc.nat(90_000), fc.nat(40_000_000)), { minLength: 1, maxLength: 4 }),
  });
  return fc.array(stretch, { minLength: 1, maxLength: 10 }).map((drafts) => {
    let [next, at] = [0n, begin];
    const stretches = drafts.map(({ fate, steps }): Stretch => {
      const times = steps.map((step) => (at += step));
      const first = next;
      next += BigInt(times.length);
      return { first, last: next - 1n, fate, times };
    });
    return { partition, stretches };
  });
}

const isCovered = ({ fate }: Stretch): boolean => fate !== 'gap' && fate !== 'lost';

/** What its ledger and its files would prove; null where nothing of it was ever covered. */
export function proofOf({ partition, stretches }: History): PartitionProof | null {
  const from = stretches.findIndex(isCovered);
  const to = stretches.findLastIndex(isCovered);
  if (from < 0) return null;
  const within = stretches.slice(from, to + 1);
  const of = (fate: Fate): Stretch[] => within.filter((one) => one.fate === fate);
  const closed = of('lost').map((one): ClosedGap => ({ ...one, noticedAt: 0, closedAt: 0, outcome: 'expired' }));
  const files = new FoundFiles();
  for (const { first, last, times, fate } of within) {
    const count = fate === 'landed' ? times.length : times.length + 1;
    const file = { firstEnqueuedAt: times[0] ?? 0, partition, incarnation: 1, first, last, count };
    if (fate === 'landed' || fate === 'torn') files.note('bronze', file, 1);
  }
  const ledger: Ledger = {
    ...{ source: 'postgresql', namespace: 'example', hub: 'changes', partition, incarnation: 1, generation: 'a' },
    ...{ hubCreatedAt: null, successor: null, pending: [] },
    start: within[0]?.first ?? 0n,
    last: within.at(-1)?.last ?? 0n,
    lastEnqueuedAt: within.at(-1)?.times.at(-1) ?? 0,
    gaps: of('gap').map(({ first, last }) => ({ first, last, noticedAt: 0 })),
    counters: { events: 0, quarantined: 0, files: 0, bytes: 0 },
  };
  return judgePartition({
    ledger,
    files: files.finish(),
    pending: of('staged'),
    later: ledger,
    closed,
    planned: new Ranges(),
  });
}

/** When each event was accepted that no reader can see, and of which nobody has said that it is lost. */
export function unseenTimes({ stretches }: History): number[] {
  const from = stretches.findIndex(isCovered);
  const to = stretches.findLastIndex(isCovered);
  return stretches.flatMap(({ fate, times }, i) => {
    // Nothing before the first event that was ever handed over is missing; and what was lost after the last is not known to be.
    const isTold = fate === 'landed' || i < from || (fate === 'lost' && i <= to);
    return isTold && from >= 0 ? [] : times;
  });
}
