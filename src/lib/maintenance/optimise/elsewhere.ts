import { nameOf, parseName, type DataFile, type Shelf } from '../../ledger/names';
import { listDay } from './day-listing';
import { type Plan, type PlanInput } from './plan';
import { type OptimiseRoom } from './room';

/**
 * Whether the events of each input can be read: in the file itself, or in one that it was merged into, told by its name.
 * If not, the plan's staged file may be all that is left of them.
 */
export async function shelvedElsewhere(
  room: OptimiseRoom,
  { source, day, partition, incarnation }: Plan,
  inputs: readonly PlanInput[],
): Promise<boolean> {
  const wanted = { bronze: wantedOn('bronze', inputs), quarantine: wantedOn('quarantine', inputs) };
  let missing = inputs.length;
  for await (const listed of listDay(room.files, source, day)) {
    if (listed === 'stranger') continue;
    const { shelf, file } = listed;
    if (file.partition !== partition || file.incarnation !== incarnation) continue;
    missing -= find(wanted[shelf], file);
    if (missing === 0) return true;
  }
  return missing === 0;
}

interface Wanted extends Pick<DataFile, 'first' | 'last'> {
  found: boolean;
}

/** The runs of the inputs on one shelf, in order. */
function wantedOn(shelf: Shelf, inputs: readonly PlanInput[]): Wanted[] {
  return inputs
    .filter(({ path }) => path.startsWith(`${shelf}/`))
    .map(({ path }) => parseName(nameOf(path)))
    .filter((file) => file !== null)
    .map(({ first, last }) => ({ first, last, found: false }))
    .sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
}

/** Marks what of `wanted` is within the file; tells how many are found by that. */
function find(wanted: readonly Wanted[], { first, last }: DataFile): number {
  let [low, high] = [0, wanted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((wanted[middle] as Wanted).first < first) low = middle + 1;
    else high = middle;
  }
  let found = 0;
  for (let run = wanted[low]; run !== undefined && run.first <= last; run = wanted[(low += 1)]) {
    if (run.found || run.last > last) continue;
    run.found = true;
    found += 1;
  }
  return found;
}
