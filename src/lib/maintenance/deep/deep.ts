import { ByteBudget } from '../../budget';
import { type Source } from '../../decode/event';
import { type Lake } from '../../ledger/port';
import { closedDays } from '../optimise/days';
import { type MaintenanceLake } from '../port';
import { checkDay, type DayRoom } from './day-check';
import { Owners } from './owners';
import { Problems, type ProblemsOfKind } from './problem';

/** What is to be read. */
export interface DeepScope {
  readonly sources: readonly Source[];
  /** First and last day folder (`2026/11/22`), both included; null for no bound. */
  readonly from: string | null;
  readonly to: string | null;
}

export interface DeepOptions {
  readonly keptPerKind: number;
  /** Runs being read at once, as far as `memoryBytes` lets them. */
  readonly runsAtOnce: number;
  /** What they may hold in memory together. */
  readonly memoryBytes: number;
  /** Told after each run what has been read so far. */
  readonly onProgress: (read: DeepCounts) => void;
}

export const DEEP_DEFAULTS: DeepOptions = {
  keptPerKind: 20,
  runsAtOnce: 16,
  memoryBytes: 96 << 20,
  onProgress: () => undefined,
};

export interface DeepCounts {
  readonly files: number;
  readonly lines: number;
  readonly bytes: number;
  /** Files of large events that lines refer to. */
  readonly claims: number;
}

export interface DeepReport extends DeepCounts {
  readonly days: number;
  /** Files that were merged while they were to be read, and read again under their new name. */
  readonly readAgain: number;
  readonly problemCount: number;
  /** Kinds that occurred. */
  readonly problems: readonly ProblemsOfKind[];
}

/**
 * Reads every line of the data files in scope, and each large event that a line refers to, and tells which are not what docs/lake-format.md and the files' names say. Beside the
 * names' proof (`proveLake`): that shows that no two runs share a number, and this that each run holds what its name says. Writers
 * and the optimiser may go on meanwhile. Memory is bounded, whatever the files' number and size.
 *
 * @throws PipelineError STORAGE_FAILED, LEDGER_DAMAGED, LEDGER_NEWER
 */
export async function deepVerify(
  { lake, files }: { readonly lake: Lake; readonly files: MaintenanceLake },
  { sources, from, to }: DeepScope,
  options: Partial<DeepOptions> = {},
): Promise<DeepReport> {
  const { keptPerKind, runsAtOnce, memoryBytes, onProgress } = { ...DEEP_DEFAULTS, ...options };
  const owners = await Owners.read(lake);
  const room: DayRoom = { lake, files, owners, keptPerKind, runsAtOnce, budget: new ByteBudget(memoryBytes) };
  const problems = new Problems(keptPerKind);
  const read = { files: 0, lines: 0, bytes: 0, claims: 0 };
  let [days, readAgain] = [0, 0];
  for (const source of sources) {
    for (const day of await closedDays(files, source, Infinity)) {
      if ((from !== null && day < from) || (to !== null && day > to)) continue;
      days += 1;
      const { lost, replaced } = await checkDay(room, source, day, (run) => {
        read.files += run.files;
        read.lines += run.lines;
        read.bytes += run.bytes;
        read.claims += run.claims;
        problems.addAll(run.problems);
        onProgress(read);
      });
      readAgain += replaced;
      for (const { path } of lost) problems.add('vanished', path);
    }
  }
  return { days, ...read, readAgain, problemCount: problems.total, problems: problems.found };
}
