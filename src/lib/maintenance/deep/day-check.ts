import { type ByteBudget } from '../../budget';
import { type Source } from '../../decode/event';
import { type Lake } from '../../ledger/port';
import { plannedChecksums } from './checksums';
import { runsOfDay, type DeepFile, type RunFiles } from './deep-file';
import { GoneFiles } from './gone';
import { checkRun, type RunResult, type RunRoom } from './run-check';

export interface DayRoom extends RunRoom {
  readonly lake: Lake;
  /** What files being read may hold in memory, all together. */
  readonly budget: ByteBudget;
  readonly runsAtOnce: number;
}

/** What reading one file holds: the pieces on their way, one in hand, and a long line. */
const FILE_BYTES = 24 << 20;

/** A listing of several pages is not of one moment: one alone proves no loss. */
const MAX_LOOKS = 3;

/**
 * Reads all data files of a source's day. A file that goes meanwhile was merged: the day is listed again, and what has taken its
 * place is read.
 *
 * @param tell is given the result of each run
 * @returns files that went, and whose place nothing has taken; how many were read under another name
 */
export async function checkDay(
  room: DayRoom,
  source: Source,
  day: string,
  tell: (result: RunResult) => void,
): Promise<{ readonly lost: readonly DeepFile[]; readonly replaced: number }> {
  const gone = new GoneFiles(MAX_LOOKS);
  const lost: DeepFile[] = [];
  let vanished = 0;
  for (let isFirst = true; isFirst || !gone.isEmpty; isFirst = false) {
    // Every file at first; later only what stands for a file that was not read.
    const isWanted = (run: RunFiles): boolean => isFirst || run.filter((file) => gone.isReplacedBy(file)).length > 0;
    const went = await look(room, source, day, isWanted, tell);
    lost.push(...gone.looked());
    for (const file of went) gone.add(file);
    vanished += went.length;
  }
  return { lost, replaced: vanished - lost.length };
}

/** Lists the day once and reads the runs that are wanted. @returns the files of those that could not be read to their end */
async function look(
  room: DayRoom,
  source: Source,
  day: string,
  isWanted: (run: RunFiles) => boolean,
  tell: (result: RunResult) => void,
): Promise<DeepFile[]> {
  const checksums = await plannedChecksums(room.lake, source, day);
  const went: DeepFile[] = [];
  const { signal } = new AbortController();
  await forEachFrom(runsOfDay(room.files, source, day), room.runsAtOnce, async (run) => {
    if (!isWanted(run)) return;
    const result = await room.budget.holding(heldBytes(run), signal, () => checkRun(room, source, run, checksums));
    if (result === 'vanished') went.push(...run);
    else tell(result);
  });
  return went;
}

function heldBytes(run: RunFiles): number {
  return run.reduce((sum, { bytes }) => sum + Math.min(bytes, FILE_BYTES), 0);
}

/** Calls `act` for each item as it comes, at most `atOnce` at a time; awaits those under way before it throws the first failure. */
async function forEachFrom<T>(
  items: AsyncGenerator<T>,
  atOnce: number,
  act: (item: T) => Promise<void>,
): Promise<void> {
  const worker = async (): Promise<void> => {
    // A generator serves those who ask at the same time one after another.
    for await (const item of { [Symbol.asyncIterator]: () => ({ next: () => items.next() }) }) await act(item);
  };
  const stopping = async (): Promise<void> => {
    try {
      await worker();
    } catch (error) {
      await items.return(undefined);
      throw error;
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: atOnce }, stopping));
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
}
