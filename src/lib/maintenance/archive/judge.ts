import { type Ledger } from '../../ledger/ledger';

/** Why a ledger of a hub that is gone stays where it is. */
export type Kept =
  /** It was written within the last day: somebody may still be at work by it, or it was just brought back. */
  | 'young'
  /** Its latest event is younger than what the hub would keep, or its day is not closed yet. */
  | 'recent'
  /** It has open gaps, which the daily run closes: the ledger goes the next time. */
  | 'gaps'
  /** Its source was not optimised to the end in this run, and optimising needs it. */
  | 'not_optimised'
  /** It called files pending: they are published now, and it goes the next time. */
  | 'settled'
  /** It is another partition's: it was copied or moved. */
  | 'foreign'
  /** It was written, or moved, since it was looked at. */
  | 'changed'
  /** There is one in the archive already, which cannot be unless somebody put it there. */
  | 'taken'
  | 'unreadable'
  | 'failed'
  | 'out_of_time';

export interface Ages {
  /** By the service's clock, UTC ms. */
  readonly serviceNow: number;
  /** A ledger that was written later than so long ago stays. */
  readonly writtenMs: number;
  /** And one whose latest event is younger than this. */
  readonly eventMs: number;
}

/** Whether a ledger may go to the archive as far as its own figures tell; null: it may. */
export function keptBy(
  { lastEnqueuedAt, source, gaps }: Pick<Ledger, 'lastEnqueuedAt' | 'source' | 'gaps'>,
  modifiedAt: number,
  { serviceNow, writtenMs, eventMs }: Ages,
  isOptimised: (source: Ledger['source']) => boolean,
): Kept | null {
  // A time that is not told, as 0 or no number, makes nothing old.
  if (!(modifiedAt > 0 && modifiedAt <= serviceNow - writtenMs)) return 'young';
  if (!(lastEnqueuedAt <= serviceNow - eventMs)) return 'recent';
  if (gaps.length > 0) return 'gaps';
  return isOptimised(source) ? null : 'not_optimised';
}
