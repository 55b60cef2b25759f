import { type CaptureNews, type CaptureReport } from '../../src/lib/capture/run';
import { type Totals } from '../../src/lib/maintenance/daily/report';
import { type MaintenanceTask } from '../../src/lib/observability/measure';
import { METRICS, type Metric } from '../../src/lib/observability/metrics';
import { type BatchReport } from '../../src/lib/report';

/** Every name that a query may use of what this app sends: a name that is not here is in no telemetry. */
export interface Vocabulary {
  readonly metrics: Readonly<Record<string, Pick<Metric, 'kind' | 'dimensions'>>>;
  /** Fields of each line of log, by its `message`; a field within another is `report.name`. */
  readonly messages: Readonly<Record<string, readonly string[]>>;
  /** Properties of exceptions. */
  readonly exceptions: readonly string[];
  /** Properties that the host gives lines of log and requests. */
  readonly host: readonly string[];
  readonly codes: readonly string[];
  /** All values of fields and dimensions that have closed lists. */
  readonly values: Readonly<Record<string, readonly string[]>>;
}

/** Names of all fields; the compiler says when one is missing or not there. */
const fields = <T extends object>(names: Readonly<Record<keyof T, true>>): string[] => Object.keys(names);

const BATCH = fields<BatchReport>({
  ...{ hub: true, partition: true, incarnation: true, firstSequence: true, lastSequence: true, received: true },
  ...{ written: true, duplicates: true, quarantined: true, unrecognised: true, propertiesLost: true, gap: true },
  ...{ files: true, bytes: true, swapConflicts: true, writeMs: true, delayMs: true, sourceDelayMs: true },
});

const CAPTURE_REPORT = fields<CaptureReport>({
  ...{ name: true, events: true, batches: true, bytes: true, transactions: true },
  ...{ sourceDelayMs: true, slotRetainedBytes: true, oplogWindowSeconds: true },
});

const TOTALS = fields<Totals>({
  ...{ events: true, quarantined: true, files: true, gaps: true, missing: true, torn: true, doubled: true },
  ...{ uncovered: true, lost: true, absent: true, pending: true, strangers: true },
});

/** The lines of log of which queries make use. */
const MESSAGES = {
  batch: ['source', ...BATCH],
  batch_failed: ['source', 'code', 'error'],
  capture: [
    ...[
      'source',
      'kind',
      'name',
      'code',
      'error',
      'table',
      'rows',
      'estimatedRows',
      'tablesDone',
      'tables',
      'sinceMs',
      'isRead',
      'changes',
    ],
    ...CAPTURE_REPORT.map((name) => `report.${name}`),
  ],
  maintenance: ['task', 'outcome', 'durationMs', 'detail', 'weeklyAgeHours'],
  completeness: [...['source', 'ok', 'completeThrough', 'filled', 'newlyLost', 'why', 'faults', 'failures'], ...TOTALS],
  checkpoint: ['name', 'did', 'reason', 'detail'],
  status_failed: ['error'],
  telemetry_refused: ['fault'],
  telemetry_dropped: ['dropped', 'fault'],
};

const keys = <T extends string>(names: Readonly<Record<T, true>>): string[] => Object.keys(names);

/** @param codes every code of an error, out of the list that the code keeps */
export function vocabularyWith(codes: readonly string[]): Vocabulary {
  return {
    metrics: METRICS,
    messages: MESSAGES,
    exceptions: ['code', 'source', 'hub', 'partition', 'task', 'invocationId'],
    host: ['Category', 'LogLevel', 'InvocationId', 'prop__functionName', 'HostInstanceId'],
    codes: [...codes, 'UNEXPECTED'],
    values: {
      source: ['postgresql', 'mongodb'],
      kind: keys<CaptureNews['kind']>({
        captured: true,
        busy: true,
        snapshot: true,
        snapshot_slow: true,
        table_set_aside: true,
        publication_changed: true,
        tables_without_updates: true,
        failed: true,
      }),
      did: ['removed', 'would_remove', 'left', 'foreign'],
      outcome: ['done', 'out_of_time', 'failed', 'taken'],
      task: [
        ...['weekly', 'daily'],
        ...keys<MaintenanceTask>({ clean_checkpoints: true, sweep_staging: true, optimize: true, completeness: true }),
      ],
    },
  };
}

/** The codes in the text of src/lib/errors.ts. */
export function codesIn(source: string): string[] {
  const union = source.split('export type ErrorCode =')[1]?.split('\n\n')[0] ?? '';
  return [...union.matchAll(/^\s+\| '([A-Z_]+)'/gm)].flatMap(([, code]) => code ?? []);
}
