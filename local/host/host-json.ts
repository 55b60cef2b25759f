import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { timeSpanMs } from './time-span';

/** What host.json and its overrides say, as far as this host heeds it. Defaults are the extension's own. */
export interface HostConfig {
  readonly eventHubs: EventHubsConfig;
  /** Of the lock that lets one instance alone run a timer. */
  readonly listenerLock: ListenerLockConfig;
  /** Null: without limit. */
  readonly functionTimeoutMs: number | null;
  /** Of HTTP functions, without slashes: `api`. */
  readonly routePrefix: string;
}

export interface EventHubsConfig {
  readonly maxEventBatchSize: number;
  readonly minEventBatchSize: number;
  readonly maxWaitTimeMs: number;
  readonly batchCheckpointFrequency: number;
  readonly prefetchCount: number;
  readonly initialOffset: InitialOffset;
  readonly loadBalancingUpdateIntervalMs: number;
  readonly partitionOwnershipExpirationIntervalMs: number;
}

export interface ListenerLockConfig {
  readonly periodMs: number;
  readonly pollMs: number;
}

/** Where reading starts without a checkpoint. */
export type InitialOffset =
  { readonly type: 'fromStart' | 'fromEnd' } | { readonly type: 'fromEnqueuedTime'; readonly enqueuedTimeUtc: Date };

/** A setting that overrides `a.b` of host.json is called so with `a__b` behind it. */
const OVERRIDE = 'AzureFunctionsJobHost__';

const DEFAULT_TIMEOUT_MS = 30 * 60_000;

/**
 * Reads an app's host.json and the settings that override it.
 *
 * @throws Error that names the file or the option, what was found and what was expected
 */
export function readHostConfig(app: string, env: NodeJS.ProcessEnv): HostConfig {
  const file = join(app, 'host.json');
  const values = overridden(readJson(file), env);
  const option = new Options(values, file);
  if (option.text('version', '') !== '2.0') option.fault('version', '"2.0"');
  const hubs = 'extensions.eventHubs.';
  const eventHubs: EventHubsConfig = {
    maxEventBatchSize: option.count(`${hubs}maxEventBatchSize`, 100),
    minEventBatchSize: option.count(`${hubs}minEventBatchSize`, 1),
    maxWaitTimeMs: option.span(`${hubs}maxWaitTime`, 60_000, [0, 600_000]),
    batchCheckpointFrequency: option.count(`${hubs}batchCheckpointFrequency`, 1),
    prefetchCount: option.count(`${hubs}prefetchCount`, 300),
    initialOffset: initialOffset(option, `${hubs}initialOffsetOptions.`),
    loadBalancingUpdateIntervalMs: option.span(`${hubs}loadBalancingUpdateInterval`, 30_000),
    partitionOwnershipExpirationIntervalMs: option.span(`${hubs}partitionOwnershipExpirationInterval`, 120_000),
  };
  if (eventHubs.minEventBatchSize > eventHubs.maxEventBatchSize) {
    option.fault(`${hubs}minEventBatchSize`, `no more than maxEventBatchSize, which is ${eventHubs.maxEventBatchSize}`);
  }
  // Azure's leases last 15 to 60 s.
  const listenerLock = {
    periodMs: option.span('singleton.listenerLockPeriod', 60_000, [15_000, 60_000]),
    pollMs: option.span('singleton.listenerLockRecoveryPollingInterval', 60_000),
  };
  const isUnlimited = option.text('functionTimeout', '') === '-1';
  return {
    eventHubs,
    listenerLock,
    functionTimeoutMs: isUnlimited ? null : option.span('functionTimeout', DEFAULT_TIMEOUT_MS),
    routePrefix: option.text('extensions.http.routePrefix', 'api'),
  };
}

function initialOffset(option: Options, at: string): InitialOffset {
  const type = option.text(`${at}type`, 'fromStart');
  if (type === 'fromStart' || type === 'fromEnd') return { type };
  if (type !== 'fromEnqueuedTime') return option.fault(`${at}type`, 'fromStart, fromEnd or fromEnqueuedTime');
  const enqueuedTimeUtc = new Date(option.text(`${at}enqueuedTimeUtc`, ''));
  if (Number.isNaN(enqueuedTimeUtc.getTime())) option.fault(`${at}enqueuedTimeUtc`, 'an ISO 8601 time');
  return { type, enqueuedTimeUtc };
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Error(`${file} could not be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Every value of the file by its path, `a.b.c` in lower case (.NET's configuration knows no case), overrides on top. */
function overridden(json: unknown, env: NodeJS.ProcessEnv): Map<string, unknown> {
  const values = new Map<string, unknown>();
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) values.set(path.toLowerCase(), value);
    else for (const [key, item] of Object.entries(value)) walk(item, path === '' ? key : `${path}.${key}`);
  };
  walk(json, '');
  for (const [name, value] of Object.entries(env)) {
    const path = name.toLowerCase().replaceAll(/__|:/g, '.');
    const start = OVERRIDE.toLowerCase().replace('__', '.');
    if (path.startsWith(start)) values.set(path.slice(start.length), value);
  }
  return values;
}

class Options {
  readonly #values: ReadonlyMap<string, unknown>;
  readonly #file: string;

  constructor(values: ReadonlyMap<string, unknown>, file: string) {
    this.#values = values;
    this.#file = file;
  }

  text(path: string, otherwise: string): string {
    const value = this.#values.get(path.toLowerCase());
    if (value === undefined || value === null) return otherwise;
    return typeof value === 'string' ? value : JSON.stringify(value);
  }

  count(path: string, otherwise: number): number {
    const value = Number(this.text(path, String(otherwise)));
    return Number.isInteger(value) && value >= 1 ? value : this.fault(path, 'a whole number above zero');
  }

  span(path: string, otherwiseMs: number, [leastMs, mostMs]: readonly [number, number] = [0, Infinity]): number {
    const text = this.text(path, '');
    const ms = text === '' ? otherwiseMs : (timeSpanMs(text) ?? this.fault(path, 'a time span, hh:mm:ss'));
    if (ms >= leastMs && ms <= mostMs) return ms;
    return this.fault(path, `a time span from ${leastMs / 1000} to ${mostMs / 1000} s`);
  }

  fault(path: string, expected: string): never {
    const found = this.#values.get(path.toLowerCase());
    const override = `${OVERRIDE}${path.replaceAll('.', '__')}`;
    throw new Error(
      `${this.#file}, or the setting ${override}: ${path} is ${found === undefined ? 'not given' : JSON.stringify(found)}; ` +
        `expected ${expected}.`,
    );
  }
}
