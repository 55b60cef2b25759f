import { type Sample } from './aggregate';
import { metricOf } from './metrics';

/**
 * Values that add up to a sample. OpenTelemetry takes values one by one and sends count, sum, least and greatest of them, nothing else: any
 * values with these four are as good as the ones that were measured. Of a `sum` the sum alone says anything, so one value does.
 */
export function valuesOf({ name, count, sum, min, max }: Sample): number[] {
  if (metricOf(name).kind === 'sum') return [sum];
  if (count === 1) return [sum];
  const between = count - 2;
  const mean = between === 0 ? 0 : Math.min(Math.max((sum - min - max) / between, min), max);
  return [min, max, ...Array.from({ length: between }, () => mean)];
}

/** Cuts samples into parts of at most `maxValues` values each, so that no part holds up the process for long. One sample is not cut. */
export function partsOf(samples: readonly Sample[], maxValues: number): Sample[][] {
  const parts: Sample[][] = [];
  let room = 0;
  for (const sample of samples) {
    const needs = metricOf(sample.name).kind === 'sum' ? 1 : sample.count;
    if (needs > room || parts.length === 0) {
      parts.push([]);
      room = maxValues;
    }
    parts.at(-1)?.push(sample);
    room -= needs;
  }
  return parts;
}
