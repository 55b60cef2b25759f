/**
 * Every metric there is, and every dimension: closed lists, so that a query, an alert and a page of the documents can name
 * them. What they mean is written here and nowhere else.
 */

/** `sum`: add up (`valueSum`). `spread`: how a figure of each batch is spread. `level`: what was found to be so; the greatest counts. */
export type MetricKind = 'sum' | 'spread' | 'level';

export type Unit = 'events' | 'bytes' | 'milliseconds' | 'requests' | 'swaps' | 'failures' | 'runs' | 'files' | 'hours';

/** All that a metric may be told apart by; values come from our own closed lists, from settings and from the host. */
export const DIMENSIONS = {
  source: 'postgresql or mongodb',
  hub: 'the hub, lower case',
  partition: "the hub's partition, as text",
  code: 'the code of an error, see docs/errors.md; UNEXPECTED where it bears none',
  task: 'which maintenance',
  outcome: 'how a run of maintenance ended',
} as const;

export type Dimension = keyof typeof DIMENSIONS;

export interface Metric {
  readonly kind: MetricKind;
  readonly unit: Unit;
  readonly dimensions: readonly Dimension[];
  readonly meaning: string;
}

const PARTITION = ['source', 'hub', 'partition'] as const;

export const METRICS = {
  events_received: {
    kind: 'sum',
    unit: 'events',
    dimensions: PARTITION,
    meaning: 'handed over by the host in batches that were landed; those that come again count again',
  },
  events_written: {
    kind: 'sum',
    unit: 'events',
    dimensions: PARTITION,
    meaning: 'landed in bronze or quarantine, each once',
  },
  events_duplicate: {
    kind: 'sum',
    unit: 'events',
    dimensions: PARTITION,
    meaning: 'dropped because the lake had them: handed over again, or landed by another owner of the partition',
  },
  events_quarantined: {
    kind: 'sum',
    unit: 'events',
    dimensions: PARTITION,
    meaning: 'landed in quarantine, among those written',
  },
  events_unrecognised: {
    kind: 'sum',
    unit: 'events',
    dimensions: PARTITION,
    meaning: 'landed in bronze without a change that readers could name, among those written',
  },
  sequence_gap: {
    kind: 'sum',
    unit: 'events',
    dimensions: PARTITION,
    meaning: 'sequence numbers found to be passed over; the daily run asks the hub for them again',
  },
  batch_size: { kind: 'spread', unit: 'events', dimensions: PARTITION, meaning: 'events in a batch' },
  bytes_written: {
    kind: 'sum',
    unit: 'bytes',
    dimensions: PARTITION,
    meaning: 'size of the files that were written',
  },
  lake_write_latency_ms: {
    kind: 'spread',
    unit: 'milliseconds',
    dimensions: PARTITION,
    meaning: 'from taking a batch up to all of it being visible',
  },
  processing_delay_ms: {
    kind: 'spread',
    unit: 'milliseconds',
    dimensions: PARTITION,
    meaning: 'from the hub accepting the oldest event of a batch to its file being visible',
  },
  source_delay_ms: {
    kind: 'spread',
    unit: 'milliseconds',
    dimensions: PARTITION,
    meaning:
      "from the source's commit to the hub accepting the event: the first change of a batch that tells its commit",
  },
  partition_lag_events: {
    kind: 'level',
    unit: 'events',
    dimensions: PARTITION,
    meaning: 'in the hub and not yet in the lake, when maintenance last asked',
  },
  storage_retries: {
    kind: 'sum',
    unit: 'requests',
    dimensions: [],
    meaning: 'requests to storage that the SDKs sent again',
  },
  swap_conflicts: {
    kind: 'sum',
    unit: 'swaps',
    dimensions: PARTITION,
    meaning: 'swaps of a ledger that another writer won',
  },
  failures: {
    kind: 'sum',
    unit: 'failures',
    dimensions: ['source', 'hub', 'partition', 'code', 'task'],
    meaning: 'attempts at a batch, captures and runs of maintenance that failed, by code',
  },
  capture_events_sent: {
    kind: 'sum',
    unit: 'events',
    dimensions: ['source'],
    meaning: 'sent to the hub by capture and accepted',
  },
  capture_delay_ms: {
    kind: 'spread',
    unit: 'milliseconds',
    dimensions: ['source'],
    meaning: "from the source's commit to being sent, of the last transaction of each report",
  },
  maintenance_looked_at: {
    kind: 'sum',
    unit: 'files',
    dimensions: ['source', 'task'],
    meaning: 'files, records and ledgers that maintenance looked at',
  },
  maintenance_removed: {
    kind: 'sum',
    unit: 'files',
    dimensions: ['source', 'task'],
    meaning: 'what maintenance removed; merged files are not among them',
  },
  maintenance_merged: {
    kind: 'sum',
    unit: 'files',
    dimensions: ['source', 'task'],
    meaning: 'files that were merged into larger ones',
  },
  maintenance_runs: {
    kind: 'sum',
    unit: 'runs',
    dimensions: ['source', 'task', 'outcome'],
    meaning: 'runs of maintenance, by how they ended: done, out_of_time or failed',
  },
  completeness_missing: {
    kind: 'level',
    unit: 'events',
    dimensions: ['source'],
    meaning: 'missing from the lake and within the retention of the hub, when last proved',
  },
  completeness_lost: {
    kind: 'level',
    unit: 'events',
    dimensions: ['source'],
    meaning: 'missing from the lake and gone from the hub, when last proved',
  },
  completeness_age_hours: {
    kind: 'level',
    unit: 'hours',
    dimensions: ['source'],
    meaning: 'how far back the time lies through which the source is provably complete',
  },
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof METRICS;

/** The dimensions of one value; those that do not apply are left out. */
export type Dimensions = Readonly<Partial<Record<Dimension, string>>>;

/** One value of one metric. */
export interface Measurement {
  readonly name: MetricName;
  readonly dimensions: Dimensions;
  readonly value: number;
}

export function metricOf(name: MetricName): Metric {
  return METRICS[name];
}

export function isMetricName(text: string): text is MetricName {
  return Object.hasOwn(METRICS, text);
}
