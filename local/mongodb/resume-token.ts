import { CommandError } from './errors';
import { CODE, END, keyString, tokenInteger } from './key-string';
import { NUMERIC } from './key-string-numbers';
import { readKeyString } from './key-string-reader';
import { field, TYPE, type RawValue } from './raw';
import { TypeBits } from './type-bits';
import { asBinary, asText, binary, bool, embedded, make, nothing, text, timestamp, uuidValue } from './values';

/**
 * Resume tokens as MongoDB 7.0 makes them (version 2): `{_data: <hex of a KeyString>, _typeBits: <binary>}` of cluster time, version, kind, the
 * operation's place in its transaction, whether it is an invalidation, the collection's UUID and what happened to what. Their text
 * sorts as events do. https://github.com/mongodb/mongo/blob/master/src/mongo/db/pipeline/resume_token.cpp
 */
const VERSION = 2;
const EVENT = 128;
const HIGH_WATER_MARK = 0;

/** What an event's token is made of. */
export interface EventPosition {
  readonly ts: bigint;
  readonly txnOpIndex: number;
  readonly fromInvalidate: boolean;
  /** Null for what happened to no collection. */
  readonly uuid: Buffer | null;
  /** `operationType`, and `documentKey` or `operationDescription`. */
  readonly identifier: Buffer;
}

/** What a token tells without knowing the event. */
export interface TokenFacts {
  readonly ts: bigint;
  readonly isHighWaterMark: boolean;
  readonly fromInvalidate: boolean;
  readonly hasUuid: boolean;
}

/** A token as the server writes it. */
export interface ResumeToken {
  /** Hexadecimal; sorts as events do. Two tokens are the same where this is. */
  readonly data: string;
  /** What `_typeBits` holds; null where it is left out. */
  readonly typeBits: Buffer | null;
}

/** Of an event, or of one of its fragments. */
export function eventToken(position: EventPosition, fragment: number | null = null): ResumeToken {
  const { ts, txnOpIndex, fromInvalidate, uuid, identifier } = position;
  const bits = new TypeBits();
  const parts = [
    ...head(ts, EVENT, txnOpIndex, fromInvalidate, bits),
    keyString(uuid === null ? nothing : uuidValue(uuid), bits),
    keyString(embedded(identifier), bits),
  ];
  if (fragment !== null) parts.push(tokenInteger(fragment, bits));
  return { data: hex(parts), typeBits: bits.encoded };
}

/** A token that sorts before every event at `ts`, and after all that happened earlier. */
export function highWaterMark(ts: bigint): ResumeToken {
  const bits = new TypeBits();
  const data = hex([...head(ts, HIGH_WATER_MARK, 0, false, bits), keyString(nothing, bits)]);
  return { data, typeBits: bits.encoded };
}

const head = (ts: bigint, kind: number, txnOpIndex: number, fromInvalidate: boolean, bits: TypeBits): Buffer[] => [
  keyString(timestamp(ts), bits),
  tokenInteger(VERSION, bits),
  tokenInteger(kind, bits),
  tokenInteger(txnOpIndex, bits),
  keyString(bool(fromInvalidate), bits),
];

const hex = (parts: readonly Buffer[]): string =>
  Buffer.concat([...parts, END])
    .toString('hex')
    .toUpperCase();

/** The fragment that a token names, where it is of one of this event's fragments; null where it is not. */
export function fragmentOf({ data }: ResumeToken, ofEvent: ResumeToken): number | null {
  const common = ofEvent.data.slice(0, -2);
  if (data === ofEvent.data || !data.startsWith(common)) return null;
  return asInteger(Buffer.from(data.slice(common.length, -2), 'hex')) ?? null;
}

export const tokenDocument = ({ data, typeBits }: ResumeToken): Buffer =>
  make({ _data: text(data), _typeBits: typeBits === null ? undefined : binary(typeBits, 0) });

/**
 * Reads what a client sent back. The token is as the server understands it: type bits that are missing or another's make it a token
 * of something else.
 *
 * @throws CommandError where that is no token
 */
export function parseToken({ bytes }: RawValue): { readonly token: ResumeToken; readonly facts: TokenFacts } {
  const data = asText(field(bytes, '_data'));
  if (data === undefined)
    throw new CommandError(40647, 'Bad resume token: _data of missing or of wrong type. Expected string');
  const given = field(bytes, '_typeBits');
  if (given !== undefined && !(given.type === TYPE.binary && given.bytes[4] === 0))
    throw new CommandError(40648, `Bad resume token: _typeBits of wrong type {_data: "${data}"}`);
  const typeBits = asBinary(given) ?? null;
  if (!/^(?:[0-9A-Fa-f]{2})*$/.test(data)) throw new CommandError(9, 'resume token string was not a valid hex string');
  const values = readKeyString(Buffer.from(data, 'hex'), typeBits);
  return { token: { data: hex(values), typeBits }, facts: factsOf(values) };
}

function factsOf([
  clusterTime,
  version,
  kind,
  txnOpIndex,
  fromInvalidate,
  uuid,
  identifier,
  ...rest
]: readonly Buffer[]) {
  if (clusterTime === undefined) throw new CommandError(40649, 'invalid empty resume token');
  if (clusterTime[0] !== CODE.timestamp) throw new CommandError(50811, 'Bad resume token: no cluster time');
  if (version === undefined) throw new CommandError(50796, 'Resume Token does not contain version');
  if (asInteger(version) !== VERSION)
    throw new CommandError(50795, 'Invalid Resume Token: this stand-in only supports version 2');
  if (kind === undefined) throw new CommandError(51055, 'Resume Token does not contain tokenType');
  const isHighWaterMark = asInteger(kind) === HIGH_WATER_MARK;
  if (!isHighWaterMark && asInteger(kind) !== EVENT) throw new CommandError(51057, 'Token type not recognized');
  if (txnOpIndex === undefined) throw new CommandError(50793, 'Resume Token does not contain txnOpIndex');
  if (fromInvalidate === undefined) throw new CommandError(50872, 'Resume Token does not contain fromInvalidate');
  if (uuid === undefined) throw new CommandError(6189500, 'Expected UUID or null');
  if (isHighWaterMark && identifier !== undefined) throw new CommandError(6189504, 'Invalid high water mark token');
  if (!isHighWaterMark && identifier === undefined)
    throw new CommandError(6189501, 'Expected an eventIdentifier for an event resume token');
  if (identifier !== undefined && identifier[0] !== CODE.document)
    throw new CommandError(6189503, 'Resume Token eventIdentifier is not an object');
  if (rest.length > 1) throw new CommandError(40646, 'invalid oversized resume token');
  return {
    ts: clusterTime.readBigUInt64BE(1),
    isHighWaterMark,
    fromInvalidate: fromInvalidate[0] === CODE.true,
    hasUuid: uuid[0] === CODE.binary,
  };
}

/** A whole number of 0 or more as a KeyString; undefined for anything else. */
function asInteger(key: Buffer): number | undefined {
  const [code = 0] = key;
  if (code === NUMERIC.zero) return 0;
  const length = code - NUMERIC.positive1Byte + 1;
  return length >= 1 && length <= 6 && key.length === length + 1 ? key.readUIntBE(1, length) / 2 : undefined;
}
