import { CommandError, notBuilt } from './errors';
import { idOf } from './documents';
import { isIndex } from './paths';
import { type UpdateDescription } from './oplog-entry';
import { documentOf, field, fields, TYPE, type RawField, type RawValue } from './raw';
import { asDocument, embedded, named, sameBytes } from './values';
import { DescribedChanges } from './update-description';
import { operatorChange, type Surroundings } from './update-operators';
import { changeAt, type Change } from './update-path';
import { applyPipeline } from './update-pipeline';

/** What an update makes of a document. */
export interface Updated {
  readonly after: Buffer;
  /** Null when the document was replaced. */
  readonly description: UpdateDescription | null;
}

/**
 * Applies an update: a replacement, operators, or a pipeline.
 *
 * @param u as the client sent it
 * @returns null where the document stays as it is, byte for byte
 * @throws CommandError where it cannot be applied
 */
export function applyUpdate(before: Buffer, u: RawValue, around: Surroundings): Updated | null {
  const updated = update(before, u, around);
  if (updated === null || updated.after.equals(before)) return null;
  const id = field(before, '_id');
  if (id !== undefined && !sameBytes(idOf(updated.after), id))
    throw new CommandError(66, "Performing an update on the path '_id' would modify the immutable field '_id'");
  return updated;
}

function update(before: Buffer, u: RawValue, around: Surroundings): Updated | null {
  if (u.type === TYPE.array) return applyPipeline(before, u);
  const document = asDocument(u);
  if (document === undefined) throw new CommandError(9, 'An update must be a document or a pipeline');
  return isReplacement(document)
    ? { after: replacement(before, document), description: null }
    : operators(before, document, around);
}

export const isReplacement = (u: Buffer): boolean => fields(u)[0]?.name.startsWith('$') !== true;

/** `_id` comes first, and is the old one where the new document has none. */
function replacement(before: Buffer, document: Buffer): Buffer {
  const id = field(document, '_id') ?? field(before, '_id');
  const rest = fields(document).filter(({ name }) => name !== '_id');
  return documentOf([...(id === undefined ? [] : [named('_id', id)]), ...rest]);
}

function operators(before: Buffer, document: Buffer, around: Surroundings): Updated | null {
  const changes = new DescribedChanges();
  let after: RawValue = embedded(before);
  for (const { path, change } of modifications(document, around)) after = changeAt(after, path, change, changes);
  const { description } = changes;
  return description === null ? null : { after: after.bytes, description };
}

interface Modification {
  readonly path: readonly string[];
  readonly change: Change;
}

/** What all operators do, in the order in which the server does it: sorted by path. */
function modifications(document: Buffer, around: Surroundings): Modification[] {
  const found = fields(document).flatMap((operator) => {
    const targets = asDocument(operator);
    if (targets === undefined)
      throw new CommandError(9, `Modifiers operate on fields but we found another type for ${operator.name}`);
    return fields(targets).map((target) => modification(operator.name, target, around));
  });
  found.sort((a, b) => comparePaths(a.path, b.path));
  for (const [index, { path }] of found.entries()) {
    const next = found[index + 1]?.path;
    if (next !== undefined && path.every((name, depth) => next[depth] === name))
      throw new CommandError(
        40,
        `Updating the path '${next.join('.')}' would create a conflict at '${path.join('.')}'`,
      );
  }
  return found;
}

function modification(operator: string, target: RawField, around: Surroundings): Modification {
  const path = target.name.split('.');
  if (path.some((name) => name === ''))
    throw new CommandError(56, `The update path '${target.name}' has an empty field`);
  if (path.some((name) => name.startsWith('$'))) throw notBuilt('a positional update');
  return { path, change: operatorChange(operator, target, around) };
}

function comparePaths(a: readonly string[], b: readonly string[]): number {
  for (const [depth, one] of a.entries()) {
    const other = b[depth];
    if (other === undefined) return 1;
    if (one === other) continue;
    if (isIndex(one) && isIndex(other)) return Number(one) - Number(other);
    return one < other ? -1 : 1;
  }
  return a.length - b.length;
}
