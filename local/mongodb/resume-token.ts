import { CommandError } from './errors';
import { END, integerKey, keyString } from './key-string';
import { type RawValue, field } from './raw';
import { asText, embedded, make, nothing, text, timestamp, uuidValue, bool } from './values';

/**
 * Resume tokens as MongoDB 7.0 makes them (version 2): `{_data: <hex of a KeyString>}` of cluster time, version, kind, the
 * operation's place in its transaction, whether it is an invalidation, the collection's UUID and what happened to what. Their text
 * sorts as events do. https://github.com/mongodb/mongo/blob/master/src/mongo/db/pipeline/resume_token.cpp
 */
const VERSION = 2n;
const EVENT = 128n;
const HIGH_WATER_MARK = 0n;

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

const hex = (parts: readonly Buffer[]): string =>
  Buffer.concat([...parts, END])
    .toString('hex')
    .toUpperCase();

/** The text of an event's token, or of one fragment's. */
export function eventToken(position: EventPosition, fragment: number | null = null): string {
  const { ts, txnOpIndex, fromInvalidate, uuid, identifier } = position;
  const parts = [
    ...head(ts, EVENT, txnOpIndex, fromInvalidate),
    keyString(uuid === null ? nothing : uuidValue(uuid)),
    keyString(embedded(identifier)),
  ];
  return hex(fragment === null ? parts : [...parts, integerKey(BigInt(fragment))]);
}

/** A token that sorts before every event at `ts`, and after all that happened earlier. */
export const highWaterMark = (ts: bigint): string => hex([...head(ts, HIGH_WATER_MARK, 0, false), keyString(nothing)]);

const head = (ts: bigint, kind: bigint, txnOpIndex: number, fromInvalidate: boolean): Buffer[] => [
  keyString(timestamp(ts)),
  integerKey(VERSION),
  integerKey(kind),
  integerKey(BigInt(txnOpIndex)),
  keyString(bool(fromInvalidate)),
];

/** The fragment that a token names, where it is of one of this event's fragments; null where it is not. */
export function fragmentOf(token: string, ofEvent: string): number | null {
  const common = ofEvent.slice(0, -2);
  if (token === ofEvent || !token.startsWith(common)) return null;
  const bytes = Buffer.from(token.slice(common.length), 'hex');
  return readInteger(bytes, 0)?.value ?? null;
}

export const tokenDocument = (token: string): Buffer => make({ _data: text(token) });

/** @throws CommandError where that is no token */
export function parseToken(value: RawValue): { readonly token: string; readonly facts: TokenFacts } {
  const token = asText(field(value.bytes, '_data'));
  if (token === undefined)
    throw new CommandError(40647, 'Bad resume token: _data of missing or of wrong type. Expected string');
  if (!/^(?:[0-9A-Fa-f]{2})+$/.test(token)) throw new CommandError(9, 'resume token string was not a valid hex string');
  return { token: token.toUpperCase(), facts: parseFacts(Buffer.from(token, 'hex')) };
}

function parseFacts(bytes: Buffer): TokenFacts {
  if (bytes.length < 9 || bytes[0] !== 0x82) throw new CommandError(50811, 'Bad resume token: no cluster time');
  const ts = bytes.readBigUInt64BE(1);
  const version = readInteger(bytes, 9);
  if (version?.value !== Number(VERSION))
    throw new CommandError(50795, 'Invalid Resume Token: only supports version 2');
  const kind = readInteger(bytes, version.end);
  if (kind?.value !== Number(EVENT) && kind?.value !== Number(HIGH_WATER_MARK))
    throw new CommandError(51057, 'Token type not recognized');
  const txnOpIndex = readInteger(bytes, kind.end);
  if (txnOpIndex === null) throw new CommandError(50793, 'Resume Token does not contain txnOpIndex');
  const fromInvalidate = bytes[txnOpIndex.end] === 0x6f;
  const hasUuid = bytes[txnOpIndex.end + 1] === 0x5a;
  return { ts, isHighWaterMark: kind.value === Number(HIGH_WATER_MARK), fromInvalidate, hasUuid };
}

/** A whole number of 0 or more. */
function readInteger(bytes: Buffer, start: number): { readonly value: number; readonly end: number } | null {
  const code = bytes[start] ?? 0;
  if (code === 0x29) return { value: 0, end: start + 1 };
  const length = code - 0x2a;
  const end = start + 1 + length;
  if (length < 1 || length > 6 || end > bytes.length) return null;
  return { value: bytes.readUIntBE(start + 1, length) / 2, end };
}
