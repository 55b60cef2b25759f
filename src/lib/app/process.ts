import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { systemClock } from '../clock';
import { type Config } from '../config/config';
import { readConfig } from '../config/read';
import { credentialFor } from '../credential';
import { azureLake } from '../lake/azure-lake';
import { openClients, type LakeClients } from '../lake/clients';
import { watchRetries } from '../lake/retries';
import { type Invocation } from '../observability/failure';
import { openTelemetry, type Telemetry } from '../observability/telemetry';
import { Observer } from '../status/observer';

/** What a handler uses of the host's invocation context. */
export interface InvocationLike extends Invocation {
  log(...args: unknown[]): void;
  warn(...args: unknown[]): void;
  error(...args: unknown[]): void;
}

/** What all functions of the process share. */
export interface Shared {
  readonly config: Config;
  readonly clients: LakeClients;
  readonly telemetry: Telemetry;
  /** Lets the status page know what this instance sees. */
  readonly observer: Observer;
  readonly endWatch: () => void;
}

/** Of the five seconds that a worker has at its end, what is not said by then is dropped; capture has had three of them before. */
const FAREWELL_MS = 1_500;

let opening: Promise<Shared> | null = null;

/** What must be told to stop when the worker ends. */
const ending = new Set<() => Promise<void>>();

/**
 * Checks every setting, so that a wrong one stops the start and not the first batch. The host says only that it found no
 * functions when a start hook throws; what the process prints reaches its log, a line each, as an error where a line says so.
 */
export function start(): void {
  try {
    readConfig(process.env);
  } catch (error) {
    for (const part of (error as Error).message.split('\n')) process.stderr.write(`Error: ${part}\n`);
    throw error;
  }
}

/** Opened by the first function that runs; a failure is tried again by the next. */
export async function shared(): Promise<Shared> {
  opening ??= open(readConfig(process.env));
  try {
    return await opening;
  } catch (error) {
    opening = null;
    throw error;
  }
}

/** Calls `stop` when the worker ends, unless what is returned was called before. */
export function whenEnding(stop: () => Promise<void>): () => void {
  ending.add(stop);
  return () => ending.delete(stop);
}

/** Stops what is under way and sends what is gathered. A batch under way is cut off by the host; the protocol does not mind. */
export async function stop(): Promise<void> {
  const found = await opening?.catch(() => null);
  opening = null;
  await Promise.all([...ending].map((end) => end()));
  await Promise.all([found?.telemetry.close(FAREWELL_MS), found?.observer.close(FAREWELL_MS)]);
  found?.endWatch();
}

async function open(config: Config): Promise<Shared> {
  const clients = await openClients(config.storage, config.lake.fileSystem, credentialFor);
  const telemetry = openTelemetry({
    connectionString: config.applicationInsights,
    identity: config.applicationInsightsIdentity,
    credentialFor,
    role: {
      name: process.env['WEBSITE_SITE_NAME'] ?? 'change-lake',
      instance: process.env['WEBSITE_INSTANCE_ID'] ?? hostname(),
    },
    now: () => systemClock.now(),
    // Outside of any invocation: the worker hands it to the host's log.
    log: (fields) => process.stdout.write(`${line(fields)}\n`),
  });
  const endWatch = watchRetries(clients, () => telemetry.storageRetried());
  const lake = azureLake(clients, config.requestMs, new AbortController().signal);
  const observer = new Observer(lake, newInstanceName(), systemClock);
  return { config, clients, telemetry, observer, endWatch };
}

/** A name of this process's own, for its file. */
const newInstanceName: () => string = randomUUID;

/** One line of fields: a query reads JSON, people read it too. */
export function line(fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(fields);
}
