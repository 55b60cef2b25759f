import { CommandError, notBuilt } from './errors';
import { type UpdateDescription } from './oplog-entry';
import { EMPTY, documentOf, field, fields, TYPE, type RawField, type RawValue } from './raw';
import { asArray, asDocument, asText, embedded, named, sameBytes } from './values';
import { DescribedChanges } from './update-description';
import { changeAt, type PlacePath } from './update-path';

/** Nobody needs to hear of the single steps: what a pipeline changed is told by comparing. */
const SILENT = { set: () => undefined, removed: () => undefined };

/**
 * An update by a pipeline of `$set`, `$addFields`, `$unset` and `$replaceWith` with constants. As the server does, it tells what is
 * otherwise afterwards, not what was asked for: arrays that became shorter are told as truncated.
 */
export function applyPipeline(
  before: Buffer,
  pipeline: RawValue,
): { readonly after: Buffer; readonly description: UpdateDescription } | null {
  let after = embedded(before);
  for (const stage of asArray(pipeline) ?? []) after = applyStage(after, stage);
  const changes = new DescribedChanges();
  describe([], before, after.bytes, changes);
  const { description } = changes;
  return description === null ? null : { after: after.bytes, description };
}

function applyStage(document: RawValue, stage: RawField): RawValue {
  const operator = fields(asDocument(stage) ?? EMPTY)[0];
  switch (operator?.name) {
    case '$set':
    case '$addFields':
      return fields(asDocument(operator) ?? EMPTY).reduce((changed, { name, ...value }) => {
        const constantValue = constant(value);
        return changeAt(changed, name.split('.'), () => constantValue, SILENT);
      }, document);
    case '$unset': {
      const names = asArray(operator) ?? [operator];
      return names.reduce(
        (changed, name) => changeAt(changed, (asText(name) ?? '').split('.'), () => undefined, SILENT),
        document,
      );
    }
    case '$replaceWith': {
      const replacement = asDocument(constant(operator));
      if (replacement === undefined) throw new CommandError(40228, "'newRoot' expression must evaluate to an object");
      const id = field(document.bytes, '_id');
      const rest = fields(replacement).filter(({ name }) => name !== '_id');
      return embedded(documentOf([...(id === undefined ? [] : [named('_id', id)]), ...rest]));
    }
    default:
      throw notBuilt(`the update stage ${operator?.name ?? '{}'}`);
  }
}

/** A value that means itself: no path, no expression. */
function constant(value: RawValue): RawValue {
  const literal = asDocument(value);
  const first = literal === undefined ? undefined : fields(literal)[0];
  if (first?.name === '$literal') return first;
  const isExpression = (asText(value) ?? first?.name ?? '').startsWith('$');
  if (isExpression) throw notBuilt('an expression in an update pipeline');
  return value;
}

function describe(path: PlacePath, before: Buffer, after: Buffer, changes: DescribedChanges): void {
  const old = new Map(fields(before).map((member) => [member.name, member] as const));
  const now = fields(after);
  const kept = new Set(now.map(({ name }) => name));
  for (const name of old.keys()) if (!kept.has(name)) changes.removed([...path, name]);
  for (const value of now) describeValue([...path, value.name], old.get(value.name), value, changes);
}

function describeValue(path: PlacePath, old: RawValue | undefined, value: RawValue, changes: DescribedChanges): void {
  if (old !== undefined && sameBytes(old, value)) return;
  if (old?.type === TYPE.document && value.type === TYPE.document)
    return describe(path, old.bytes, value.bytes, changes);
  if (old?.type !== TYPE.array || value.type !== TYPE.array) return changes.set(path, value, old === undefined);
  const [before, after] = [fields(old.bytes), fields(value.bytes)];
  if (after.length < before.length) changes.truncated(path, after.length);
  for (const [index, member] of after.entries()) describeValue([...path, index], before[index], member, changes);
}
