import { CommandError, notBuilt } from './errors';
import { documentOf, fields, TYPE } from './raw';
import { asFlag } from './values';

export type Projection = (document: Buffer) => Buffer;

/**
 * `{total: 1}` keeps those fields and `_id`, `{secret: 0}` leaves some out; of the top level alone.
 *
 * @throws CommandError for what is no projection, or none that is built
 */
export function compileProjection(specification: Buffer): Projection {
  const chosen = fields(specification);
  if (chosen.length === 0) return (document) => document;
  for (const { name, type } of chosen) {
    if (name.includes('.') || type === TYPE.document || type === TYPE.string || type === TYPE.array)
      throw notBuilt('a projection of anything but whole fields');
  }
  const others = chosen.filter(({ name }) => name !== '_id');
  const id = chosen.find(({ name }) => name === '_id');
  const including = others.length === 0 ? id !== undefined && asFlag(id) : asFlag(others[0]);
  if (others.some((each) => asFlag(each) !== including))
    throw new CommandError(31254, 'Cannot mix inclusion and exclusion in a projection');
  const names = new Set(others.map(({ name }) => name));
  const keepsId = id === undefined || asFlag(id);
  return (document) =>
    documentOf(fields(document).filter(({ name }) => (name === '_id' ? keepsId : names.has(name) === including)));
}
