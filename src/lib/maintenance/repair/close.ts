import { type Clock } from '../../clock';
import { PipelineError } from '../../errors';
import { noteClosedGaps, type ClosedGap } from '../../ledger/closed-gaps';
import { ledgerPath, type Incarnate } from '../../ledger/names';
import { readLedger } from '../../ledger/open';
import { type Lake } from '../../ledger/port';
import { closeGaps, openParts } from '../../ledger/rules';
import { swapLedger } from '../../ledger/swap';
import { minus, type Range } from '../../ranges';

/** Numbers whose events will never come. */
export interface Verdict {
  readonly outcome: ClosedGap['outcome'];
  readonly ranges: readonly Range[];
}

export interface Closed {
  readonly absent: readonly Range[];
  readonly expired: readonly Range[];
}

const MAX_ROUNDS = 8;

/**
 * Closes what is still open of `verdicts` (apart from each other): noted first, then taken out of the ledger. Whoever dies in between leaves
 * an open gap that is noted as closed, and the next run takes it out. Writers may go on meanwhile.
 *
 * @returns what was closed; where the answer to a swap was lost, what that swap would have closed: told twice is better than never
 * @throws PipelineError SWAP_CONTENTION when writers kept winning; what reading and noting throw
 */
export async function closeOpen(
  lake: Lake,
  of: Incarnate,
  verdicts: readonly Verdict[],
  clock: Clock,
): Promise<Closed> {
  let tried: readonly ClosedGap[] = [];
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const open = await readLedger(lake, of);
    if (open === null) return NOTHING;
    const closedAt = clock.now();
    const closing = verdicts.flatMap(({ outcome, ranges }) =>
      openParts(open.ledger, ranges).map((gap): ClosedGap => ({ ...gap, closedAt, outcome })),
    );
    // What a refused swap was about and is open no more was closed by it after all, or by another.
    const before = minus(tried, open.ledger.gaps);
    if (closing.length === 0) return byOutcome(before);
    await noteClosedGaps(lake, of, closing);
    if ((await swapLedger(lake, open, closeGaps(open.ledger, closing))) !== 'overtaken') {
      return byOutcome([...before, ...closing]);
    }
    tried = [...before, ...closing];
  }
  const message = `writers kept replacing ${ledgerPath(of)} while its gaps were closed: the next run tries again`;
  throw new PipelineError('SWAP_CONTENTION', message, { retryable: true });
}

export const NOTHING: Closed = { absent: [], expired: [] };

function byOutcome(gaps: readonly ClosedGap[]): Closed {
  const of = (wanted: ClosedGap['outcome']): Range[] =>
    gaps.filter(({ outcome }) => outcome === wanted).map(({ first, last }) => ({ first, last }));
  return { absent: of('absent'), expired: of('expired') };
}
