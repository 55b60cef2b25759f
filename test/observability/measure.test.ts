import { type CaptureReport } from '../../src/lib/capture/run';
import { ofBatch, ofCapture, ofCompleteness, ofMaintenance } from '../../src/lib/observability/measure';
import { DIMENSIONS, METRICS, type Measurement } from '../../src/lib/observability/metrics';
import { batchReport } from './fakes';

const valuesOf = (measurements: readonly Measurement[]): Record<string, number> =>
  Object.fromEntries(measurements.map(({ name, value }) => [name, value]));

const everything = [
  ...ofBatch('postgresql', {
    ...batchReport({
      received: 10,
      written: 7,
      duplicates: 3,
      quarantined: 1,
      unrecognised: 2,
      gap: 4,
      swapConflicts: 1,
    }),
    ...{ sourceDelayMs: 50 },
  }),
  ...ofCapture('mongodb', null, captureReport(5, 1, 20)),
  ...ofMaintenance({ task: 'optimize', outcome: 'done', source: 'mongodb', lookedAt: 9, removed: 1, merged: 8 }),
  ...ofCompleteness('postgresql', { missing: 1, lost: 2, completeThrough: 0 }, 7_200_000),
];

test('a batch becomes the figures of its report, each with source, hub and partition', () => {
  const measurements = ofBatch('postgresql', {
    ...batchReport({
      received: 10,
      written: 7,
      duplicates: 3,
      quarantined: 1,
      unrecognised: 2,
      gap: 4,
      swapConflicts: 1,
    }),
    ...{ sourceDelayMs: 50 },
  });
  expect(valuesOf(measurements)).toEqual({
    events_received: 10,
    events_written: 7,
    events_duplicate: 3,
    events_quarantined: 1,
    events_unrecognised: 2,
    sequence_gap: 4,
    batch_size: 10,
    bytes_written: 1_000,
    lake_write_latency_ms: 12,
    processing_delay_ms: 345,
    source_delay_ms: 50,
    swap_conflicts: 1,
  });
  for (const { dimensions } of measurements) {
    expect(dimensions).toEqual({ source: 'postgresql', hub: 'changes', partition: '3' });
  }
});

test('a sum of nothing is no item, and a batch that was there before tells no delay', () => {
  const measurements = ofBatch('mongodb', batchReport({ written: 0, duplicates: 10, files: 0, bytes: 0 }));
  expect(valuesOf(measurements)).toEqual({
    events_received: 10,
    events_duplicate: 10,
    batch_size: 10,
    lake_write_latency_ms: 12,
  });
});

test('a delay below zero, between clocks that differ, is told as zero', () => {
  expect(valuesOf(ofBatch('mongodb', batchReport({ delayMs: -5 })))['processing_delay_ms']).toBe(0);
});

test('capture, whose reports count from the start of its run, is told as what came since the last', () => {
  const first = captureReport(100, 4, 30);
  expect(valuesOf(ofCapture('postgresql', null, first))).toEqual({ capture_events_sent: 100, capture_delay_ms: 30 });
  expect(valuesOf(ofCapture('postgresql', first, captureReport(150, 5, 70)))).toEqual({
    capture_events_sent: 50,
    capture_delay_ms: 70,
  });
  expect(ofCapture('postgresql', first, first)).toEqual([]);
});

test('each metric bears only dimensions that the table gives it', () => {
  for (const { name, dimensions } of everything) {
    const allowed: readonly string[] = METRICS[name].dimensions;
    for (const dimension of Object.keys(dimensions)) expect(allowed).toContain(dimension);
  }
});

test('names are lower case with underscores, milliseconds and hours end the names of what is measured in them', () => {
  for (const [name, { unit, dimensions, meaning }] of Object.entries(METRICS)) {
    expect(name).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(name.endsWith('_ms')).toBe(unit === 'milliseconds');
    expect(name.endsWith('_hours')).toBe(unit === 'hours');
    expect(meaning.length).toBeGreaterThan(5);
    for (const dimension of dimensions) expect(Object.keys(DIMENSIONS)).toContain(dimension);
  }
});

function captureReport(events: number, transactions: number, sourceDelayMs: number): CaptureReport {
  return {
    name: 'shop',
    events,
    batches: 1,
    bytes: 10,
    transactions,
    sourceDelayMs,
    slotRetainedBytes: null,
    oplogWindowSeconds: null,
  };
}
