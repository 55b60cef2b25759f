import { PipelineError } from '../errors';
import { closedGapsPath, type Incarnate } from './names';
import { type Lake } from './port';
import { byFirst, type Range, Ranges } from '../ranges';

// Gaps that were given up for good are kept beside the ledger, and not in it: the ledger is replaced with every batch, and must stay small.

/** Sequence numbers that no event will ever come for: nobody looks for them again. */
export interface ClosedGap extends Range {
  /** When Event Hubs was found to have passed over them, UTC ms. */
  readonly noticedAt: number;
  /** When they were given up, UTC ms. */
  readonly closedAt: number;
  /** `absent`: the hub had no event there, though it had later ones. `expired`: it no longer keeps events so old: lost. */
  readonly outcome: 'absent' | 'expired';
}

/** The version of the file's format that is written; an older one is read, a newer one refused. */
const FORMAT = 1;

/** Swaps lost to others before this gives up. */
const MAX_ROUNDS = 8;

/**
 * The closed gaps of one incarnation of a hub partition: ascending, apart from each other; none where there is no file.
 *
 * @throws PipelineError `LEDGER_DAMAGED`, `LEDGER_NEWER`, naming the path
 */
export async function readClosedGaps(lake: Lake, of: Incarnate): Promise<readonly ClosedGap[]> {
  return (await open(lake, of)).gaps;
}

/**
 * Adds to the closed gaps. What is closed already stays as it was first noted, so that doing it twice does it once.
 *
 * @throws PipelineError as {@link readClosedGaps}; `SWAP_CONTENTION` when others kept winning
 */
export async function noteClosedGaps(lake: Lake, of: Incarnate, gaps: readonly ClosedGap[]): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const { gaps: before, etag } = await open(lake, of);
    const after = withClosed(before, gaps);
    if (after.length === before.length && after.every((gap, i) => isSame(gap, before[i] as ClosedGap))) return;
    if ((await lake.swap(closedGapsPath(of), formatClosedGaps(of, after), etag)) !== 'overtaken') return;
  }
  const message = `others kept replacing ${closedGapsPath(of)}: the next run tries again`;
  throw new PipelineError('SWAP_CONTENTION', message, { retryable: true });
}

async function open(lake: Lake, of: Incarnate): Promise<{ gaps: readonly ClosedGap[]; etag: string | null }> {
  const path = closedGapsPath(of);
  const found = await lake.read(path);
  return found === null ? { gaps: [], etag: null } : { gaps: parseClosedGaps(found.bytes, path), etag: found.etag };
}

/** Both together, ascending and apart; where they overlap, `before` is kept. Neighbours that tell the same become one. */
export function withClosed(before: readonly ClosedGap[], gaps: readonly ClosedGap[]): ClosedGap[] {
  const all = [...before];
  const noted = Ranges.of(before);
  for (const gap of gaps) {
    for (const part of noted.missingOf(gap)) all.push({ ...gap, ...part });
    noted.add(gap);
  }
  const joined: ClosedGap[] = [];
  for (const gap of all.sort(byFirst)) {
    const last = joined.at(-1);
    if (last !== undefined && last.last + 1n === gap.first && tellsTheSame(last, gap)) {
      joined[joined.length - 1] = { ...last, last: gap.last };
    } else {
      joined.push(gap);
    }
  }
  return joined;
}

const tellsTheSame = (a: ClosedGap, b: ClosedGap): boolean =>
  a.outcome === b.outcome && a.noticedAt === b.noticedAt && a.closedAt === b.closedAt;

const isSame = (a: ClosedGap, b: ClosedGap): boolean => a.first === b.first && a.last === b.last && tellsTheSame(a, b);

/** As it is stored: JSON, sequence numbers as text (they are 64-bit), times in ISO 8601 UTC. */
export function formatClosedGaps(of: Incarnate, gaps: readonly ClosedGap[]): Buffer {
  const { namespace, hub, incarnation, partition } = of;
  const told = gaps.map(({ first, last, noticedAt, closedAt, outcome }) => ({
    ...{ first: String(first), last: String(last), outcome },
    ...{ noticedTime: new Date(noticedAt).toISOString(), closedTime: new Date(closedAt).toISOString() },
  }));
  const json = { format: FORMAT, namespace, hub, incarnation, partition, gaps: told };
  return Buffer.from(`${JSON.stringify(json, null, 1)}\n`);
}

/**
 * The inverse of {@link formatClosedGaps}.
 *
 * @param path where the bytes were read, for the message
 * @throws PipelineError `LEDGER_NEWER`, or `LEDGER_DAMAGED` with what is wrong
 */
export function parseClosedGaps(bytes: Buffer, path: string): ClosedGap[] {
  try {
    const json = JSON.parse(bytes.toString('utf8')) as Fields | null;
    refuseNewer(json?.['format'], path);
    if (!Array.isArray(json?.['gaps'])) throw new TypeError('gaps is no list');
    return checked((json['gaps'] as (Fields | null)[]).map(readGap));
  } catch (error) {
    if (error instanceof PipelineError) throw error;
    throw new PipelineError(
      'LEDGER_DAMAGED',
      `${path} is no list of closed gaps: ${error instanceof Error ? error.message : String(error)}. Restore it (soft delete); or ` +
        `remove it: what it told is then missing in the proof, and npm run lake -- repair --reopen asks the hub again.`,
      { retryable: true, cause: error },
    );
  }
}

type Fields = Readonly<Record<string, unknown>>;

function refuseNewer(format: unknown, path: string): void {
  if (!Number.isInteger(format) || (format as number) < 1) throw new TypeError('format is no version');
  if ((format as number) <= FORMAT) return;
  const message = `${path} has format ${String(format)}; this version reads up to ${FORMAT}. Deploy the newer version that wrote it.`;
  throw new PipelineError('LEDGER_NEWER', message, { retryable: true });
}

function readGap(json: Fields | null): ClosedGap {
  const outcome = json?.['outcome'];
  if (outcome !== 'absent' && outcome !== 'expired') throw new TypeError('an outcome is neither absent nor expired');
  return {
    ...{ first: sequence(json?.['first']), last: sequence(json?.['last']) },
    ...{ noticedAt: time(json?.['noticedTime']), closedAt: time(json?.['closedTime']), outcome },
  };
}

function sequence(value: unknown): bigint {
  if (typeof value !== 'string' || !/^\d{1,19}$/.test(value)) throw new TypeError('an end is no sequence number');
  return BigInt(value);
}

function time(value: unknown): number {
  const ms = typeof value === 'string' ? Date.parse(value) : NaN;
  if (Number.isNaN(ms)) throw new TypeError('a time is none');
  return ms;
}

function checked(gaps: ClosedGap[]): ClosedGap[] {
  let before = -1n;
  for (const { first, last } of gaps) {
    if (first > last || first <= before) throw new RangeError(`${first}-${last} is out of place`);
    before = last;
  }
  return gaps;
}
