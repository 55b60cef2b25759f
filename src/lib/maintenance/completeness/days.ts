import { utcDay } from '../../time';
import { type DayCount } from './found';
import { type Hole, type PartitionProof } from './judge';
import { byFirst, countOf, type Range } from '../../ranges';

/** One incarnation of a partition, as figures name it. */
export type Place = Pick<PartitionProof, 'namespace' | 'hub' | 'incarnation' | 'partition'>;

/** What a source has of one UTC day (days since 1970), by the time at which Event Hubs accepted the events. */
export interface DayFigures {
  readonly day: number;
  /** Lines in files, quarantine's included. */
  readonly events: number;
  readonly quarantined: number;
  readonly partitions: readonly (Place & DayCount)[];
  readonly missing: Absent;
  readonly lost: Absent;
  /** Files of the day are being published or merged, or are there twice: another listing will tell other figures. */
  readonly isUnsettled: boolean;
}

/** Numbers of which some may be of the day: those between the run before and the run behind them, which may be of other days. */
export interface Absent {
  readonly count: number;
  readonly partitions: readonly (Place & { readonly ranges: readonly Range[] })[];
}

/** The figures of each of `days`, from one proof. */
export function figuresOf(partitions: readonly PartitionProof[], days: readonly number[]): DayFigures[] {
  const drafts = new Map([...days].sort((a, b) => a - b).map((day) => [day, new Draft(day)]));
  const [least, most] = [days.reduce(smaller, Infinity), days.reduce(larger, -Infinity)];
  for (const proof of partitions) {
    for (const [day, count] of proof.days) drafts.get(day)?.partitions.push({ ...placeIn(proof), ...count });
    for (const { day } of [...proof.doubled, ...proof.merging]) drafts.get(day)?.unsettle();
    for (const hole of proof.holes) {
      const { from, to } = daysOf(hole, proof);
      for (let day = Math.max(from, least); day <= Math.min(to, most); day += 1) drafts.get(day)?.lack(proof, hole);
    }
  }
  return [...drafts.values()].map((draft) => draft.finish());
}

/** The first UTC day that files name; null where there are none. */
export function firstDayOf(partitions: readonly PartitionProof[]): number | null {
  const least = partitions.flatMap(({ days }) => [...days.keys()]).reduce(smaller, Infinity);
  return least === Infinity ? null : least;
}

/** The days to which a hole's events may belong. Without a run before it, they may be of any day until the one behind it. */
function daysOf({ before, after }: Hole, { lastEnqueuedAt }: PartitionProof): { from: number; to: number } {
  return { from: before === null ? -Infinity : utcDay(before), to: utcDay(after ?? lastEnqueuedAt) };
}

const smaller = (a: number, b: number): number => Math.min(a, b);
const larger = (a: number, b: number): number => Math.max(a, b);

const placeIn = ({ namespace, hub, incarnation, partition }: PartitionProof): Place => ({
  ...{ namespace, hub, incarnation, partition },
});

class Draft {
  readonly partitions: (Place & DayCount)[] = [];
  readonly #missing = new Map<PartitionProof, Range[]>();
  readonly #lost = new Map<PartitionProof, Range[]>();
  #isUnsettled = false;

  constructor(readonly day: number) {}

  unsettle(): void {
    this.#isUnsettled = true;
  }

  lack(proof: PartitionProof, { first, last, why }: Hole): void {
    if (why === 'pending') {
      this.unsettle();
      return;
    }
    const into = why === 'lost' ? this.#lost : this.#missing;
    const there = into.get(proof);
    if (there === undefined) into.set(proof, [{ first, last }]);
    else there.push({ first, last });
  }

  finish(): DayFigures {
    const sum = (of: 'events' | 'quarantined'): number => this.partitions.reduce((total, one) => total + one[of], 0);
    return {
      ...{ day: this.day, events: sum('events'), quarantined: sum('quarantined'), partitions: this.partitions },
      ...{ missing: absent(this.#missing), lost: absent(this.#lost), isUnsettled: this.#isUnsettled },
    };
  }
}

function absent(found: ReadonlyMap<PartitionProof, readonly Range[]>): Absent {
  const partitions = [...found].map(([proof, ranges]) => ({ ...placeIn(proof), ranges: [...ranges].sort(byFirst) }));
  return { count: partitions.reduce((sum, { ranges }) => sum + countOf(ranges), 0), partitions };
}
