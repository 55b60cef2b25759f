import { type Source } from '../../decode/event';
import { LINE_FORMAT, type LineOwner } from '../../ledger/line-head';

/** Whose line, and which of its events. */
export interface LineHead {
  readonly owner: Owner;
  /** The text of the head up to the sequence number: the same for all lines of an owner. */
  readonly prefix: string;
  readonly sequence: bigint;
}

/** One incarnation of a hub partition, and the source that it feeds. */
export type Owner = LineOwner;

/** Names in it are checked when a delivery is read, so none needs an escape. */
const HEAD = new RegExp(
  `^(\\{"format":${LINE_FORMAT},"source":"(postgresql|mongodb)",` +
    String.raw`"namespace":"([a-z0-9._-]{1,260})","hub":"([a-z0-9._-]{1,260})","incarnation":([1-9]\d{0,8}),` +
    String.raw`"partition":"(\d{1,9})","sequenceNumber":)(0|[1-9]\d{0,18}),"offset":"`,
);

/**
 * Reads the head of a line from its text, the sequence number digit for digit: `JSON.parse` would round it beyond 2^53.
 * Null where the line does not begin as every line of this version does.
 */
export function readLineHead(line: string): LineHead | null {
  const match = HEAD.exec(line);
  if (match === null) return null;
  const [, prefix = '', source, namespace = '', hub = '', incarnation = '', partition = '', sequence = ''] = match;
  const owner = { source: source as Source, namespace, hub, incarnation: Number(incarnation), partition };
  return { owner, prefix, sequence: BigInt(sequence) };
}
