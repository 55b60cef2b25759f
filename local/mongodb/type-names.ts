import { badValue } from './errors';
import { TYPE, type RawValue } from './raw';
import { asNumber, asText } from './values';

/** The types that a number or a name stands for, as `$type` takes them. */
export function typesOf(wanted: RawValue): number[] {
  const name = asText(wanted);
  if (name === undefined) return [(asNumber(wanted) ?? 0) & 0xff];
  if (name === 'number') return [TYPE.double, TYPE.int32, TYPE.int64, TYPE.decimal];
  const type = ALIASES.get(name);
  if (type === undefined) throw badValue(`Unknown type name alias: ${name}`);
  return [type];
}

const ALIASES = new Map<string, number>([
  ['double', TYPE.double],
  ['string', TYPE.string],
  ['object', TYPE.document],
  ['array', TYPE.array],
  ['binData', TYPE.binary],
  ['objectId', TYPE.objectId],
  ['bool', TYPE.boolean],
  ['date', TYPE.date],
  ['null', TYPE.null],
  ['regex', TYPE.regex],
  ['int', TYPE.int32],
  ['timestamp', TYPE.timestamp],
  ['long', TYPE.int64],
  ['decimal', TYPE.decimal],
]);
