import { restoreLedger } from './archived';
import { type Clock } from '../clock';
import { type Source } from '../decode/event';
import { hasCode, PipelineError } from '../errors';
import { type Counters, type Ledger, type Successor } from './ledger';
import { formatLedger, parseLedger } from './ledger-json';
import { HEAD_BYTES, tellHead } from './line-head';
import { ledgerPath, replacedLedgerPath, stagedPath, stagingFolder, type Incarnate } from './names';
import { readOrRestore, type BornLedger } from './open';
import { type Lake, type Versioned } from './port';
import { publishPending } from './publish';
import {
  findingsOf,
  readPublished,
  readWaiting,
  union,
  type Findings,
  type Published,
  type Waiting,
} from './rebuild-plan';
import { nameFits, whoseFile, type Whose } from './whose';
import { LineCutter } from '../lines';
import { type Range, Ranges } from '../ranges';
import { readInPieces } from './pieces';

/** What a rebuilding needs besides the lake. */
export interface RebuildTools {
  readonly clock: Clock;
  readonly newId: () => string;
}

export interface Rebuilt {
  /** The new ledger; null when the lake holds nothing of the partition, and the old one, if any, was put away. */
  readonly ledger: Ledger | null;
  /** Data files that readers could see already. */
  readonly files: number;
  /** Staged files that were published because their events were nowhere else. */
  readonly adopted: readonly string[];
  /** Runs of which a file is missing; what its lines held is an open gap now. */
  readonly torn: readonly string[];
}

/** Whose ledger: an incarnation of a hub partition, and the source whose folders hold its files. */
export type RebuildOf = Incarnate & { readonly source: Source };

const MAX_ROUNDS = 5;

/**
 * Makes the ledger of a partition anew from what the lake holds: for a ledger that is damaged, lost, or contradicts the
 * files. Writers may go on meanwhile: those who judged by the old ledger fail and judge again.
 *
 * Staged files first get names that nobody knows, so that a writer who committed by the old ledger cannot publish behind
 * the new one's back. Then the names of all data files tell the coverage, and staged runs whose events are nowhere else
 * are committed with it. The old ledger's bytes are kept under `_system/ledger-replaced/`.
 *
 * @throws PipelineError what the lake and publishing throw; `SWAP_CONTENTION` when writers kept winning; `LEDGER_NEWER` when files of
 * the partition, or that may be, hold lines of a newer format: what those cover is not guessed. Looked for before anything is changed
 */
export async function rebuildLedger(lake: Lake, of: RebuildOf, tools: RebuildTools): Promise<Rebuilt> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const rebuilt = await tryToRebuild(lake, of, tools);
    if (rebuilt !== 'overtaken') return rebuilt;
  }
  throw new PipelineError(
    'SWAP_CONTENTION',
    `writers kept replacing ${ledgerPath(of)} while it was rebuilt: try again`,
    {
      retryable: true,
    },
  );
}

async function tryToRebuild(lake: Lake, of: RebuildOf, tools: RebuildTools): Promise<Rebuilt | 'overtaken'> {
  const path = ledgerPath(of);
  // One that is archived is brought back first: there are never two.
  const found = (await lake.read(path)) ?? ((await restoreLedger(lake, of)) ? await lake.read(path) : null);
  const old = found === null ? null : readable(found, path);
  const known = new Map<string, Whose>();
  await listPublished(lake, of, known);
  await refuseNewerStaged(lake, of);
  if (old !== null) await publishWhatIsThere(lake, old);
  if (found !== null) await lake.stage(replacedLedgerPath(of, tools.newId()), found.bytes);
  const waiting = await renameStaged(lake, of, tools);
  const published = await listPublished(lake, of, known);
  const findings = findingsOf(of.source, published, waiting);
  const torn = findings.torn.map(({ first, last }) => `${first}-${last}`);
  const adopted = waiting.filter(({ path: staged }) => findings.adopted.some((file) => file.staged === staged));
  const ledger = await ledgerFrom(lake, of, findings, [...published, ...adopted], old, tools);
  if (ledger === null) {
    // A writer may have committed by the old one meanwhile, and be about to publish.
    if (found !== null && (await lake.remove(path, found.etag)) === 'changed') return 'overtaken';
    return { ledger: null, files: 0, adopted: [], torn };
  }
  if ((await lake.swap(path, formatLedger(ledger), found?.etag ?? null)) === 'overtaken') return 'overtaken';
  await publishPending(lake, ledger);
  return { ledger, files: published.length, adopted: ledger.pending.map(({ final }) => final), torn };
}

