/** A run of events as its files' names tell it. */
interface Run {
  readonly first: number;
  readonly last: number;
  readonly paths: string[];
  lines: number;
}

const NAME = /data_[^_]+_(?<partition>\d+(?:_i\d+)?)_(?<first>\d+)-(?<last>\d+)_(?<count>\d+)\.json$/;

/**
 * What an operator takes out of a source where `verify` tells numbers that are in two files: by the names alone, of each partition, keep files
 * that follow each other without a hole or an overlap, as few as there can be; the others hold nothing that is not in these.
 *
 * @param paths of one source, bronze and quarantine
 * @throws Error where no choice of files is without both: then events must come again from the hub
 */
export function surplusOf(paths: readonly string[]): string[] {
  return [...Map.groupBy(paths, (path) => NAME.exec(path)?.groups?.['partition'] ?? '').values()].flatMap(ofPartition);
}

function ofPartition(paths: readonly string[]): string[] {
  const runs = new Map<string, Run>();
  for (const path of paths) {
    const { first = '', last = '', count = '' } = NAME.exec(path)?.groups ?? {};
    const run = runs.get(`${first}-${last}`) ?? { first: Number(first), last: Number(last), paths: [], lines: 0 };
    runs.set(`${first}-${last}`, run);
    run.paths.push(path);
    run.lines += Number(count);
  }
  const ascending = [...runs.values()].sort((a, b) => a.first - b.first || a.last - b.last);
  const isWhole = (run: Run): boolean => run.lines === run.last - run.first + 1;
  const together = clusters(ascending.filter(isWhole));
  const within = (run: Run): boolean => together.some(({ first, last }) => first <= run.first && run.last <= last);
  // A run of which one file never came into its place holds nothing that is its own, where whole ones are all around it.
  const torn = ascending.filter((run) => !isWhole(run) && within(run));
  return [...torn, ...together.flatMap(({ of }) => leftOver(of))].flatMap((run) => run.paths);
}

interface Cluster {
  readonly first: number;
  last: number;
  readonly of: Run[];
}

/** Runs without a hole between them, ascending. */
function clusters(runs: readonly Run[]): Cluster[] {
  const found: Cluster[] = [];
  for (const run of runs) {
    const open = found.at(-1);
    if (open !== undefined && run.first <= open.last + 1) {
      open.of.push(run);
      open.last = Math.max(open.last, run.last);
    } else found.push({ first: run.first, last: run.last, of: [run] });
  }
  return found;
}

/** What is not on the shortest way from the first number to the last, each run beginning where the one before ended. */
function leftOver(runs: readonly Run[]): Run[] {
  const first = runs[0]?.first ?? 0;
  const ways = new Map<number, readonly Run[]>([[first - 1, []]]);
  // Ascending by their first numbers: whatever ends before a run has been seen.
  for (const run of runs) {
    const before = ways.get(run.first - 1);
    const known = ways.get(run.last);
    if (before !== undefined && (known === undefined || before.length + 1 < known.length)) {
      ways.set(run.last, [...before, run]);
    }
  }
  const last = runs.reduce((highest, run) => Math.max(highest, run.last), 0);
  const way = ways.get(last);
  if (way === undefined) throw new Error(`no files between ${first} and ${last} follow each other without overlap`);
  return runs.filter((run) => !way.includes(run));
}

/** When the first event of a data file was enqueued, by its name, UTC ms. */
export function nameTime(path: string): number {
  const stamp = /data_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z_/.exec(path);
  const [year, month, day, hour, minute, second, ms] = (stamp ?? []).slice(1);
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
}
