import { type Source } from '../../decode/event';
import { type Done } from './outcome';
import { type Left, type Merged, type OptimiseReport, type Planned, type PlanTotals } from './report';

/** Planned mergings that are told one by one. */
const MAX_PLANNED = 1_000;

/** A report in the making. */
export class Tallies implements Done {
  readonly #merged: Merged[] = [];
  readonly #planned: Planned[] = [];
  readonly #left: Left[] = [];
  #finishedForOthers = 0;
  #unfinished: readonly Planned[] = [];
  #totals: PlanTotals = { plans: 0, inputs: 0, outputs: 0, bytes: 0 };
  days = 0;
  files = 0;

  get plans(): number {
    return this.#totals.plans;
  }

  finished(merged: readonly Merged[]): void {
    this.#finishedForOthers += merged.length;
    for (const one of merged) this.merged(one);
  }

  unfinished(plans: readonly Planned[]): void {
    this.#unfinished = plans;
  }

  merged(merged: Merged): void {
    this.#merged.push(merged);
    this.#count(merged);
  }

  planned(planned: Planned): void {
    if (this.#planned.length < MAX_PLANNED) this.#planned.push(planned);
    this.#count(planned);
  }

  left(left: readonly Left[]): void {
    for (const one of left) this.#left.push(one);
  }

  report(source: Source, dryRun: boolean, isOutOfTime: boolean): OptimiseReport {
    return {
      ...{ source, dryRun, days: this.days, files: this.files },
      ...{ merged: this.#merged, finishedForOthers: this.#finishedForOthers },
      ...{ planned: this.#planned, unfinished: this.#unfinished, totals: this.#totals },
      ...{ left: this.#left, isOutOfTime },
      longestDoubledMs: this.#merged.reduce((longest, { doubledMs }) => Math.max(longest, doubledMs), 0),
    };
  }

  #count({ inputs, outputs, bytes }: Planned): void {
    const before = this.#totals;
    this.#totals = {
      plans: before.plans + 1,
      inputs: before.inputs + inputs,
      outputs: before.outputs + outputs.length,
      bytes: before.bytes + bytes,
    };
  }
}