/** The old ledger if it can be read at all: its start, successor and pending files are worth having. */
function readable(found: Versioned, path: string): Ledger | null {
  try {
    return parseLedger(found.bytes, path);
  } catch {
    return null;
  }
}

/** Finishes what the old ledger commits, as far as it can be: a missing file is why one rebuilds. */
async function publishWhatIsThere(lake: Lake, old: Ledger): Promise<void> {
  try {
    await publishPending(lake, old);
  } catch (error) {
    if (!hasCode(error, 'COMMITTED_FILE_MISSING')) throw error;
  }
}

async function renameStaged(lake: Lake, of: RebuildOf, { newId }: RebuildTools): Promise<Waiting[]> {
  const waiting: Waiting[] = [];
  const ids = new Map<string, string>();
  for await (const listed of lake.list(stagingFolder(of))) {
    const file = readWaiting(listed);
    if (file === null) continue;
    const attempt = ids.get(file.attempt) ?? newId();
    ids.set(file.attempt, attempt);
    const renamed = stagedPath(of, attempt, file.shelf, file.file);
    if ((await lake.rename(file.path, renamed)) === 'renamed') waiting.push({ ...file, attempt, path: renamed });
  }
  return waiting;
}

/** @param known whose those files are whose names leave it open; a file never changes, so each is asked once */
async function listPublished(lake: Lake, of: RebuildOf, known: Map<string, Whose>): Promise<Published[]> {
  const published: Published[] = [];
  for (const shelf of ['bronze', 'quarantine'] as const) {
    for await (const listed of lake.list(`${shelf}/${of.source}`)) {
      const file = readPublished(shelf, listed);
      if (file === null || !nameFits(of, file.path)) continue;
      const whose = known.get(file.path) ?? (await whoseFile(lake, of, file.path));
      if (whose === 'ours_newer' || whose === 'untold') throw newerLines(of, file.path);
      known.set(file.path, whose);
      if (whose === 'ours') published.push(file);
    }
  }
  return published;
}

/** Staged files may be adopted, so they are held to the same; their folder tells whose they are. */
async function refuseNewerStaged(lake: Lake, of: RebuildOf): Promise<void> {
  for await (const { path } of lake.list(stagingFolder(of))) {
    const head = (await lake.readHead(path, HEAD_BYTES))?.toString('utf8') ?? '';
    if (tellHead(head)?.kind === 'newer') throw newerLines(of, path);
  }
}

function newerLines(of: RebuildOf, path: string): PipelineError {
  return new PipelineError(
    'LEDGER_NEWER',
    `${path} has lines of a newer format, so ${ledgerPath(of)} cannot be rebuilt by this version. ` +
      `Rebuild it with the newer version that wrote them.`,
  );
}

async function ledgerFrom(
  lake: Lake,
  of: RebuildOf,
  findings: Findings,
  files: readonly Published[],
  old: Ledger | null,
  { clock, newId }: RebuildTools,
): Promise<Ledger | null> {
  const fromLines: Range[] = [];
  for (const run of findings.torn) fromLines.push(...(await sequencesIn(lake, run.paths)));
  const now = clock.now();
  const found = union([...findings.whole, ...fromLines], now);
  if (found === null) return null;
  const latest = await lastEnqueuedAt(lake, files);
  // What the old ledger covered before the first file that is left is missing, not never there.
  const lost =
    old !== null && old.start < found.start ? { first: old.start, last: found.start - 1n, noticedAt: now } : null;
  const { source, namespace, hub, incarnation, partition } = of;
  return {
    source,
    namespace,
    hub,
    incarnation,
    partition,
    generation: newId(),
    hubCreatedAt: old?.hubCreatedAt ?? (await hubCreatedAt(lake, of)),
    start: lost?.first ?? found.start,
    last: found.last,
    lastEnqueuedAt: latest,
    gaps: lost === null ? found.gaps : [lost, ...found.gaps],
    pending: findings.adopted,
    counters: countersOf(files),
    successor: old?.successor ?? (await successorOf(lake, of, latest)),
  };
}

