import { randomUUID } from 'node:crypto';
import { ByteBudget } from './budget';
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

/** What a handler uses of the host's invocation context. */
export interface InvocationLike {
  readonly triggerMetadata?: unknown;
  readonly invocationId: string;
  log(...args: unknown[]): void;
  warn(...args: unknown[]): void;
  error(...args: unknown[]): void;
}

/** One for the process: both functions share the ledgers and the memory budget. Opened by the first batch. */
let opening: Promise<IngestRoom> | null = null;

/** Checks every setting, so that a wrong one is told at start and not by the first batch. */
export function start(): void {
  readConfig(process.env);
}

/** Forgets what is cached. A batch under way is cut off by the host; the protocol does not mind. */
export async function stop(): Promise<void> {
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
