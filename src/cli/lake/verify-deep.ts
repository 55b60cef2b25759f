import { InvalidArgumentError, Option, type Command } from 'commander';
import { type Source } from '../../lib/decode/event';
import { azureMaintenanceLake } from '../../lib/lake/azure-maintenance-lake';
import { deepVerify, type DeepReport, type DeepScope } from '../../lib/maintenance/deep/deep';
import { type Problem, type ProblemKind } from '../../lib/maintenance/deep/problem';
import { dayFolder } from '../../lib/time';
import { type Opened } from './room';

/** What to read of the lake; days as {@link parseDay} gives them. */
export interface ScopeOptions {
  readonly source?: Source;
  readonly day?: string;
  readonly from?: string;
  readonly to?: string;
}

export interface DeepOptions extends ScopeOptions {
  readonly deep: boolean;
}

/** For commander: `2026-11-22` to the day's folder. @throws InvalidArgumentError */
export function parseDay(text: string): string {
  const begin = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : NaN;
  if (!Number.isNaN(begin) && dayFolder(begin) === text.replaceAll('-', '/')) return dayFolder(begin);
  throw new InvalidArgumentError('Expected a day as 2026-11-22 (UTC).');
}

/** The options of whatever can be limited to a source and days. */
export function withScope(command: Command): Command {
  return command
    .addOption(new Option('--source <source>', 'only this one').choices(['postgresql', 'mongodb']))
    .option('--day <YYYY-MM-DD>', 'only this day, UTC', parseDay)
    .option('--from <YYYY-MM-DD>', 'from this day on', parseDay)
    .option('--to <YYYY-MM-DD>', 'up to this day, included', parseDay);
}

/** @throws Error where a day and a stretch of days are both asked for, or a stretch that ends before it begins */
export function scopeOf({ source, day, from, to }: ScopeOptions): DeepScope {
  if (day !== undefined && (from ?? to) !== undefined) throw new Error('Give --day, or --from and --to, not both.');
  if (from !== undefined && to !== undefined && from > to) throw new Error('--from is a later day than --to.');
  return {
    sources: source === undefined ? ['postgresql', 'mongodb'] : [source],
    from: day ?? from ?? null,
    to: day ?? to ?? null,
  };
}

/** Before anything is read. @throws Error where only a scope is given, or one that is none */
export function demandSense(options: DeepOptions): void {
  const { deep, source, day, from, to } = options;
  scopeOf(options);
  if (deep || (source ?? day ?? from ?? to) === undefined) return;
  throw new Error('--source, --day, --from and --to limit what --deep reads: give it, too.');
}

/**
 * Reads what the options ask for, and tells how far it is on the terminal, if there is one; null where it was not asked for.
 */
export async function readDeep(
  { lake, clients, config }: Opened,
  options: DeepOptions,
  isShown: boolean,
): Promise<DeepReport | null> {
  if (!options.deep) return null;
  const files = azureMaintenanceLake(clients, config.requestMs, new AbortController().signal);
  let toldAtBytes = 0;
  const report = await deepVerify({ lake, files }, scopeOf(options), {
    onProgress: ({ files, bytes }) => {
      if (!isShown || bytes - toldAtBytes < PROGRESS_BYTES) return;
      toldAtBytes = bytes;
      process.stderr.write(`\r${files.toLocaleString('en')} files read, ${mebibytes(bytes)} …`);
    },
  });
  if (isShown) process.stderr.write('\r\x1b[K');
  return report;
}

const PROGRESS_BYTES = 16 << 20;

/** The part of `verify --json`. */
export function deepJson(report: DeepReport): Record<string, unknown> {
  return { ok: report.problemCount === 0, ...report };
}

/** For people, a line each: problems, then what was read. */
export function deepLines({ files, lines, bytes, claims, readAgain, problemCount, problems }: DeepReport): string[] {
  const told = problems.flatMap(({ kind, total, kept }) => [
    ...kept.map((problem) => `${placeOf(problem)}: ${meaningOf(problem)}`),
    ...(total > kept.length ? [`… and ${(total - kept.length).toLocaleString('en')} more: ${MEANINGS[kind]}`] : []),
  ]);
  const large = claims === 0 ? '' : `, and ${claims.toLocaleString('en')} large events in claims/`;
  const read = `${lines.toLocaleString('en')} lines of ${files.toLocaleString('en')} files read, ${mebibytes(bytes)}${large}`;
  const again = readAgain === 0 ? '' : `; ${readAgain} files were merged meanwhile, and read as such`;
  const verdict = problemCount === 0 ? 'each is what it should be' : `${problemCount.toLocaleString('en')} problems`;
  return [...told, `${read}${again}: ${verdict}.`];
}

const placeOf = ({ path, line }: Problem): string => (line === null ? path : `${path}:${line}`);

const meaningOf = ({ kind, detail }: Problem): string =>
  detail === null ? MEANINGS[kind] : `${MEANINGS[kind]} (${detail})`;

const mebibytes = (bytes: number): string =>
  `${(bytes / (1 << 20)).toLocaleString('en', { maximumFractionDigits: 1 })} MiB`;

const MEANINGS: Readonly<Record<ProblemKind, string>> = {
  torn_line: 'the last line is cut short',
  line_too_long: 'the line is longer than any event makes',
  not_utf8: 'the line is not UTF-8',
  not_json: 'the line is not JSON',
  unreadable_json: 'strict readers refuse the line, and the whole file with it',
  carriage_return: 'the line holds a carriage return',
  newer_format:
    'from this line on there are lines of a newer format, which only the newer version that wrote them can check',
  wrong_header: 'the line has not the keys and types of docs/lake-format.md',
  foreign_line:
    'the line is of another source, hub, incarnation or partition than the file, or of one without a ledger',
  misplaced: 'the file is in the folder of another day or source than its name says',
  wrong_day: "the event was accepted on another day than the file's",
  wrong_stamp: "the run's first event was not accepted at the time in the file's name",
  outside_range: "the sequence number is not between the first and the last in the file's name",
  out_of_order: 'the sequence number is lower than the one before',
  number_twice: 'the sequence number is there twice',
  number_missing: 'no good line of the run has it',
  wrong_count: "the lines are not as many as the file's name says",
  unknown_reason: 'the reason for quarantine is none that there is',
  bad_base64: 'the body is not base64',
  claim_missing: 'the file that holds the event is not there: restore it (soft delete)',
  claim_differs: 'the file that holds the event has other bytes than the line says',
  wrong_checksum: 'the bytes are not those that the optimise plan names',
  vanished: 'the file went while it was to be read, and no other has taken its place',
};
