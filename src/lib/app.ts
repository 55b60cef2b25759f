import { randomUUID } from 'node:crypto';
import { ByteBudget } from './budget';
import { captureAll, RunningCapture } from './capture/all';
import { type CaptureNews } from './capture/run';
import { systemClock } from './clock';
import { type Config } from './config/config';
import { readConfig } from './config/read';
import { type Source } from './decode/event';
import { PipelineError } from './errors';
import { credentialFor } from './credential';
import { hubFacts } from './hub/facts';
import { ingest, type IngestRoom } from './ingest';
import { azureLake } from './lake/azure-lake';
import { openClients } from './lake/clients';
import { LedgerCache } from './ledger/cache';
import { type Lake } from './ledger/port';

/** What a handler uses of the host's invocation context. */
export interface InvocationLike {
  readonly triggerMetadata?: unknown;
  readonly invocationId: string;
  log(...args: unknown[]): void;
  warn(...args: unknown[]): void;
  error(...args: unknown[]): void;
}

/** Of the five seconds that a worker has at its end, capture takes no more to send and to keep what it has read. */
const CAPTURE_GRACE_MS = 3_000;

/** One for the process: both functions share the ledgers and the memory budget. Opened by the first batch. */
let opening: Promise<IngestRoom> | null = null;

/** Checks every setting, so that a wrong one is told at start and not by the first batch. */
export function start(): void {
  readConfig(process.env);
}

/** Runs of capture under way: at the worker's end they are told to stop, and then to stop at once. */
const captures = new Set<RunningCapture>();

/** The handler of a source's capture timer: captures until the next run is due. It throws when a database needs somebody's help. */
export function captureHandlerFor(source: Source): (timer: unknown, context: InvocationLike) => Promise<void> {
  return async (_timer, context) => {
    const config = readConfig(process.env);
    const { runMs, abortMs } = config.capture;
    const clients = await openClients(config.storage, config.lake.fileSystem, credentialFor);
    const running = new RunningCapture(runMs, abortMs);
    captures.add(running);
    try {
      const tell = (news: CaptureNews): void => logNews(source, news, context);
      const lakeWithin = (signal: AbortSignal): Lake => azureLake(clients, config.requestMs, signal);
      await captureAll(source, { config, lakeWithin, now: () => systemClock.now(), tell }, running.until);
    } finally {
      captures.delete(running);
      running.end();
    }
  };
}

function logNews(source: Source, news: CaptureNews, context: InvocationLike): void {
  const fields = line({ message: 'capture', source, ...news });
  if (news.kind === 'failed') context.error(fields);
  else context.log(fields);
}

/** Forgets what is cached. A batch under way is cut off by the host; the protocol does not mind. */
export async function stop(): Promise<void> {
  await Promise.all([...captures].map((running) => running.stopSoon(CAPTURE_GRACE_MS)));
  await opening?.catch(() => undefined);
  opening = null;
}

/** The handler of a source's batches: lands the batch and logs one line about it, or throws so that it comes again. */
export function handlerFor(source: Source): (bodies: unknown, context: InvocationLike) => Promise<void> {
  return async (bodies, context) => {
    try {
      const report = await ingest(source, bodies, context.triggerMetadata, await room());
      if (report !== null) context.log(line({ message: 'batch', source, ...report }));
    } catch (error) {
      const code = error instanceof PipelineError ? error.code : null;
      // The host logs what is thrown as prose, and perhaps only once its retries are through: these are the fields.
      context.error(line({ message: 'batch_failed', source, code, error: String(error) }));
      throw error;
    }
  };
}

async function room(): Promise<IngestRoom> {
  opening ??= openRoom(readConfig(process.env));
  try {
    return await opening;
  } catch (error) {
    opening = null;
    throw error;
  }
}

async function openRoom(config: Config): Promise<IngestRoom> {
  const clients = await openClients(config.storage, config.lake.fileSystem, credentialFor);
  return {
    lakeWithin: (signal) => azureLake(clients, config.requestMs, signal),
    hubFacts: hubFacts(config.eventHubs, config.requestMs),
    ledgers: new LedgerCache(),
    budget: new ByteBudget(config.memoryBudgetBytes),
    clock: systemClock,
    newId: randomUUID,
    maxFileBytes: config.lake.maxFileBytes,
    retentionDays: config.retentionDays,
    attemptMs: config.attemptMs,
  };
}

/** One line of fields: a query reads JSON, people read it too. */
function line(fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(fields);
}
