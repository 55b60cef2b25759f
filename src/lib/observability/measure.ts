import { type CaptureReport } from '../capture/run';
import { type Source } from '../decode/event';
import { type BatchReport } from '../report';
import { metricOf, type Dimensions, type Measurement, type MetricName } from './metrics';

/** What became of a batch, as metrics. */
export function ofBatch(source: Source, report: BatchReport): Measurement[] {
  const { hub, partition } = report;
  return measured(
    { source, hub, partition },
    {
      events_received: report.received,
      events_written: report.written,
      events_duplicate: report.duplicates,
      events_quarantined: report.quarantined,
      events_unrecognised: report.unrecognised,
      sequence_gap: report.gap,
      batch_size: report.received,
      bytes_written: report.bytes,
      lake_write_latency_ms: report.writeMs,
      // All of it had been there before: it was visible long ago.
      processing_delay_ms: report.written === 0 ? null : report.delayMs,
      source_delay_ms: report.sourceDelayMs,
      swap_conflicts: report.swapConflicts,
    },
  );
}

/** What a run of capture has done since `before`, which is null for its first report. */
export function ofCapture(source: Source, before: CaptureReport | null, report: CaptureReport): Measurement[] {
  const hasNew = report.transactions > (before?.transactions ?? 0);
  return measured(
    { source },
    {
      capture_events_sent: report.events - (before?.events ?? 0),
      capture_delay_ms: hasNew ? report.sourceDelayMs : null,
    },
  );
}

/** The runs of maintenance; each is reported by itself. */
export type MaintenanceTask = 'clean_checkpoints' | 'sweep_staging' | 'optimize' | 'completeness';

/** What a run of maintenance tells of itself. */
export interface MaintenanceTold {
  readonly task: MaintenanceTask;
  readonly outcome: 'done' | 'out_of_time' | 'failed';
  /** Left out where the task is of no one source. */
  readonly source?: Source;
  readonly lookedAt?: number;
  readonly removed?: number;
  /** Files that went into larger ones. */
  readonly merged?: number;
}

export function ofMaintenance(told: MaintenanceTold): Measurement[] {
  const { task, outcome } = told;
  const dimensions = { task, ...(told.source === undefined ? {} : { source: told.source }) };
  return [
    ...measured(
      { ...dimensions, outcome },
      {
        maintenance_runs: 1,
      },
    ),
    ...measured(dimensions, {
      maintenance_looked_at: told.lookedAt ?? null,
      maintenance_removed: told.removed ?? null,
      maintenance_merged: told.merged ?? null,
    }),
  ];
}

/** What the daily proof found of a source. */
export interface CompletenessTold {
  readonly missing: number;
  readonly lost: number;
  /** Complete through, UTC ms; null where that cannot be told yet. */
  readonly completeThrough: number | null;
}

const HOUR_MS = 3_600_000;

export function ofCompleteness(source: Source, told: CompletenessTold, now: number): Measurement[] {
  const { missing, lost, completeThrough } = told;
  return measured(
    { source },
    {
      completeness_missing: missing,
      completeness_lost: lost,
      completeness_age_hours: completeThrough === null ? null : (now - completeThrough) / HOUR_MS,
    },
  );
}

/**
 * A figure that does not apply is null. A sum of nothing is left out: items are paid for. What is below zero, between clocks that
 * differ, is told as zero: the wire takes no other.
 */
function measured(dimensions: Dimensions, values: Readonly<Partial<Record<MetricName, number | null>>>): Measurement[] {
  return (Object.entries(values) as [MetricName, number | null][]).flatMap(([name, value]) => {
    if (value === null || !Number.isFinite(value)) return [];
    const isNothing = value === 0 && metricOf(name).kind === 'sum';
    return isNothing ? [] : [{ name, dimensions, value: Math.max(value, 0) }];
  });
}
