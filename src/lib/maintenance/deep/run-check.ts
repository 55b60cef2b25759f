import { type Source } from '../../decode/event';
import { dataPath } from '../../ledger/names';
import { InputGone } from '../optimise/pieces';
import { type MaintenanceLake } from '../port';
import { type Checksums } from './checksums';
import { type RunFiles } from './deep-file';
import { checkFile, type ReadFile } from './file-check';
import { joinNumbers, type NumberStream } from './numbers';
import { type Owners } from './owners';
import { Problems, type ProblemsOfKind } from './problem';
import { lengthOf } from '../../ranges';

export interface RunResult {
  readonly files: number;
  readonly lines: number;
  readonly bytes: number;
  readonly claims: number;
  readonly problems: readonly ProblemsOfKind[];
}

/** What checking works with. */
export interface RunRoom {
  readonly files: MaintenanceLake;
  readonly owners: Owners;
  readonly keptPerKind: number;
}

/**
 * Reads the files of a run and tells what is wrong with them.
 *
 * @returns `vanished` where one of them is not what was listed any more: nothing is told then
 */
export async function checkRun(
  room: RunRoom,
  source: Source,
  files: RunFiles,
  checksums: Checksums,
): Promise<RunResult | 'vanished'> {
  const first = await checkOnce(room, source, files, checksums);
  // A partition that was born meanwhile is no stranger.
  const hasForeign = first !== 'vanished' && first.problems.some(({ kind }) => kind === 'foreign_line');
  return hasForeign && (await room.owners.readAgain()) ? await checkOnce(room, source, files, checksums) : first;
}

async function checkOnce(
  { files: lake, owners, keptPerKind }: RunRoom,
  source: Source,
  files: RunFiles,
  checksums: Checksums,
): Promise<RunResult | 'vanished'> {
  const problems = new Problems(keptPerKind);
  const reads: ReadFile[] = [];
  const streams = files.map((of): NumberStream => {
    const { path, shelf, file } = of;
    if (path !== dataPath(shelf, source, file)) problems.add('misplaced', path);
    const read = { lines: 0, bytes: 0, claims: 0, hasNewer: false };
    reads.push(read);
    const expected = { shelf, source, file, owners: owners.of(source, file) };
    return { path, numbers: checkFile(lake, of, expected, checksums.of(of), problems, read) };
  });
  try {
    const missing = new Problems(keptPerKind);
    if (isWhole(files)) await join(streams, files, problems, missing);
    else for (const { numbers } of streams) await exhaust(numbers);
    if (!reads.some(({ hasNewer }) => hasNewer)) problems.addAll(missing.found);
  } catch (error) {
    if (error instanceof InputGone) return 'vanished';
    throw error;
  }
  const sum = (pick: (read: ReadFile) => number): number => reads.reduce((total, read) => total + pick(read), 0);
  return {
    files: files.length,
    lines: sum(({ lines }) => lines),
    bytes: sum(({ bytes }) => bytes),
    claims: sum(({ claims }) => claims),
    problems: problems.found,
  };
}

/**
 * Whether the names add up to the run, so that each number must be there. Where they do not, a file is missing or is about to
 * be published: the names' proof tells which.
 */
function isWhole(files: RunFiles): boolean {
  if (new Set(files.map(({ shelf }) => shelf)).size < files.length) return false;
  return BigInt(files.reduce((sum, { file }) => sum + file.count, 0)) === lengthOf(files[0].file);
}

async function join(
  streams: readonly NumberStream[],
  files: RunFiles,
  problems: Problems,
  lacking: Problems,
): Promise<void> {
  const [{ path, file }] = files;
  await joinNumbers(streams, file, {
    missing: ({ first, last }) =>
      lacking.add('number_missing', path, null, first === last ? `number ${first}` : `numbers ${first}-${last}`),
    twice: (sequence, of) => problems.add('number_twice', of, null, `number ${sequence}, in both files of the run`),
  });
}

async function exhaust(numbers: NumberStream['numbers']): Promise<void> {
  while ((await numbers.next()).done !== true);
}
