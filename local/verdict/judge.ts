import { FoundAttempts, type AttemptCounts } from './attempts';
import { readPath } from './data-file';
import { judgeFile } from './judge-file';
import { Partitions, type PartitionFound } from './partitions';
import { Problems, type Problem, type ProblemKind } from './problem';
import { type LakeFile } from './read-lake';
import { type SentLog } from './sent';

/** What a lake is worth beside what was sent. Counts are events unless the name says otherwise. */
export interface Verdict extends AttemptCounts {
  readonly ok: boolean;
  /** Lines of an attempt, or of a sequence number, that another line has, too: all but the first. */
  readonly duplicates: number;
  /** Lines whose payload, body, partition key, operation or properties are not what was sent. */
  readonly altered: number;
  readonly files: number;
  readonly bytes: number;
  readonly partitions: readonly PartitionFound[];
  /** How often each kind of problem was found. */
  readonly problemCounts: Readonly<Partial<Record<ProblemKind, number>>>;
  /** The first few of each kind. */
  readonly problems: readonly Problem[];
  /** Every data file. */
  readonly listing: readonly ListedFile[];
}

export interface ListedFile {
  readonly path: string;
  readonly bytes: number;
  readonly lines: number;
}

export interface JudgeOptions {
  /** Whether others have sent to the same hubs: their lines must be in order, too, but need not be known. False when left out. */
  readonly foreignAllowed?: boolean;
}

/**
 * Judges a lake by its files alone, one at a time: shares no code with the program that wrote them. The log stays as it is.
 * Of a line's header only what the sender cannot know goes unjudged: the offset, the time of day of events within a file,
 * the event's own id, and what a change tells beside a tombstone's operation.
 */
export async function judge(
  sent: SentLog,
  files: AsyncIterable<LakeFile>,
  { foreignAllowed = false }: JudgeOptions = {},
): Promise<Verdict> {
  const problems = new Problems();
  const partitions = new Partitions(problems);
  const attempts = new FoundAttempts(sent, problems, foreignAllowed);
  const listing: ListedFile[] = [];
  let duplicates = 0;
  for await (const { path, bytes } of files) {
    const name = readPath(path);
    if (name === null) {
      problems.add('stranger', path, 'no data file has such a name');
      continue;
    }
    const { lines, repeats } = judgeFile(path, name, bytes, { problems, partitions, attempts });
    duplicates += repeats;
    listing.push({ path, bytes: bytes.length, lines });
  }
  const found = partitions.finish();
  const counts = attempts.finish();
  return {
    ...counts,
    duplicates,
    altered: problems.count('event_altered'),
    files: listing.length,
    bytes: listing.reduce((total, file) => total + file.bytes, 0),
    partitions: found,
    problemCounts: problems.counts,
    problems: problems.kept,
    ok: problems.kept.length === 0,
    listing,
  };
}
