import { type Source } from '../decode/event';
import { type Incarnate } from './names';

/** The version of the lines' format that is written and read; a newer one is refused. No other was ever written. */
export const LINE_FORMAT = 1;

/** Whose a line is: one incarnation of a hub partition, and the source that it feeds. */
export type LineOwner = Incarnate & { readonly source: Source };

/** How much of a file shows whose its first line is: more than the head of any line takes. */
export const HEAD_BYTES = 4096;

/**
 * How every line of `owner` begins, up to the comma before `sequenceNumber`. The format comes first, so that whoever compares
 * beginnings refuses a line of another one.
 */
export function lineHead({ source, namespace, hub, incarnation, partition }: LineOwner): string {
  return JSON.stringify({ format: LINE_FORMAT, source, namespace, hub, incarnation, partition }).slice(0, -1);
}

/** What the beginning of a line tells: a line of ours, or one of a newer format, whose owner cannot always be told. */
export type ToldHead =
  | { readonly kind: 'ours'; readonly owner: LineOwner }
  | { readonly kind: 'newer'; readonly format: number; readonly owner: LineOwner | null };

const FORMAT = /^\{"format":([1-9]\d{0,8}),/;
const OWNER =
  /^\{"format":\d+,"source":"(postgresql|mongodb)","namespace":"([^"\\]+)","hub":"([^"\\]+)","incarnation":([1-9]\d{0,8}),"partition":"(\d+)"/;

/**
 * Reads the beginning of a line, or of a file: {@link HEAD_BYTES} of it are enough. Null where it is no line of any version.
 * Later formats keep `format` in front; and they are asked to keep the owner behind it, but nobody relies on that.
 */
export function tellHead(text: string): ToldHead | null {
  const format = Number(FORMAT.exec(text)?.[1] ?? 0);
  if (format === 0) return null;
  const owner = ownerIn(text);
  if (format > LINE_FORMAT) return { kind: 'newer', format, owner };
  return owner === null ? null : { kind: 'ours', owner };
}

function ownerIn(text: string): LineOwner | null {
  const [, source, namespace = '', hub = '', incarnation, partition = ''] = OWNER.exec(text) ?? [];
  if (source === undefined) return null;
  return { source: source as Source, namespace, hub, incarnation: Number(incarnation), partition };
}
