import { type TokenCredential } from '@azure/identity';
import type * as Package from 'applicationinsights';
import { ACCEPTED, type Exporter, type Receipt, type Telegram } from './exporter';
import { type Failure, type Operation } from './failure';
import { added, keptBack, receiptOf } from './receipt';
import { partsOf, valuesOf } from './replay';
import { judgeAnswer } from './track-answer';
import { TrackPolicy, type ClientOptions } from './track-policy';

export interface ApplicationInsightsOptions {
  readonly connectionString: string;
  /** Null: the connection string's key is enough. */
  readonly credential: TokenCredential | null;
  /** As the host names the app and the instance, so that both stand together in every query. */
  readonly role: { readonly name: string; readonly instance: string };
  readonly requestMs: number;
  readonly now: () => number;
}

/** Values that are recorded in one go: a few milliseconds. */
const MAX_VALUES = 4_000;

/**
 * Sends through the package `applicationinsights`, which is loaded here and nowhere else. The host collects requests, dependencies and
 * traces already. So the client has providers of its own: it patches no module, registers nothing globally and collects nothing by itself.
 */
export async function openApplicationInsights(options: ApplicationInsightsOptions): Promise<Exporter> {
  // The package's reports on itself to Microsoft, to another endpoint than ours. It reads this when a client is made.
  process.env['APPLICATION_INSIGHTS_NO_STATSBEAT'] ??= 'true';
  const { TelemetryClient } = await loadPackage();
  const client = new TelemetryClient(undefined, { useGlobalProviders: false });
  const policy = new TrackPolicy(options.connectionString, options.requestMs);
  client.config.azureMonitorOpenTelemetryOptions = clientOptions(options, policy);
  client.initialize();
  return {
    send: (telegram, signal) => send(client, policy, telegram, signal, options.now),
    close: () => client.shutdown(),
  };
}

/** In the published bundle the package is a file of its own; a CommonJS file comes as the default export. */
async function loadPackage(): Promise<typeof Package> {
  const loaded: typeof Package & { readonly default?: typeof Package } = await import('applicationinsights');
  return loaded.default ?? loaded;
}

function clientOptions(
  { connectionString, credential, role }: ApplicationInsightsOptions,
  policy: TrackPolicy,
): ClientOptions {
  return {
    azureMonitorExporterOptions: {
      connectionString,
      ...(credential === null ? {} : { credential }),
      // The file system may be read-only, and nobody would sweep it.
      disableOfflineStorage: true,
      // What a refusal means is decided here: a request that the pipeline repeats could count twice.
      retryOptions: { maxRetries: 0 },
      additionalPolicies: [policy.policy],
    },
    resource: resourceOf({ 'service.name': role.name, 'service.instance.id': role.instance }),
    logRecordProcessors: [{ onEmit: placeInOperation, shutdown: nothing, forceFlush: nothing }],
  };
}

const nothing = (): Promise<void> => Promise.resolve();

type Resource = NonNullable<ClientOptions['resource']>;

/** The least that OpenTelemetry calls a resource. */
function resourceOf(attributes: Readonly<Record<string, string>>): Resource {
  const resource: Resource = {
    attributes,
    asyncAttributesPending: false,
    merge: () => resource,
    getRawAttributes: () => Object.entries(attributes),
  };
  return resource;
}

/** Carries a failure's operation through `trackException`, which takes no context. */
const OPERATION = 'changeLake.operation';

type LogRecord = Parameters<NonNullable<ClientOptions['logRecordProcessors']>[number]['onEmit']>[0];

function placeInOperation(record: LogRecord): void {
  const operation = record.attributes[OPERATION];
  if (typeof operation !== 'string') return;
  Reflect.deleteProperty(record.attributes, OPERATION);
  const { traceId, spanId } = JSON.parse(operation) as Operation;
  record.spanContext = { traceId, spanId, traceFlags: 1 };
}

async function send(
  client: Package.TelemetryClient,
  policy: TrackPolicy,
  { samples, failures }: Telegram,
  signal: AbortSignal,
  now: () => number,
): Promise<Receipt> {
  let receipt = ACCEPTED;
  const steps = [
    ...partsOf(samples, MAX_VALUES).map((part) => ({ samples: part, failures: [] as readonly Failure[] })),
    ...(failures.length === 0 ? [] : [{ samples: [], failures }]),
  ];
  for (const step of steps) {
    // Once the endpoint has refused, what follows is kept for the next time without asking.
    const isOver = signal.aborted || receipt.fault !== null;
    receipt = added(receipt, isOver ? keptBack(step) : await sendOnce(client, policy, step, signal, now));
  }
  return receipt;
}

async function sendOnce(
  client: Package.TelemetryClient,
  policy: TrackPolicy,
  step: Telegram,
  signal: AbortSignal,
  now: () => number,
): Promise<Receipt> {
  const sent = await policy.during(signal, () => {
    for (const sample of step.samples) {
      const { name, dimensions } = sample;
      for (const value of valuesOf(sample)) client.trackMetric({ name, value, properties: { ...dimensions } });
    }
    for (const failure of step.failures) client.trackException(exceptionOf(failure));
    return client.flush();
  });
  return receiptOf(step, sent.body, judgeAnswer(sent.answer, now()));
}

function exceptionOf({ code, type, message, stack, properties, operation }: Failure): Exception {
  const exception = { name: type, message, stack: `${type}: ${message}${stack === null ? '' : `\n${stack}`}` };
  const carried = operation === null ? {} : { [OPERATION]: JSON.stringify(operation) };
  return { exception: Object.assign(new Error(message), exception), properties: { code, ...properties, ...carried } };
}

type Exception = Parameters<Package.TelemetryClient['trackException']>[0];
