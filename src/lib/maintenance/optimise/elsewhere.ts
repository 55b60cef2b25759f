import { dayPath, nameOf, parseName } from '../../ledger/names';
import { type Plan, type PlanInput, SHELVES } from './plan';
import { type OptimiseRoom } from './room';
import { shelved, type ShelvedFile } from './runs';

/**
 * Whether the events of each input can be read: in the file itself, or in one that it was merged into, told by its name.
 * If not, the plan's staged file may be all that is left of them.
 */
export async function shelvedElsewhere(
  room: OptimiseRoom,
  { source, day }: Plan,
  inputs: readonly PlanInput[],
): Promise<boolean> {
  const files: ShelvedFile[] = [];
  for (const shelf of SHELVES) {
    for await (const listed of room.files.list(dayPath(shelf, source, day))) {
      const file = shelved(shelf, listed);
      if (file !== null) files.push(file);
    }
  }
  return inputs.every((input) => files.some((file) => file.path === input.path || holdsAllOf(file, input)));
}

function holdsAllOf({ shelf, file }: ShelvedFile, input: PlanInput): boolean {
  const wanted = parseName(nameOf(input.path));
  return (
    wanted !== null &&
    input.path.startsWith(`${shelf}/`) &&
    file.partition === wanted.partition &&
    file.incarnation === wanted.incarnation &&
    file.first <= wanted.first &&
    file.last >= wanted.last
  );
}
