import { timeSpanSeconds } from '../config/function-timeout';
import { failed, ok, warning, type Finding } from './check';
import { type HostJson } from './host-json';

const HUBS = 'extensions.eventHubs.';

/** The extension's own, for what host.json leaves out. */
const DEFAULTS = { maxEventBatchSize: 100, minEventBatchSize: 1, prefetchCount: 300, batchCheckpointFrequency: 1 };

/** What the commit protocol, and the promise that nothing is lost, take for granted of the host. */
export function judgeHostJson(host: HostJson, attemptMs: number): Finding {
  const wrong: string[] = [];
  const odd: string[] = [];
  const said = (path: string): string => host.text(`${HUBS}${path}`) ?? 'not given';

  const offset = host.text(`${HUBS}initialOffsetOptions.type`) ?? 'fromStart';
  if (offset.toLowerCase() !== 'fromstart') {
    wrong.push(
      `initialOffsetOptions.type is ${said('initialOffsetOptions.type')}, expected fromStart: events sent before the first start would be lost`,
    );
  }
  if ((host.text(`${HUBS}enableCheckpointing`) ?? 'true').toLowerCase() !== 'true') {
    wrong.push('enableCheckpointing is off: after each restart the whole hub is read again');
  }
  const [max, min] = [batchOf(host), host.number(`${HUBS}minEventBatchSize`, DEFAULTS.minEventBatchSize)];
  if (min > max)
    wrong.push(`minEventBatchSize is ${min}, above maxEventBatchSize, which is ${max}: the host does not start`);
  const timeout = host.text('functionTimeout');
  const seconds = timeout === null ? null : timeSpanSeconds(timeout);
  if (timeout !== null && seconds === null) wrong.push('functionTimeout is not a time span, hh:mm:ss');
  if (seconds !== null && attemptMs > seconds * 800) {
    wrong.push(
      `functionTimeout is ${seconds} s, and INGEST_ATTEMPT_SECONDS ${attemptMs / 1000}: expected at most four fifths of it`,
    );
  }
  if (timeout === null) odd.push('functionTimeout is not given: its default differs by plan');
  const frequency = host.number(`${HUBS}batchCheckpointFrequency`, DEFAULTS.batchCheckpointFrequency);
  if (frequency !== 1)
    odd.push(
      `batchCheckpointFrequency is ${frequency}, expected 1: more is read again after a restart, and scaling is misled`,
    );
  if (min === 1) odd.push('minEventBatchSize is 1: every receive becomes a batch, and a file');

  const fix = 'Correct host.json, or the setting AzureFunctionsJobHost__… that overrides it (docs/host-json.md)';
  if (wrong.length > 0) return failed([...wrong, ...odd].join('; '), fix);
  if (odd.length > 0) return warning(odd.join('; '), fix);
  return ok(`batches of ${min} to ${max} events, a checkpoint after each, functionTimeout ${timeout ?? ''}`);
}

const batchOf = (host: HostJson): number => host.number(`${HUBS}maxEventBatchSize`, DEFAULTS.maxEventBatchSize);

/** What the memory of an instance depends on. Sizes in MB, as docs/host-json.md has them. */
export interface MemoryUse {
  readonly host: HostJson;
  /** Of both hubs: one instance may read them all. */
  readonly partitions: number;
  readonly budgetBytes: number;
  /** Of the lake's events so far; null where there are none. */
  readonly meanEventBytes: number | null;
  readonly instanceMb: number;
}

const REST_MB = 400;
const MB = 1_000_000;
/** The most that Event Hubs takes. */
const LARGEST_MB = 1;
const ASSUMED_MB = 0.01;

/** The formula of docs/host-json.md. */
export function memoryMb({ host, partitions, budgetBytes }: MemoryUse, eventMb: number): number {
  const prefetchMb = host.number(`${HUBS}prefetchCount`, DEFAULTS.prefetchCount) * eventMb;
  const limitMb = host.number(`${HUBS}prefetchSizeInBytes`, Infinity) / MB;
  return REST_MB + budgetBytes / MB + partitions * (Math.min(prefetchMb, limitMb) + 4 * batchOf(host) * eventMb);
}

export function judgeMemory(use: MemoryUse): Finding {
  const { host, partitions, meanEventBytes, instanceMb, budgetBytes } = use;
  const eventMb = meanEventBytes === null ? ASSUMED_MB : meanEventBytes / MB;
  const [usual, most] = [memoryMb(use, eventMb), memoryMb(use, LARGEST_MB)].map(Math.round) as [number, number];
  const found =
    `${REST_MB} MB at rest + ${Math.round(budgetBytes / MB)} MB to encode (INGEST_MEMORY_MIB) + ${partitions} partitions × ` +
    `(prefetch + 4 × maxEventBatchSize ${batchOf(host)} × event): ${usual} MB with events of ` +
    `${(eventMb * 1000).toFixed(1)} KB${meanEventBytes === null ? ' (assumed)' : ' (the mean so far)'}, ${most} MB with events of 1 MB; ` +
    `an instance has ${instanceMb} MB`;
  if (usual <= instanceMb) return ok(found);
  return warning(
    found,
    'Take the profile for large events (docs/host-json.md), or larger instances, or instances that read fewer partitions',
  );
}
