import { type AmqpError } from 'rhea';
import { epochReaderPresent, higherEpoch, stolenBy, tooManyReaders } from './refusals';

/** Readers without epoch that may read one partition in one consumer group at once. */
export const MAX_READERS = 5;

/** A reader of one partition in one consumer group; null: it claims no ownership. */
export interface Reader {
  readonly epoch: bigint | null;
}

/** Whether a reader is let in, and who must go for it. */
export type Admission<R> =
  | { readonly refused: AmqpError }
  | { readonly refused: null; readonly evicted: readonly R[]; readonly reason: AmqpError | null };

/**
 * Decides by owner level. A higher one disconnects the lower and those without; an equal one disconnects too, because every
 * event processor claims 0.
 *
 * @param present the readers that are connected
 */
export function admit<R extends Reader>(present: readonly R[], epoch: bigint | null): Admission<R> {
  const owner = present.find((reader) => reader.epoch !== null)?.epoch ?? null;
  if (epoch === null) {
    if (owner !== null) return { refused: epochReaderPresent(owner) };
    if (present.length >= MAX_READERS) return { refused: tooManyReaders(MAX_READERS) };
    return { refused: null, evicted: [], reason: null };
  }
  if (owner !== null && owner > epoch) return { refused: higherEpoch(owner, epoch) };
  return { refused: null, evicted: [...present], reason: stolenBy(epoch) };
}