function countersOf(files: readonly Published[]): Counters {
  const sum = (of: readonly Published[], pick: (file: Published) => number): number =>
    of.reduce((total, file) => total + pick(file), 0);
  const quarantined = files.filter(({ shelf }) => shelf === 'quarantine');
  return {
    events: sum(files, ({ file }) => file.count),
    quarantined: sum(quarantined, ({ file }) => file.count),
    files: files.length,
    bytes: sum(files, ({ bytes }) => bytes),
  };
}

/** The sequence numbers of a torn run's lines. */
async function sequencesIn(lake: Lake, paths: readonly string[]): Promise<readonly Range[]> {
  const found = new Ranges();
  for await (const value of inLines(lake, paths, /"sequenceNumber":(\d+)/)) {
    found.add({ first: BigInt(value), last: BigInt(value) });
  }
  return found.all;
}

/** The enqueued time of the latest event, UTC ms: a name tells its first event's only. Later events have later times. */
async function lastEnqueuedAt(lake: Lake, files: readonly Published[]): Promise<number> {
  const last = files.reduce((highest, { file }) => (file.last > highest ? file.last : highest), 0n);
  const paths = files.filter(({ file }) => file.last === last).map(({ path }) => path);
  let latest = -Infinity;
  for await (const time of inLines(lake, paths, /"enqueuedTime":"([^"]+)"/))
    latest = Math.max(latest, Date.parse(time));
  return latest;
}

/**
 * What `field` captures in each line, where it stands first: the header comes before anything that a sender wrote. A merged file may be
 * longer than a string, or memory: a piece and a line of it are held.
 */
async function* inLines(lake: Lake, paths: readonly string[], field: RegExp): AsyncGenerator<string> {
  for (const path of paths) {
    const [cutter, pieces] = [new LineCutter(), readInPieces(lake, path)];
    for (let next = await pieces.next(); ; next = await pieces.next()) {
      if (next.done === true) {
        if (!next.value) throw goneMeanwhile(path);
        break;
      }
      for (const line of cutter.cut(next.value)) {
        const value = field.exec(line?.toString('latin1', 0, HEAD_BYTES) ?? '')?.[1];
        if (value !== undefined) yield value;
      }
    }
  }
}

/** What it held would be taken for missing, and come in twice. */
function goneMeanwhile(path: string): PipelineError {
  const message = `${path} went while the ledger was rebuilt from it, and nothing was changed: try again`;
  return new PipelineError('STORAGE_FAILED', message, { retryable: true });
}

/** When the hub of this incarnation was made, as the ledger before it says. */
async function hubCreatedAt(lake: Lake, of: RebuildOf): Promise<number | null> {
  if (of.incarnation === 1) return null;
  const before = await neighbour(lake, { ...of, incarnation: of.incarnation - 1 });
  return before?.ledger.successor?.hubCreatedAt ?? null;
}

/** Were one that is damaged, too, to stop this, neither of the two could ever be rebuilt. */
async function neighbour(lake: Lake, of: Incarnate): Promise<BornLedger | null> {
  try {
    return await readOrRestore(lake, of);
  } catch (error) {
    if (hasCode(error, 'LEDGER_DAMAGED')) return null;
    throw error;
  }
}

/**
 * The incarnation after this one, as its own ledger says; where that is lost, too, as its files do: the hub was made anew after the
 * latest event of this one. Were it not told, the new hub's higher numbers would be taken for this one's, and come in twice.
 */
async function successorOf(lake: Lake, of: RebuildOf, latest: number): Promise<Successor | null> {
  const next = { ...of, incarnation: of.incarnation + 1 };
  const after = await neighbour(lake, next);
  const createdAt = after?.ledger.hubCreatedAt ?? null;
  if (createdAt !== null) return { incarnation: next.incarnation, hubCreatedAt: createdAt };
  const isThere = after !== null || (await listPublished(lake, next, new Map())).length > 0;
  return isThere ? { incarnation: next.incarnation, hubCreatedAt: latest + 1 } : null;
}
