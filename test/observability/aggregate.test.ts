import fc from 'fast-check';
import { Aggregates, type Sample } from '../../src/lib/observability/aggregate';
import { type Measurement } from '../../src/lib/observability/metrics';
import { partsOf, valuesOf } from '../../src/lib/observability/replay';

const measurement: fc.Arbitrary<Measurement> = fc.record({
  name: fc.constantFrom('events_written', 'batch_size', 'processing_delay_ms'),
  dimensions: fc.record(
    { source: fc.constantFrom('postgresql', 'mongodb'), partition: fc.constantFrom('0', '1', '10') },
    { requiredKeys: [] },
  ),
  value: fc.integer({ min: 0, max: 1_000_000 }),
});

/** What is to come out: computed from the values, without adding up on the way. */
function expected(
  measurements: readonly Measurement[],
): Map<string, { count: number; sum: number; min: number; max: number }> {
  const byKey = new Map<string, number[]>();
  for (const { name, dimensions, value } of measurements) {
    const key = JSON.stringify([name, dimensions.source ?? null, dimensions.partition ?? null]);
    byKey.set(key, [...(byKey.get(key) ?? []), value]);
  }
  return new Map(
    [...byKey].map(([key, values]) => [
      key,
      {
        count: values.length,
        sum: values.reduce((a, b) => a + b, 0),
        min: Math.min(...values),
        max: Math.max(...values),
      },
    ]),
  );
}

function found(samples: readonly Sample[]): Map<string, { count: number; sum: number; min: number; max: number }> {
  return new Map(
    samples.map(({ name, dimensions, count, sum, min, max }) => [
      JSON.stringify([name, dimensions.source ?? null, dimensions.partition ?? null]),
      { count, sum, min, max },
    ]),
  );
}

test('whatever is added, taken out, refused and put back, in the end each series tells of each value once', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(measurement, fc.constant('refused' as const))), (steps) => {
      const aggregates = new Aggregates(100);
      for (const step of steps) {
        if (step !== 'refused') aggregates.add(step);
        else for (const sample of aggregates.take().samples) aggregates.merge(sample);
      }
      const { samples, dropped } = aggregates.take();
      expect(found(samples)).toEqual(expected(steps.filter((step) => step !== 'refused')));
      expect(dropped).toBe(0);
      expect(aggregates.isEmpty).toBe(true);
    }),
  );
});

test('no more series are told apart than there is room for, and what is beyond is counted', () => {
  const aggregates = new Aggregates(3);
  for (let i = 0; i < 1_000; i += 1) {
    aggregates.add({ name: 'events_written', dimensions: { partition: String(i % 5) }, value: 1 });
  }
  const { samples, dropped } = aggregates.take();
  expect(samples).toHaveLength(3);
  expect(dropped).toBe(400);
  expect(aggregates.take()).toEqual({ samples: [], dropped: 0 });
});

test('the values that are recorded for a sample have its count, sum, least and greatest', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 50 }), (measured) => {
      const sample: Sample = {
        name: 'batch_size',
        dimensions: {},
        count: measured.length,
        sum: measured.reduce((a, b) => a + b, 0),
        min: Math.min(...measured),
        max: Math.max(...measured),
      };
      const values = valuesOf(sample);
      expect(values).toHaveLength(sample.count);
      expect(Math.min(...values)).toBe(sample.min);
      expect(Math.max(...values)).toBe(sample.max);
      expect(values.reduce((a, b) => a + b, 0)).toBeCloseTo(sample.sum, 3);
    }),
  );
});

test('of a sum one value is recorded, however many it was added up of', () => {
  const sample: Sample = { name: 'events_written', dimensions: {}, count: 10_000, sum: 123, min: 0, max: 9 };
  expect(valuesOf(sample)).toEqual([123]);
});

test('parts hold every sample once, in order, and no more values than allowed unless one sample alone has more', () => {
  const spread = (count: number): Sample => ({ name: 'batch_size', dimensions: {}, count, sum: count, min: 1, max: 1 });
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 30 })), fc.integer({ min: 1, max: 20 }), (counts, maxValues) => {
      const parts = partsOf(counts.map(spread), maxValues);
      expect(parts.flat().map(({ count }) => count)).toEqual(counts);
      for (const part of parts) {
        const values = part.reduce((total, { count }) => total + count, 0);
        expect(values <= maxValues || part.length === 1).toBe(true);
      }
    }),
  );
});
