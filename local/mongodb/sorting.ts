import { compare } from './compare';
import { notBuilt } from './errors';
import { valueAt } from './paths';
import { EMPTY, fields } from './raw';
import { asNumber, nothing } from './values';

/** Sorts by the fields that `order` names, 1 upwards and -1 downwards; `$natural` is the order of insertion. */
export function sorted(documents: readonly Buffer[], order: Buffer | undefined): readonly Buffer[] {
  const keys = fields(order ?? EMPTY).map((key) => ({ name: key.name, direction: asNumber(key) }));
  if (keys.length === 0) return documents;
  if (keys.some(({ direction }) => direction !== 1 && direction !== -1)) throw notBuilt('that order of a sort');
  const [first] = keys;
  if (first?.name === '$natural') return first.direction === 1 ? documents : documents.toReversed();
  const valued = documents.map((document) => ({
    document,
    values: keys.map(({ name }) => valueAt(document, name) ?? nothing),
  }));
  valued.sort((a, b) => {
    for (const [index, { direction }] of keys.entries()) {
      const difference = compare(a.values[index] as typeof nothing, b.values[index] as typeof nothing);
      if (difference !== 0) return direction === 1 ? difference : -difference;
    }
    return 0;
  });
  return valued.map(({ document }) => document);
}
