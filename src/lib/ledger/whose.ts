import { HEAD_BYTES, lineHead, tellHead, type LineOwner } from './line-head';
import { nameOf, parseName, type Incarnate } from './names';
import { type Lake } from './port';

/**
 * Whether a data file holds events of an incarnation of a hub partition, as far as this version can tell. `ours_newer`: it does, in
 * a newer format of lines; `untold`: it may, in a newer format that does not say so where this version looks; `no`: it does not, it
 * is gone, or its first line is none.
 */
export type Whose = 'ours' | 'ours_newer' | 'untold' | 'no';

/** Tells it by the file's name, and where that fits by the first line: a name does not tell the hub. */
export async function whoseFile(lake: Lake, of: LineOwner, path: string): Promise<Whose> {
  if (!nameFits(of, path)) return 'no';
  const told = tellHead((await lake.readHead(path, HEAD_BYTES))?.toString('utf8') ?? '');
  if (told === null) return 'no';
  if (told.owner === null) return 'untold';
  if (lineHead(told.owner) !== lineHead(of)) return 'no';
  return told.kind === 'newer' ? 'ours_newer' : 'ours';
}

/** Whether a data file's name allows that it is of this incarnation of a hub partition: the hub is not in it. */
export function nameFits(of: Incarnate, path: string): boolean {
  const file = parseName(nameOf(path));
  return file?.partition === of.partition && file.incarnation === of.incarnation;
}
