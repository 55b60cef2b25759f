import { keyOf } from './compare';
import { CommandError } from './errors';
import { field, type RawValue } from './raw';

/** A collection's documents as somebody sees them; the key is that of `_id`. */
export interface Documents {
  get(key: string): Buffer | undefined;
  /** In the order in which they were inserted. */
  values(): Iterable<Buffer>;
  /** In the order of `_id`, not before `from`; backwards from the last. Not there where nobody keeps that order. */
  byId?(direction: 1 | -1, from: RawValue | null): Iterable<Buffer>;
}

/** Documents with some of them otherwise: null for one that is not there. */
export class OverlaidDocuments implements Documents {
  readonly #below: Documents;
  readonly #changes: ReadonlyMap<string, Buffer | null>;

  constructor(below: Documents, changes: ReadonlyMap<string, Buffer | null>) {
    this.#below = below;
    this.#changes = changes;
  }

  get(key: string): Buffer | undefined {
    const changed = this.#changes.get(key);
    return changed === undefined ? this.#below.get(key) : (changed ?? undefined);
  }

  *values(): Generator<Buffer> {
    const rest = new Map(this.#changes);
    for (const document of this.#below.values()) {
      const key = keyOf(idOf(document));
      const changed = rest.get(key);
      rest.delete(key);
      if (changed === undefined) yield document;
      else if (changed !== null) yield changed;
    }
    for (const document of rest.values()) if (document !== null) yield document;
  }
}

/** @throws CommandError where there is none */
export function idOf(document: Buffer): RawValue {
  const id = field(document, '_id');
  if (id === undefined) throw new CommandError(53, 'a document without _id');
  return id;
}
