import { Grouping, type Group, type GroupLimits } from './groups';
import { countFiles, type ShelvedFile } from './runs';
import { Sighting, type Sighted } from './sighting';

/** What a partition's day needs, as far as it was listed. */
export interface PartitionPlan {
  readonly partition: string;
  /** Of at least two runs, to be merged. */
  readonly groups: readonly Group[];
  /** Files of which nothing is to be done, or nothing may. */
  readonly good: number;
  readonly incomplete: number;
  readonly overlapping: number;
}

/** Plans a day as it is listed: what is good is counted and forgotten, only runs that have a neighbour to join are kept. */
export class DayPlan {
  readonly #limits: GroupLimits;
  readonly #partitions = new Map<string, Planning>();
  #held = 0;

  constructor(limits: GroupLimits) {
    this.#limits = limits;
  }

  /** Files in memory. */
  get heldFiles(): number {
    return this.#held;
  }

  add(file: ShelvedFile): void {
    let planning = this.#partitions.get(file.file.partition);
    if (planning === undefined) {
      planning = new Planning(this.#limits);
      this.#partitions.set(file.file.partition, planning);
    }
    this.#held += 1 - planning.add(file);
  }

  /**
   * Takes out the groups that no further file can join. Where that leaves more than `maxHeldFiles` in memory, the others as
   * they are: they are merged further once the day is listed again.
   */
  take(maxHeldFiles: number): PartitionPlan[] {
    const plans = this.#taken();
    if (this.#held <= maxHeldFiles) return plans;
    for (const planning of this.#partitions.values()) planning.cut();
    return [...plans, ...this.#taken()];
  }

  /** Takes out everything, when there are no more files. */
  finish(): PartitionPlan[] {
    for (const planning of this.#partitions.values()) this.#held -= planning.finish();
    return this.#taken();
  }

  #taken(): PartitionPlan[] {
    return [...this.#partitions].map(([partition, planning]) => {
      const plan = planning.take();
      for (const group of plan.groups) this.#held -= countFiles(group);
      return { partition, ...plan };
    });
  }
}

const nothing = { good: 0, incomplete: 0, overlapping: 0 };

/** One partition's day in the making. */
class Planning {
  readonly #sighting = new Sighting((sighted) => this.#see(sighted));
  readonly #grouping: Grouping;
  #groups: Group[] = [];
  #counts = { ...nothing };
  #dropped = 0;

  constructor(limits: GroupLimits) {
    this.#grouping = new Grouping(limits);
  }

  /** @returns how many files are forgotten by that */
  add(file: ShelvedFile): number {
    this.#sighting.add(file);
    return this.#forgotten();
  }

  finish(): number {
    this.#sighting.finish();
    this.#keep(this.#grouping.end());
    return this.#forgotten();
  }

  /** Ends a group that could still grow, unless it is of one run: that may be good only because it was cut off. */
  cut(): void {
    if (this.#grouping.openRuns > 1) this.#keep(this.#grouping.end());
  }

  take(): Omit<PartitionPlan, 'partition'> {
    const taken = { groups: this.#groups, ...this.#counts };
    this.#groups = [];
    this.#counts = { ...nothing };
    return taken;
  }

  #see(sighted: Sighted): void {
    if (sighted.kind === 'whole') {
      this.#keep(this.#grouping.add(sighted.run));
      return;
    }
    this.#counts[sighted.kind] += sighted.files;
    this.#dropped += sighted.files;
  }

  #keep(group: Group | null): void {
    if (group === null) return;
    if (group.length > 1) {
      this.#groups.push(group);
      return;
    }
    const files = countFiles(group);
    this.#counts.good += files;
    this.#dropped += files;
  }

  #forgotten(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }
}
