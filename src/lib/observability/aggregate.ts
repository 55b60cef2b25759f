import { type Dimensions, type Measurement, type MetricName } from './metrics';

/** The values of one metric and one set of dimensions over some time. */
export interface Sample {
  readonly name: MetricName;
  readonly dimensions: Dimensions;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

/**
 * Adds values up by metric and dimensions, so that memory and what is sent grow with partitions and not with events. At most
 * `maxSeries` are told apart; what comes beyond is counted as dropped.
 */
export class Aggregates {
  readonly #maxSeries: number;
  #series = new Map<string, Series>();
  #dropped = 0;

  constructor(maxSeries: number) {
    this.#maxSeries = maxSeries;
  }

  get isEmpty(): boolean {
    return this.#series.size === 0;
  }

  add({ name, dimensions, value }: Measurement): void {
    this.merge({ name, dimensions, count: 1, sum: value, min: value, max: value });
  }

  /** Adds what was taken out before and could not be sent. */
  merge({ name, dimensions, count, sum, min, max }: Sample): void {
    const key = keyOf(name, dimensions);
    const series = this.#series.get(key);
    if (series !== undefined) {
      series.count += count;
      series.sum += sum;
      series.min = Math.min(series.min, min);
      series.max = Math.max(series.max, max);
      return;
    }
    if (this.#series.size >= this.#maxSeries) {
      this.#dropped += count;
      return;
    }
    this.#series.set(key, { name, dimensions, count, sum, min, max });
  }

  /** Takes out what was added, and how many values were dropped meanwhile. */
  take(): { readonly samples: readonly Sample[]; readonly dropped: number } {
    const taken = { samples: [...this.#series.values()], dropped: this.#dropped };
    this.#series = new Map();
    this.#dropped = 0;
    return taken;
  }
}

type Series = { -readonly [Key in keyof Sample]: Sample[Key] };

/** The same for the same dimensions, in whichever order they are given; no value may hold a line feed. */
function keyOf(name: MetricName, { source, hub, partition, code, task, outcome }: Dimensions): string {
  return `${name}\n${source ?? ''}\n${hub ?? ''}\n${partition ?? ''}\n${code ?? ''}\n${task ?? ''}\n${outcome ?? ''}`;
}
