import { type UpdateDescription } from './oplog-entry';
import { isIndex } from './paths';
import { documentOf, type RawField, type RawValue } from './raw';
import { array, embedded, int, make, named, text } from './values';
import { type ChangeLog, type PlacePath } from './update-path';

interface SetField {
  readonly path: PlacePath;
  readonly value: RawValue;
  readonly isNew: boolean;
}

/**
 * Gathers what an update changed, for the event's `updateDescription`.
 * https://github.com/mongodb/mongo/blob/master/src/mongo/db/pipeline/change_stream_document_diff_parser.cpp
 */
export class DescribedChanges implements ChangeLog {
  readonly #set: SetField[] = [];
  readonly #removed: RawValue[] = [];
  readonly #truncated: RawValue[] = [];
  readonly #paths: RawField[] = [];

  set(path: PlacePath, value: RawValue, isNew: boolean): void {
    this.#set.push({ path, value, isNew });
    this.#disambiguate(path);
  }

  removed(path: PlacePath): void {
    this.#removed.push(text(path.join('.')));
    this.#disambiguate(path);
  }

  truncated(path: PlacePath, newSize: number): void {
    this.#truncated.push(embedded(make({ field: text(path.join('.')), newSize: int(newSize) })));
    this.#disambiguate(path);
  }

  /** Null where nothing changed. */
  get description(): UpdateDescription | null {
    if (this.#set.length + this.#removed.length + this.#truncated.length === 0) return null;
    return {
      updatedFields: documentOf(ordered(this.#set).map(({ path, value }) => named(path.join('.'), value))),
      removedFields: array(this.#removed).bytes,
      truncatedArrays: array(this.#truncated).bytes,
      disambiguatedPaths: documentOf(this.#paths),
    };
  }

  /** A name with a dot in it, or one below the top that could be an index, makes `a.0` mean several things. */
  #disambiguate(path: PlacePath): void {
    const isAmbiguous = (name: string | number, depth: number) =>
      typeof name === 'string' && (name.includes('.') || (depth > 0 && isIndex(name)));
    if (!path.some(isAmbiguous)) return;
    const parts = path.map((name) => (typeof name === 'number' ? int(name) : text(name)));
    this.#paths.push(named(path.join('.'), array(parts)));
  }
}

/** The server's order: of each document what was there, then what is new, then what is further down; an array as it stands. */
function ordered(fields: readonly SetField[], depth = 0): readonly SetField[] {
  if (typeof fields[0]?.path[depth] === 'number') return fields;
  const here = fields.filter(({ path }) => path.length === depth + 1);
  const below = Map.groupBy(
    fields.filter(({ path }) => path.length > depth + 1),
    ({ path }) => path[depth],
  );
  return [
    ...here.filter(({ isNew }) => !isNew),
    ...here.filter(({ isNew }) => isNew),
    ...[...below.values()].flatMap((group) => ordered(group, depth + 1)),
  ];
}
