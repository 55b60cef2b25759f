import { CommandError } from './errors';
import { isIndex } from './paths';
import { documentOf, fields, TYPE, type RawField, type RawValue } from './raw';
import { embedded, named, nothing, sameBytes } from './values';

/** What becomes of a value: another one, or undefined for none. Undefined comes in where there was none. */
export type Change = (old: RawValue | undefined) => RawValue | undefined;

/** Where a change was made: names of fields, and numbers where an array is indexed. */
export type PlacePath = readonly (string | number)[];

/** What a change did, as a change event tells it. */
export interface ChangeLog {
  set(path: PlacePath, value: RawValue, isNew: boolean): void;
  removed(path: PlacePath): void;
}

/**
 * Changes the value at a path; documents on the way are made where they are missing.
 *
 * @returns the container as it is then; itself where nothing changed
 * @throws CommandError where something on the way is neither document nor array
 */
export function changeAt(
  container: RawValue,
  path: readonly string[],
  change: Change,
  log: ChangeLog,
  above: PlacePath = [],
): RawValue {
  const depth = above.length;
  const name = path[depth] as string;
  const here = [...above, container.type === TYPE.array && isIndex(name) ? Number(name) : name];
  const members = fields(container.bytes);
  const index = members.findIndex((member) => member.name === name);
  const member = members[index];
  if (member === undefined) {
    const value = create(path.slice(depth + 1), change);
    if (value === undefined) return container;
    log.set(here, value, true);
    return rebuilt(container, [...members, ...padding(container, members, name), named(name, value)]);
  }
  if (depth < path.length - 1) {
    if (member.type !== TYPE.document && member.type !== TYPE.array) {
      // To remove what is not there is no error; to make it would be.
      if (change(undefined) === undefined) return container;
      const shown = `{${name}: ${member.type === TYPE.null ? 'null' : '...'}}`;
      throw new CommandError(28, `Cannot create field '${path[depth + 1] ?? ''}' in element ${shown}`);
    }
    const changed = changeAt(member, path, change, log, here);
    return changed === member ? container : replaced(container, members, index, changed);
  }
  const value = change(member);
  if (value !== undefined) {
    if (sameBytes(value, member)) return container;
    log.set(here, value, false);
    return replaced(container, members, index, value);
  }
  if (container.type === TYPE.array) {
    if (member.type === TYPE.null) return container;
    log.set(here, nothing, false);
    return replaced(container, members, index, nothing);
  }
  log.removed(here);
  return rebuilt(container, members.toSpliced(index, 1));
}

/** The value with the documents around it that the rest of the path names. */
function create(rest: readonly string[], change: Change): RawValue | undefined {
  const value = change(undefined);
  if (value === undefined) return undefined;
  return rest.reduceRight<RawValue>((inner, name) => embedded(documentOf([named(name, inner)])), value);
}

/** The server's limit. */
const MAX_PADDING = 1_500_000;

/** An array has no holes: null fills them. */
function padding(container: RawValue, members: readonly RawField[], name: string): RawField[] {
  if (container.type !== TYPE.array) return [];
  if (!isIndex(name)) throw new CommandError(28, `Cannot create field '${name}' in an array`);
  const missing = Number(name) - members.length;
  if (missing > MAX_PADDING) throw new CommandError(2, `can't backfill more than ${MAX_PADDING} elements`);
  return Array.from({ length: missing }, (_, offset) => named(String(members.length + offset), nothing));
}

const rebuilt = ({ type }: RawValue, members: readonly RawField[]): RawValue => ({ type, bytes: documentOf(members) });

const replaced = (container: RawValue, members: readonly RawField[], index: number, value: RawValue): RawValue =>
  rebuilt(container, members.with(index, named((members[index] as RawField).name, value)));
