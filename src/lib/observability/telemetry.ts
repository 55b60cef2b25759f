import { type TokenCredential } from '@azure/identity';
import { type CaptureNews, type CaptureReport } from '../capture/run';
import { type Secret } from '../config/secret';
import { type Source } from '../decode/event';
import { type BatchReport } from '../report';
import { openApplicationInsights } from './application-insights';
import { Courier, type CourierOptions } from './courier';
import { codeOf, failureOf, type Invocation } from './failure';
import { FailureLimit } from './failure-limit';
import { logExporter } from './log-exporter';
import {
  ofBatch,
  ofCapture,
  ofCompleteness,
  ofMaintenance,
  type CompletenessTold,
  type MaintenanceTold,
} from './measure';
import { type Dimensions } from './metrics';
import { placeOf, type Place } from './place';

/** Told what happens, it adds up, and sends once a minute. Nothing here waits or throws, so that no batch depends on it. */
export interface Telemetry {
  batch(source: Source, report: BatchReport): void;
  /** An attempt at a batch that threw; where, its invocation's trigger metadata tell. */
  batchFailed(source: Source, error: unknown, invocation: Invocation): void;
  /** What else threw: a run of capture or maintenance. */
  failed(place: Place, error: unknown, invocation: Invocation | null): void;
  /** For one run of capture: what it is to be told of its databases. */
  capture(source: Source): (news: CaptureNews) => void;
  maintenance(told: MaintenanceTold): void;
  completeness(source: Source, told: CompletenessTold): void;
  /** Events of a partition that are in the hub and not in the lake, whenever somebody has asked both. */
  lag(source: Source, hub: string, partition: string, events: number): void;
  /** Requests to storage that the SDKs sent again. */
  storageRetried(): void;
  /** Sends what was gathered; never takes longer than `withinMs`. */
  flush(withinMs: number): Promise<void>;
  /** Flushes for the last time and ends the timer. */
  close(withinMs: number): Promise<void>;
}

/** Forgets all it is told. */
export const noTelemetry: Telemetry = {
  batch: () => undefined,
  batchFailed: () => undefined,
  failed: () => undefined,
  capture: () => () => undefined,
  maintenance: () => undefined,
  completeness: () => undefined,
  lag: () => undefined,
  storageRetried: () => undefined,
  flush: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

export interface Timing {
  /** Calls `act` once, when what is under way now has had its turn. */
  soon(act: () => void): void;
  /** Calls `act` again and again; returns what ends that. Neither keeps the process alive. */
  every(ms: number, act: () => void): () => void;
}

const INTERVAL_MS = 60_000;
const MOST_EXCEPTIONS = 3;
const EXCEPTIONS_SPAN_MS = 60_000;

/** Telemetry through whatever `open` opens; that is loaded after the first batch, so that no start waits for it. */
export function telemetryThrough(options: CourierOptions, timing: Timing): Telemetry {
  const { now } = options;
  const courier = new Courier(options);
  const limit = new FailureLimit(MOST_EXCEPTIONS, EXCEPTIONS_SPAN_MS);
  let stop: (() => void) | null = null;
  const start = (): void => {
    if (stop !== null) return;
    stop = timing.every(INTERVAL_MS, () => void courier.tick());
    timing.soon(() => void courier.warmUp().catch(() => undefined));
  };
  const measure: Courier['measure'] = (measurements) => {
    start();
    courier.measure(measurements);
  };
  const count = (dimensions: Dimensions, code: string): void =>
    measure([{ name: 'failures', dimensions: { ...dimensions, code }, value: 1 }]);
  const failed: Telemetry['failed'] = (place, error, invocation) => {
    const code = codeOf(error);
    count(place, code);
    if (limit.allows(code, now())) courier.fail(failureOf(error, place, invocation));
  };
  return {
    batch: (source, report) => measure(ofBatch(source, report)),
    batchFailed: (source, error, invocation) => failed(placeOf(source, invocation.triggerMetadata), error, invocation),
    failed,
    capture(source) {
      const last = new Map<string, CaptureReport>();
      return (news) => {
        if (news.kind === 'captured') {
          measure(ofCapture(source, last.get(news.report.name) ?? null, news.report));
          last.set(news.report.name, news.report);
        } else if (news.kind === 'failed') {
          // What comes after is another run of this database, which counts from zero.
          last.delete(news.name);
          count({ source }, news.code ?? 'UNEXPECTED');
        }
      };
    },
    maintenance: (told) => measure(ofMaintenance(told)),
    completeness: (source, told) => measure(ofCompleteness(source, told, now())),
    lag: (source, hub, partition, events) =>
      measure([{ name: 'partition_lag_events', dimensions: { source, hub, partition }, value: Math.max(events, 0) }]),
    storageRetried: () => measure([{ name: 'storage_retries', dimensions: {}, value: 1 }]),
    flush: (withinMs) => courier.flush(withinMs),
    async close(withinMs) {
      stop?.();
      await courier.close(withinMs);
    },
  };
}

export interface TelemetryOptions {
  /** Of Application Insights; null: metrics go to the log. */
  readonly connectionString: Secret | null;
  /** Signs in with an identity where the resource takes no keys; null: it takes the connection string's. */
  readonly identity: { readonly clientId: string | null } | null;
  readonly credentialFor: (clientId: string | null) => Promise<TokenCredential>;
  /** The app and the instance, as the host names them. */
  readonly role: { readonly name: string; readonly instance: string };
  readonly now: () => number;
  /** Writes a line outside of any invocation. */
  readonly log: (fields: Readonly<Record<string, unknown>>) => void;
}

/** A request to the ingestion endpoint that is not answered by then is given up. */
const REQUEST_MS = 10_000;

/** Telemetry as the settings say. Sends nothing yet, loads nothing yet. */
export function openTelemetry(options: TelemetryOptions, timing: Timing = systemTiming): Telemetry {
  const { connectionString, identity, credentialFor, role, now, log } = options;
  const open: CourierOptions['open'] = async () => {
    if (connectionString === null) return logExporter(log);
    return await openApplicationInsights({
      connectionString: connectionString.reveal(),
      credential: identity === null ? null : await credentialFor(identity.clientId),
      role,
      requestMs: REQUEST_MS,
      now,
    });
  };
  return telemetryThrough({ open, now, log }, timing);
}

export const systemTiming: Timing = {
  soon: (act) => void setImmediate(act),
  every(ms, act) {
    const timer = setInterval(act, ms).unref();
    return () => clearInterval(timer);
  },
};
