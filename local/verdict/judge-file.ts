import { type FoundAttempts } from './attempts';
import { type DataFilePath } from './data-file';
import { readLine, type Line } from './line';
import { type PartitionName, type Partitions } from './partitions';
import { type Problems } from './problem';

/** Where faults are told, and what is gathered over all files. */
export interface Court {
  readonly problems: Problems;
  readonly partitions: Partitions;
  readonly attempts: FoundAttempts;
}

/** What a file holds. */
export interface JudgedFile {
  readonly lines: number;
  /** Of these, lines that say again what another line says, in this file or one before it. */
  readonly repeats: number;
}

/** Judges a file's form, and each of its lines. */
export function judgeFile(path: string, name: DataFilePath, bytes: Buffer, court: Court): JudgedFile {
  const { problems, partitions, attempts } = court;
  const { lines, rest } = splitLines(bytes);
  if (rest > 0) problems.add('torn_line', path, `${rest} bytes after the last line feed`);
  if (lines.length !== name.lines || lines.length === 0) problems.add('wrong_count', path, `${lines.length} lines`);
  let [repeats, newer] = [0, 0];
  let before: Line | null = null;
  let whose: PartitionName | null = null;
  for (const [i, raw] of lines.entries()) {
    const line = readLine(raw, name.shelf);
    if (line === 'newer_format') {
      newer += 1;
      continue;
    }
    if (line === null) {
      problems.add('torn_line', path, `line ${i + 1} is no line of ours`);
      continue;
    }
    judgePlace(path, name, line, before, problems);
    const isRepeat = [partitions.isRepeat(line, line.sequence, path), attempts.isRepeat(path, name, line)];
    if (isRepeat.includes(true)) repeats += 1;
    before = line;
    whose ??= line;
  }
  if (newer > 0) problems.add('newer_format', path, `${newer} lines`);
  if (whose !== null) partitions.file(whose, path, name, lines.length);
  return { lines: lines.length, repeats };
}

/** At line feeds alone: a payload may hold U+2028. */
function splitLines(bytes: Buffer): { lines: Buffer[]; rest: number } {
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return { lines, rest: bytes.length - start };
}

/** Whether a line is where it belongs: source, partition, incarnation, range, order, day, and the time in the name. */
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
  if (line.sequence === name.first && line.enqueuedTime.replace(/[-:.]/g, '') !== name.stamp) {
    problems.add('wrong_day', path, `its first event was enqueued at ${line.enqueuedTime}`);
  }
}
