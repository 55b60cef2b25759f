/** Builds pgoutput's messages, field by field as its documentation lists them, for what no server can be made to send. */

const UNIX_TO_POSTGRES_US = 946_684_800_000_000n;

export const int8 = (value: number) => Buffer.from([value]);

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt.asIntN(64, value));
  return bytes;
}

export const letter = (value: string) => Buffer.from(value, 'latin1');
export const string = (value: string) => Buffer.from(`${value}\0`);
const join = (...parts: Buffer[]) => Buffer.concat(parts);

export interface BeginFields {
  readonly commitLsn: bigint;
  readonly atUs: bigint;
  readonly transactionId: number;
}

export const begin = ({ commitLsn, atUs, transactionId }: BeginFields) =>
  join(letter('B'), int64(commitLsn), int64(atUs - UNIX_TO_POSTGRES_US), int32(transactionId));

export const commit = (commitLsn: bigint, endLsn: bigint, atUs: bigint) =>
  join(letter('C'), int8(0), int64(commitLsn), int64(endLsn), int64(atUs - UNIX_TO_POSTGRES_US));

export const origin = (commitLsn: bigint, name: string) => join(letter('O'), int64(commitLsn), string(name));

export const type = (oid: number, schema: string, name: string) =>
  join(letter('Y'), int32(oid), string(schema), string(name));

export interface WireColumn {
  readonly name: string;
  readonly typeOid: number;
  readonly isKey?: boolean;
}

export interface RelationFields {
  readonly oid: number;
  readonly schema: string;
  readonly table: string;
  /** `d`, `n`, `f` or `i` */
  readonly identity?: string;
  readonly columns: readonly WireColumn[];
}

export const relation = ({ oid, schema, table, identity = 'd', columns }: RelationFields) =>
  join(
    letter('R'),
    int32(oid),
    string(schema),
    string(table),
    letter(identity),
    int16(columns.length),
    ...columns.map(({ name, typeOid, isKey = false }) =>
      join(int8(isKey ? 1 : 0), string(name), int32(typeOid), int32(0xffff_ffff)),
    ),
  );

/** A tuple's values; a long value that was not touched is the symbol `UNCHANGED`. */
export const UNCHANGED = Symbol('unchanged');
export type Values = readonly (string | Buffer | null | typeof UNCHANGED)[];

export const tuple = (values: Values) => join(int16(values.length), ...values.map(value));

function value(one: Values[number]): Buffer {
  if (one === null) return letter('n');
  if (one === UNCHANGED) return letter('u');
  const bytes = Buffer.from(one);
  return join(letter('t'), int32(bytes.length), bytes);
}

export const insert = (oid: number, after: Values) => join(letter('I'), int32(oid), letter('N'), tuple(after));

/** @param old the kind of the old tuple, `K` or `O`, and its values */
export const update = (oid: number, after: Values, old?: readonly ['K' | 'O', Values]) =>
  join(
    letter('U'),
    int32(oid),
    old === undefined ? Buffer.alloc(0) : join(letter(old[0]), tuple(old[1])),
    letter('N'),
    tuple(after),
  );

export const remove = (oid: number, kind: 'K' | 'O', before: Values) =>
  join(letter('D'), int32(oid), letter(kind), tuple(before));

export const truncate = (oids: readonly number[]) => join(letter('T'), int32(oids.length), int8(0), ...oids.map(int32));

export interface MessageFields {
  readonly transactional: boolean;
  readonly lsn: bigint;
  readonly prefix: string;
  readonly content: Buffer;
}

export const message = ({ transactional, lsn, prefix, content }: MessageFields) =>
  join(letter('M'), int8(transactional ? 1 : 0), int64(lsn), string(prefix), int32(content.length), content);
