import { type PipelineError } from '../../errors';
import { type SlowSnapshot } from '../port';
import { type ClusterTime } from './cluster-time';
import { type MongoDatabase } from './database';
import { notReady } from './failure';
import { type OplogWindow } from './server';

/** How far a copy is, against the oplog, which must still hold the moment at which the stream behind the copy begins. */
export interface Race {
  readonly window: OplogWindow;
  /** Where the stream begins. */
  readonly start: ClusterTime;
  /** Documents that this run has copied, in so many milliseconds; and those that are left. */
  readonly copied: number;
  readonly elapsedMs: number;
  readonly left: number;
}

/** `isHopeless`: even twice as fast, the copy would end after the changes behind it are gone. */
export interface Forecast extends SlowSnapshot {
  readonly isHopeless: boolean;
}

/** Nothing copies faster, into any hub: where not even that would do, nothing needs to be tried. */
const FASTEST_PER_SECOND = 100_000;

/** A rate counts when it was measured for so long. */
const MEASURED_MS = 30_000;

/**
 * Compares a copy's rate with the oplog's window. While the oplog is full, its first entry moves on about a second each second.
 *
 * @returns null where the copy is expected to win, or the oplog is not full yet
 */
export function forecast({ window, start, copied, elapsedMs, left }: Race): Forecast | null {
  if (window.isFull === false) return null;
  const isMeasured = elapsedMs >= MEASURED_MS;
  const perSecond = isMeasured
    ? Math.min((Math.max(copied, 1) * 1_000) / elapsedMs, FASTEST_PER_SECOND)
    : FASTEST_PER_SECOND;
  const secondsLeft = Math.max(start.seconds - window.first.seconds, 0);
  const secondsNeeded = Math.max(left, 0) / perSecond;
  if (secondsNeeded <= secondsLeft) return null;
  const isHopeless = window.isFull === true && (!isMeasured || secondsNeeded > 2 * secondsLeft);
  return { secondsNeeded: Math.ceil(secondsNeeded), secondsLeft, isHopeless };
}

/** A copy that cannot win is not begun, or not gone on with: its documents would be sent again and again, and its end never come. */
export function hopeless(database: MongoDatabase, { secondsNeeded, secondsLeft }: Forecast): PipelineError {
  const hours = Math.ceil((2 * secondsNeeded) / 3_600);
  return notReady(
    database,
    `to copy the documents that are there takes about ${secondsNeeded} s more, and the oplog loses the changes behind them in about ${secondsLeft} s`,
    `Enlarge the oplog (replSetResizeOplog, with minRetentionHours ${hours} or more), or name fewer collections; capture then goes on where ` +
      'it is. Changes that are lost until then are reported.',
  );
}
