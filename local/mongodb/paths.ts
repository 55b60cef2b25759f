import { fields, field, TYPE, type RawValue } from './raw';
import { asNumber } from './values';

/** A field's name that can be the index of an array's member. */
export const isIndex = (name: string): boolean => /^(?:0|[1-9]\d*)$/.test(name);

/**
 * What a dotted path leads to. Through an array of documents it leads to several, as in a query; a number is an index as well.
 * Where it leads to nothing, the list is empty.
 */
export function valuesAt(document: Buffer, path: string): RawValue[] {
  return follow({ type: TYPE.document, bytes: document }, path.split('.'), 0);
}

function follow(container: RawValue, parts: readonly string[], at: number): RawValue[] {
  const name = parts[at];
  if (name === undefined) return [container];
  if (container.type === TYPE.document) {
    const child = field(container.bytes, name);
    return child === undefined ? [] : follow(child, parts, at + 1);
  }
  if (container.type !== TYPE.array) return [];
  const byIndex = isIndex(name) ? field(container.bytes, name) : undefined;
  const members = fields(container.bytes).filter(({ type }) => type === TYPE.document);
  return [
    ...(byIndex === undefined ? [] : follow(byIndex, parts, at + 1)),
    ...members.flatMap((member) => follow(member, parts, at)),
  ];
}

/** The first value at a path; undefined where there is none. */
export const valueAt = (document: Buffer, path: string): RawValue | undefined =>
  path.includes('.') ? valuesAt(document, path)[0] : field(document, path);

export const numberAt = (document: Buffer, path: string): number | undefined => asNumber(valueAt(document, path));
