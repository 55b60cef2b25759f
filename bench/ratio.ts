/** How two sides compare that took turns in one run: above 1, ours was faster. */
export interface Ratio {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** The median's 95 % confidence interval, by bootstrap. */
  readonly ci95: readonly [number, number];
}

/** Milliseconds that each side took in one round. */
export interface Round {
  readonly ours: number;
  readonly baseline: number;
}

const RESAMPLES = 2000;

/** Our throughput as a share of the baseline's, round by round: a busy machine slows both sides of a round. */
export function ratioOf(rounds: readonly Round[]): Ratio {
  const ratios = rounds.map(({ ours, baseline }) => baseline / ours);
  const medians = Array.from({ length: RESAMPLES }, () =>
    median(ratios.map(() => ratios[Math.floor(Math.random() * ratios.length)] ?? NaN)),
  ).sort((a, b) => a - b);
  return {
    median: rounded(median(ratios)),
    min: rounded(Math.min(...ratios)),
    max: rounded(Math.max(...ratios)),
    ci95: [rounded(medians[RESAMPLES * 0.025] ?? NaN), rounded(medians[RESAMPLES * 0.975 - 1] ?? NaN)],
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
