/** How many values fell into each bucket: `buckets[i]` counts those in `(bound(i - 1), bound(i)]`. Sparse. */
export type Histogram = Readonly<Record<number, number>>;

/** Bounds grow by a quarter, so a percentile, which is told as its bucket's upper bound, is at most a quarter too high. */
const GROWTH = 1.25;
const FIRST_BOUND_MS = 10;
/** An hour and more. */
const LAST_BUCKET = 58;

/** The upper bound of a bucket, ms. */
export const boundOf = (bucket: number): number => FIRST_BOUND_MS * GROWTH ** bucket;

/** The bucket of a value in ms. */
export function bucketOf(ms: number): number {
  if (!(ms > FIRST_BOUND_MS)) return 0;
  return Math.min(LAST_BUCKET, Math.ceil(Math.log(ms / FIRST_BOUND_MS) / Math.log(GROWTH) - 1e-9));
}

/** Both together: what instances saw adds up. */
export function addHistograms(a: Histogram, b: Histogram): Histogram {
  const sum: Record<number, number> = { ...a };
  for (const [bucket, count] of Object.entries(b)) sum[Number(bucket)] = (sum[Number(bucket)] ?? 0) + count;
  return sum;
}

/**
 * The value, ms, that `share` (0 to 1) of the values do not exceed, within the width of a bucket; null where there is none.
 */
export function percentile(histogram: Histogram, share: number): number | null {
  const counts = Object.entries(histogram).map(([bucket, count]) => [Number(bucket), count] as const);
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return null;
  let seen = 0;
  for (const [bucket, count] of counts.sort(([a], [b]) => a - b)) {
    seen += count;
    if (seen >= total * share) return Math.round(boundOf(bucket));
  }
  return Math.round(boundOf(LAST_BUCKET));
}
