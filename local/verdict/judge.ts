import { readLine, readPath, type DataFilePath, type Line } from './data-file';
import { Partitions, type PartitionFound, type PartitionName } from './partitions';
import { Problems, type Problem, type ProblemKind } from './problem';
import { type LakeFile } from './read-lake';
import { fingerprintOf, type SentLog } from './sent';

/** What a lake is worth beside what was sent. Counts are events unless the name says otherwise. */
export interface Verdict {
  readonly ok: boolean;
  /** Attempts that Event Hubs acknowledged: each must be there once. */
  readonly sent: number;
  /** Of these, found in bronze. */
  readonly landed: number;
  /** Of these, found in quarantine. */
  readonly quarantined: number;
  /** Of these, found nowhere. */
  readonly missing: number;
  /** Lines beyond the first of an attempt, and lines whose sequence number another line has. */
  readonly duplicates: number;
  /** Lines whose payload, body or partition key is not what was sent. */
  readonly altered: number;
  /** Attempts that were never acknowledged, and are there all the same: once each is as it should be. */
  readonly unacknowledgedLanded: number;
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

/** Judges a lake by its files alone, one at a time: shares no code with the program that wrote them. */
export async function judge(sent: SentLog, files: AsyncIterable<LakeFile>): Promise<Verdict> {
  const problems = new Problems();
  const partitions = new Partitions(problems);
  const listing: ListedFile[] = [];
  for await (const { path, bytes } of files) {
    const name = readPath(path);
    if (name === null) {
      problems.add('stranger', path, 'no data file has such a name');
      continue;
    }
    const lines = judgeFile(path, name, bytes, { sent, problems, partitions });
    listing.push({ path, bytes: bytes.length, lines });
  }
  const found = partitions.finish();
  const counts = countAttempts(sent, problems);
  return {
    ...counts,
    duplicates: Math.max(problems.count('event_twice'), problems.count('sequence_twice')),
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

interface Court {
  readonly sent: SentLog;
  readonly problems: Problems;
  readonly partitions: Partitions;
}

/** Judges a file's lines, and returns how many there are. */
function judgeFile(path: string, name: DataFilePath, bytes: Buffer, court: Court): number {
  const { problems, partitions } = court;
  const { lines, rest } = splitLines(bytes);
  if (rest > 0) problems.add('torn_line', path, `${rest} bytes after the last line feed`);
  if (lines.length !== name.lines) problems.add('wrong_count', path, `${lines.length} lines`);
  let before: Line | null = null;
  let whose: PartitionName | null = null;
  for (const [i, raw] of lines.entries()) {
    const line = readLine(raw, name.shelf);
    if (line === null) {
      problems.add('torn_line', path, `line ${i + 1} is no line of ours`);
      continue;
    }
    judgePlace(path, name, line, before, problems);
    if (line.sequence === name.first) judgeStamp(path, name, line, problems);
    partitions.line(line, line.sequence, path);
    judgeEvent(path, name, line, court);
    before = line;
    whose ??= line;
  }
  if (whose !== null) partitions.file(whose, path, name, lines.length);
  return lines.length;
}

function splitLines(bytes: Buffer): { lines: Buffer[]; rest: number } {
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return { lines, rest: bytes.length - start };
}

/** Whether a line is where it belongs: source, partition, incarnation, range, order, day. */
function judgePlace(path: string, name: DataFilePath, line: Line, before: Line | null, problems: Problems): void {
  const wrong = (found: string): void => problems.add('wrong_place', path, found);
  if (line.source !== name.source) wrong(`a line of ${line.source}`);
  if (line.partition !== name.partition) wrong(`a line of partition ${line.partition}`);
  if (line.incarnation !== name.incarnation) wrong(`a line of incarnation ${line.incarnation}`);
  if (line.sequence < name.first || line.sequence > name.last) wrong(`sequence number ${line.sequence}`);
  if (before !== null && line.sequence <= before.sequence) wrong(`${line.sequence} after ${before.sequence}`);
  if (before !== null && (line.hub !== before.hub || line.namespace !== before.namespace)) wrong('lines of two hubs');
  if (line.enqueuedTime.slice(0, 10) !== name.day) {
    problems.add('wrong_day', path, `${line.sequence} was enqueued at ${line.enqueuedTime}`);
  }
}

/** The time in the name is the first event's. */
function judgeStamp(path: string, name: DataFilePath, line: Line, problems: Problems): void {
  const stamp = line.enqueuedTime.replace(/[-:.]/g, '');
  if (stamp !== name.stamp) problems.add('wrong_day', path, `its first event was enqueued at ${line.enqueuedTime}`);
}

/** Whether a line is an event that was sent, and what was sent. */
function judgeEvent(path: string, name: DataFilePath, line: Line, { sent, problems }: Court): void {
  const where = `${path}, ${line.sequence}`;
  const attempt = line.sentId === null ? undefined : sent.find(line.sentId);
  if (attempt === undefined) {
    problems.add('event_unknown', where, line.sentId === null ? 'no sentid' : `sentid ${line.sentId}`);
    return;
  }
  attempt.found += 1;
  if (attempt.found > 1) problems.add('event_twice', where, `attempt ${line.sentId ?? ''}`);
  if (attempt.expect !== name.shelf) problems.add('event_misplaced', where, `in ${name.shelf}`);
  if (attempt.hub.toLowerCase() !== line.hub) problems.add('event_misplaced', where, `of hub ${line.hub}`);
  if (attempt.partitionKey !== line.partitionKey) problems.add('event_altered', where, 'another partition key');
  if (attempt.fingerprint !== fingerprintOf(line.content)) problems.add('event_altered', where, 'other bytes');
}

type AttemptCounts = Pick<Verdict, 'sent' | 'landed' | 'quarantined' | 'missing' | 'unacknowledgedLanded'>;

function countAttempts(sent: SentLog, problems: Problems): AttemptCounts {
  const counts = { sent: 0, landed: 0, quarantined: 0, missing: 0, unacknowledgedLanded: 0 };
  for (const [id, { acknowledged, found, expect, hub }] of sent) {
    if (!acknowledged) {
      if (found > 0) counts.unacknowledgedLanded += 1;
      continue;
    }
    counts.sent += 1;
    if (found === 0) {
      counts.missing += 1;
      problems.add('event_missing', id, `in no file of ${hub}`);
    } else {
      counts[expect === 'bronze' ? 'landed' : 'quarantined'] += 1;
    }
  }
  return counts;
}
