import { BatchFormer, type BatchSettings } from './batching';

/** One batch as the function is handed it. Times are milliseconds of the simulated clock. */
export interface SimulatedBatch {
  readonly at: number;
  readonly count: number;
  /** When the first of its events arrived. */
  readonly oldestAt: number;
}

export interface Simulation extends BatchSettings {
  /** How long the function takes for a batch of so many. */
  readonly handlerMs: (count: number) => number;
  /** As of {@link BatchFormer}. */
  readonly checkpointAt: number | null;
}

/**
 * The batches that the extension makes of one partition's events, by the rules that the host itself runs, in simulated time. A
 * receive gives at most one maximum of what has arrived; while the function runs nothing is received.
 *
 * @param arrivals when each event arrives, in order
 */
export function simulateBatches(arrivals: readonly number[], simulation: Simulation): SimulatedBatch[] {
  const former = new BatchFormer<number>(simulation, simulation.checkpointAt);
  const batches: SimulatedBatch[] = [];
  let freeAt = -Infinity;
  let next = 0;
  for (;;) {
    const receiveAt = Math.max(freeAt, arrivals[next] ?? Infinity);
    const dueAt = Math.max(freeAt, former.dueAt ?? Infinity);
    const now = Math.min(receiveAt, dueAt);
    if (now === Infinity) return batches;
    let batch: readonly number[];
    if (dueAt <= receiveAt) batch = former.waited(now);
    else {
      let end = next;
      while (end < next + simulation.maximum && (arrivals[end] ?? Infinity) <= now) end += 1;
      batch = former.received(arrivals.slice(next, end), now);
      next = end;
    }
    const [oldestAt] = batch;
    if (oldestAt === undefined) continue;
    batches.push({ at: now, count: batch.length, oldestAt });
    freeAt = now + simulation.handlerMs(batch.length);
    former.ended(freeAt);
  }
}
