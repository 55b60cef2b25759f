import { PipelineError } from '../errors';
import { type Coverage } from './coverage';
import { type Counters, type Gap, type Ledger, type PendingFile, type Successor } from './ledger';

/** The version of the ledger's format that is written; a newer one is refused. */
export const LEDGER_FORMAT = 1;

/** The ledger as it is stored: JSON, sequence numbers as text (they are 64-bit), times in ISO 8601 UTC. */
export function formatLedger(ledger: Ledger): Buffer {
  const json = {
    format: LEDGER_FORMAT,
    source: ledger.source,
    namespace: ledger.namespace,
    hub: ledger.hub,
    incarnation: ledger.incarnation,
    partition: ledger.partition,
    generation: ledger.generation,
    hubCreatedTime: ledger.hubCreatedAt === null ? null : iso(ledger.hubCreatedAt),
    start: String(ledger.start),
    last: String(ledger.last),
    lastEnqueuedTime: iso(ledger.lastEnqueuedAt),
    gaps: ledger.gaps.map((gap) => ({
      first: String(gap.first),
      last: String(gap.last),
      noticedTime: iso(gap.noticedAt),
    })),
    counters: ledger.counters,
    pending: ledger.pending.map(({ staged, final }) => ({ staged, final })),
    successor:
      ledger.successor === null
        ? null
        : { incarnation: ledger.successor.incarnation, hubCreatedTime: iso(ledger.successor.hubCreatedAt) },
  };
  return Buffer.from(`${JSON.stringify(json, null, 1)}\n`);
}

/**
 * The inverse of {@link formatLedger}.
 *
 * @param path where the bytes were read, for the message
 * @throws PipelineError `LEDGER_NEWER`, or `LEDGER_DAMAGED` with what is wrong; never a guess
 */
export function parseLedger(bytes: Buffer, path: string): Ledger {
  try {
    const json = fields(JSON.parse(bytes.toString('utf8')), 'the ledger');
    refuseNewer(json['format'], path);
    return checked(read(json));
  } catch (error) {
    if (error instanceof PipelineError) throw error;
    throw new PipelineError(
      'LEDGER_DAMAGED',
      `${path} is not a ledger: ${error instanceof Error ? error.message : String(error)}. Nothing is written to its ` +
        `partition until it is rebuilt from the files in the lake: docs/commit.md, "rebuild-ledger".`,
      { retryable: true, cause: error },
    );
  }
}

function refuseNewer(format: unknown, path: string): void {
  if (typeof format !== 'number') throw new TypeError('format is not a number');
  if (format === LEDGER_FORMAT) return;
  if (format < LEDGER_FORMAT || !Number.isInteger(format)) throw new TypeError(`format ${format} never existed`);
  throw new PipelineError(
    'LEDGER_NEWER',
    `${path} has format ${format}; this version reads up to ${LEDGER_FORMAT}. A newer version has written here: deploy ` +
      `that version again. (rebuild-ledger would start over with what the file names tell.)`,
    { retryable: true },
  );
}

function read(json: Fields): Ledger {
  const source = text(json, 'source');
  if (source !== 'postgresql' && source !== 'mongodb') throw new TypeError(`source is ${JSON.stringify(source)}`);
  return {
    source,
    namespace: text(json, 'namespace'),
    hub: text(json, 'hub'),
    incarnation: count(json, 'incarnation'),
    partition: text(json, 'partition'),
    generation: text(json, 'generation'),
    hubCreatedAt: json['hubCreatedTime'] === null ? null : time(json, 'hubCreatedTime'),
    start: sequence(json, 'start'),
    last: sequence(json, 'last'),
    lastEnqueuedAt: time(json, 'lastEnqueuedTime'),
    gaps: list(json, 'gaps').map(readGap),
    counters: readCounters(fields(json['counters'], 'counters')),
    pending: list(json, 'pending').map(readPending),
    successor: json['successor'] === null ? null : readSuccessor(fields(json['successor'], 'successor')),
  };
}

function readGap(json: Fields): Gap {
  return { first: sequence(json, 'first'), last: sequence(json, 'last'), noticedAt: time(json, 'noticedTime') };
}

function readPending(json: Fields): PendingFile {
  return { staged: text(json, 'staged'), final: text(json, 'final') };
}

function readCounters(json: Fields): Counters {
  return {
    events: count(json, 'events'),
    quarantined: count(json, 'quarantined'),
    files: count(json, 'files'),
    bytes: count(json, 'bytes'),
  };
}

function readSuccessor(json: Fields): Successor {
  return { incarnation: count(json, 'incarnation'), hubCreatedAt: time(json, 'hubCreatedTime') };
}

/** Refuses figures that contradict each other: coverage judged by them could lose events. */
function checked(ledger: Ledger): Ledger {
  const { start, last, gaps }: Coverage = ledger;
  if (last < start) throw new RangeError(`last ${last} is before start ${start}`);
  let before = start - 1n;
  for (const gap of gaps) {
    // `last` is covered itself; `start` is too, unless a rebuilt ledger remembers what the lake has lost.
    if (gap.first > gap.last || gap.first <= before || gap.last >= last) {
      throw new RangeError(`gap ${gap.first}-${gap.last} is out of place`);
    }
    before = gap.last;
  }
  if (ledger.incarnation < 1) throw new RangeError(`incarnation ${ledger.incarnation}`);
  return ledger;
}

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError(`${name} is no object`);
  return value as Fields;
}

function list(json: Fields, name: string): Fields[] {
  const value = json[name];
  if (!Array.isArray(value)) throw new TypeError(`${name} is no list`);
  return value.map((item) => fields(item, `an entry of ${name}`));
}

function text(json: Fields, name: string): string {
  const value = json[name];
  if (typeof value !== 'string' || value === '') throw new TypeError(`${name} is no text`);
  return value;
}

function count(json: Fields, name: string): number {
  const value = json[name];
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new TypeError(`${name} is no count`);
  return value as number;
}

function sequence(json: Fields, name: string): bigint {
  const value = text(json, name);
  if (!/^-?\d{1,19}$/.test(value)) throw new TypeError(`${name} is no sequence number`);
  return BigInt(value);
}

function time(json: Fields, name: string): number {
  const ms = Date.parse(text(json, name));
  if (Number.isNaN(ms)) throw new TypeError(`${name} is no time`);
  return ms;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
