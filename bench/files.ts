import hostJson from '../host.json';
import { Random } from '../local/events/random';
import { simulateBatches } from '../local/host/simulate-batches';
import { timeSpanMs } from '../local/host/time-span';

export interface FilesBench {
  readonly name: 'files';
  /** One for each rate. */
  readonly rates: readonly FilesAtRate[];
  readonly goal: 'at most 61 files an hour and partition, or 80 % of batches full; p99 of the delay at most 63 s';
}

export interface FilesAtRate {
  /** Of the whole hub. */
  readonly eventsPerSecond: number;
  readonly filesPerPartitionHour: number;
  /** The share of batches that hold at least `minEventBatchSize`. */
  readonly fullShare: number;
  /** From an event's arrival to its file being visible. */
  readonly p99DelaySeconds: number;
  readonly meetsGoal: boolean;
}

const RATES = [10, 100, 1000];
const PARTITIONS = 4;
const HOUR_MS = 3_600_000;

/** What a batch takes to land: more than is measured here, as across a network. */
const HANDLER_MS = 100;

/** An hour of events that come by chance (Poisson), batched as host.json says by the host's own rules, in simulated time. */
export function benchFiles(): Promise<FilesBench> {
  const goal = 'at most 61 files an hour and partition, or 80 % of batches full; p99 of the delay at most 63 s';
  return Promise.resolve({ name: 'files', rates: RATES.map(atRate), goal });
}

function atRate(eventsPerSecond: number): FilesAtRate {
  const { maxEventBatchSize, minEventBatchSize, maxWaitTime } = hostJson.extensions.eventHubs;
  const settings = { minimum: minEventBatchSize, maximum: maxEventBatchSize, maxWaitMs: timeSpanMs(maxWaitTime) ?? 0 };
  let [files, full] = [0, 0];
  const delays: number[] = [];
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const arrivals = arrivalsOf(eventsPerSecond / PARTITIONS, new Random(partition + 1));
    const batches = simulateBatches(arrivals, { ...settings, handlerMs: () => HANDLER_MS, checkpointAt: 0 });
    let next = 0;
    for (const { at, count } of batches) {
      files += 1;
      if (count >= minEventBatchSize) full += 1;
      for (let i = 0; i < count; i += 1) delays.push(at + HANDLER_MS - (arrivals[next++] ?? at));
    }
  }
  delays.sort((a, b) => a - b);
  const filesPerPartitionHour = files / PARTITIONS;
  const fullShare = full / files;
  const p99DelaySeconds = (delays[Math.floor(delays.length * 0.99)] ?? 0) / 1000;
  const meetsGoal = (filesPerPartitionHour <= 61 || fullShare >= 0.8) && p99DelaySeconds <= 63;
  const round = (value: number): number => Math.round(value * 100) / 100;
  return {
    eventsPerSecond,
    filesPerPartitionHour: Math.round(filesPerPartitionHour),
    fullShare: round(fullShare),
    p99DelaySeconds: round(p99DelaySeconds),
    meetsGoal,
  };
}

/** Arrivals within an hour, in ms, with exponential pauses between them. */
function arrivalsOf(perSecond: number, random: Random): number[] {
  const arrivals: number[] = [];
  for (let at = 0; ;) {
    at += (-Math.log(1 - random.next()) * 1000) / perSecond;
    if (at >= HOUR_MS) return arrivals;
    arrivals.push(at);
  }
}
