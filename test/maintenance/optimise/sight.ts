import { formatName, type DataFile, type Shelf } from '../../../src/lib/ledger/names';
import { type GroupLimits } from '../../../src/lib/maintenance/optimise/groups';
import { DayPlan, type PartitionPlan } from '../../../src/lib/maintenance/optimise/day-plan';
import { type ShelvedFile, type WholeRun } from '../../../src/lib/maintenance/optimise/runs';
import { Sighting } from '../../../src/lib/maintenance/optimise/sighting';

export const BEGIN = Date.UTC(2026, 10, 22);

/** A file as a listing tells it; its first event is enqueued `first` milliseconds after the day began. */
export function file(
  shelf: Shelf,
  first: number,
  last: number,
  count: number,
  bytes = 10,
  { incarnation = 1, partition = '3', at = first }: { incarnation?: number; partition?: string; at?: number } = {},
): ShelvedFile {
  const range = { first: BigInt(first), last: BigInt(last) };
  const name: DataFile = { firstEnqueuedAt: BEGIN + at, partition, incarnation, ...range, count };
  const path = `${shelf}/postgresql/2026/11/22/${formatName(name)}`;
  return { path, bytes, etag: '"e"', modifiedAt: 0, shelf, file: name, place: 0 };
}

/** What one partition's files tell, in the order of a listing of both shelves. */
export function sight(files: readonly ShelvedFile[]): { whole: WholeRun[]; incomplete: number; overlapping: number } {
  const seen = { whole: [] as WholeRun[], incomplete: 0, overlapping: 0 };
  const sighting = new Sighting((sighted) => {
    if (sighted.kind === 'whole') seen.whole.push(sighted.run);
    else seen[sighted.kind] += sighted.files;
  });
  for (const each of asListed(files)) sighting.add(each);
  sighting.finish();
  return seen;
}

/** In the order of {@link listDay}: by time, then as text. */
export function asListed(files: readonly ShelvedFile[]): ShelvedFile[] {
  const name = ({ path }: ShelvedFile): string => path.slice(path.lastIndexOf('/'));
  return [...files].sort((a, b) => (name(a) < name(b) ? -1 : 1));
}

/** A day planned in portions, with so many files in memory, or more where the partitions are so many. */
export function portions(
  files: readonly ShelvedFile[],
  limits: GroupLimits,
  maxHeldFiles: number,
): { readonly plans: readonly PartitionPlan[]; readonly mostHeld: number } {
  const plan = new DayPlan(limits);
  const plans: PartitionPlan[] = [];
  let mostHeld = 0;
  for (const each of asListed(files)) {
    plan.add(each);
    mostHeld = Math.max(mostHeld, plan.heldFiles);
    if (plan.heldFiles >= maxHeldFiles) plans.push(...plan.take(maxHeldFiles / 2));
  }
  plans.push(...plan.finish());
  expect(plan.heldFiles).toBe(0);
  return { plans, mostHeld };
}
