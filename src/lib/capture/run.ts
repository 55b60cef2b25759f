import { type Config } from '../config/config';
import { type Source } from '../decode/event';
import { PipelineError } from '../errors';
import { openSender } from '../hub/sender';
import { type Lake } from '../ledger/port';
import { parseState as parseMongoState, stateJson as mongoStateJson } from './mongodb/state';
import { outbox } from './outbox';
import { type ChangeSink, type Ended, type SlowSnapshot, type SnapshotTold, type Until } from './port';
import { capturePostgres } from './postgresql/capture';
import { openDefinitions } from './postgresql/definitions-record';
import { type PublicationNews } from './postgresql/publication-watch';
import { parseState, stateJson } from './postgresql/state';
import { openProgress } from './progress';
import { type TableSetAside } from './set-aside';

/** What a run of capture told of itself in the end, or now and then; counts are since the run began. */
export interface CaptureReport {
  readonly name: string;
  readonly events: number;
  readonly batches: number;
  readonly bytes: number;
  readonly transactions: number;
  /** Between the source's commit and being put, of the last transaction, in ms; null before the first. */
  readonly sourceDelayMs: number | null;
  /** WAL that PostgreSQL kept for the slot when the run began. */
  readonly slotRetainedBytes: number | null;
  /** How far back MongoDB's oplog reached when the run began, in seconds; null where that may not be asked. */
  readonly oplogWindowSeconds: number | null;
}

/** What happened, for whoever logs it. */
export type CaptureNews =
  | { readonly kind: 'captured'; readonly report: CaptureReport }
  | { readonly kind: 'busy'; readonly name: string }
  | ({ readonly kind: 'snapshot'; readonly name: string } & SnapshotTold)
  | ({ readonly kind: 'snapshot_slow'; readonly name: string } & SlowSnapshot)
  /** Something of a table is missing in the lake; logged when it is found and by each run, until it is mended. */
  | ({ readonly kind: 'table_set_aside'; readonly name: string } & Omit<TableSetAside, 'message'> & {
        readonly error: string;
      })
  | ({ readonly name: string } & PublicationNews)
  | { readonly kind: 'failed'; readonly name: string; readonly code: string | null; readonly error: string };

/** What a run works with. */
export interface CaptureRoom {
  readonly config: Config;
  /** The lake; its requests end when the signal is aborted. */
  readonly lakeWithin: (signal: AbortSignal) => Lake;
  readonly now: () => number;
  readonly tell: (news: CaptureNews) => void;
}

/** How often a long run tells how it goes. */
const REPORT_EVERY_MS = 60_000;

/** A request to Event Hubs that is not answered by then is made again. */
const SEND_TRY_MS = 30_000;

/**
 * Captures one database until it is told to stop, and tells what came of it. `busy`: another process does, nothing was done.
 *
 * @throws PipelineError SOURCE_*, CAPTURE_*, EVENT_HUBS_FAILED, STORAGE_FAILED, after it was told, too
 */
export async function captureDatabase(source: Source, name: string, room: CaptureRoom, until: Until): Promise<Ended> {
  const told = new Told(name, room.now);
  let ticker: NodeJS.Timeout | undefined;
  let report = (): void => undefined;
  try {
    await using sender = await openSender(room.config.eventHubs, room.config.hubs[source], SEND_TRY_MS);
    // What waits for the hub would else wait on, whoever wants it to end.
    const cut = (): void => void sender[Symbol.asyncDispose]();
    until.abort.addEventListener('abort', cut);
    const lake = room.lakeWithin(until.abort);
    const sink = outbox(source, sender, lake);
    report = () => room.tell({ kind: 'captured', report: told.report(sink) });
    ticker = setInterval(() => report(), REPORT_EVERY_MS);
    const ended = await start(source, name, room, lake, sink, told, until);
    if (ended === 'busy') room.tell({ kind: 'busy', name });
    else report();
    return ended;
  } catch (error) {
    const code = error instanceof PipelineError ? error.code : null;
    // What it sent since its last report counts.
    report();
    room.tell({ kind: 'failed', name, code, error: error instanceof Error ? error.message : String(error) });
    throw error;
  } finally {
    clearInterval(ticker);
  }
}

async function start(
  source: Source,
  name: string,
  { config, now, tell }: CaptureRoom,
  lake: Lake,
  sink: ChangeSink,
  told: Told,
  until: Until,
): Promise<Ended> {
  const shared = {
    ...{ sink, now },
    onSnapshot: (at: SnapshotTold): void => tell({ kind: 'snapshot', name, ...at }),
    onSetAside: ({ message, ...table }: TableSetAside): void =>
      tell({ kind: 'table_set_aside', name, ...table, error: message }),
    onCommit: (committedAtUs: bigint): void => told.committed(Number(committedAtUs / 1000n)),
  };
  if (source === 'postgresql') {
    const progress = await openProgress(lake, source, name, { parse: parseState, json: stateJson });
    const onPublication = (news: PublicationNews): void => tell({ name, ...news });
    const onRetained = (bytes: number): void => void (told.slotRetainedBytes = bytes);
    const definitions = await openDefinitions(lake, name, progress.history);
    const deps = { ...shared, progress, definitions, onPublication, onRetained };
    return await capturePostgres(named(config.capture.postgresql, name), deps, until);
  }
  // Loaded when first needed: an app that captures nothing never pays for its client.
  const { captureMongo } = await import('./mongodb/capture.js');
  const progress = await openProgress(lake, source, name, { parse: parseMongoState, json: mongoStateJson });
  const onOplogWindow = (seconds: number): void => void (told.oplogWindowSeconds = seconds);
  const onSlowSnapshot = ({ secondsNeeded, secondsLeft }: SlowSnapshot): void =>
    tell({ kind: 'snapshot_slow', name, secondsNeeded, secondsLeft });
  const room = { ...shared, progress, onOplogWindow, onSlowSnapshot };
  return await captureMongo(named(config.capture.mongodb, name), room, until);
}

/** @throws Error where the settings name no such database */
function named<Database extends { readonly name: string }>(databases: readonly Database[], name: string): Database {
  const found = databases.find((database) => database.name === name);
  if (found === undefined) throw new Error(`The settings name no database ${name}.`);
  return found;
}

class Told {
  slotRetainedBytes: number | null = null;
  oplogWindowSeconds: number | null = null;
  #transactions = 0;
  #delayMs: number | null = null;
  readonly #name: string;
  readonly #now: () => number;

  constructor(name: string, now: () => number) {
    this.#name = name;
    this.#now = now;
  }

  committed(atMs: number): void {
    this.#transactions += 1;
    this.#delayMs = this.#now() - atMs;
  }

  report({ accepted }: ChangeSink): CaptureReport {
    const { slotRetainedBytes, oplogWindowSeconds } = this;
    return {
      name: this.#name,
      ...accepted,
      transactions: this.#transactions,
      sourceDelayMs: this.#delayMs,
      slotRetainedBytes,
      oplogWindowSeconds,
    };
  }
}
