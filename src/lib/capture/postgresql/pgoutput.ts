import { Cursor } from './pgoutput-cursor';
import { type PgoutputError } from './pgoutput-error';
import {
  NULL_VALUE,
  UNCHANGED_VALUE,
  type OldTuple,
  type PgoutputMessage,
  type RelationColumn,
  type ReplicaIdentity,
  type Tuple,
} from './pgoutput-messages';

/** From 1970 to 2000, where PostgreSQL's times begin. */
const EPOCH_US = 946_684_800_000_000n;

const IS_KEY = 1;
const IS_TRANSACTIONAL = 1;

/**
 * Reads one message of pgoutput, which is the payload of one XLogData message.
 *
 * @throws PgoutputError where it is cut short, too long or not of protocol version 1
 */
export function parseMessage(payload: Buffer): PgoutputMessage {
  const cursor = new Cursor(payload);
  const message = read(cursor, cursor.letter());
  cursor.end();
  return message;
}

/** The OIDs of the tables whose rows the message changes; null for a message of another kind. */
export function tablesOf(payload: Buffer): readonly number[] | null {
  const cursor = new Cursor(payload);
  switch (cursor.letter()) {
    case 'I':
    case 'U':
    case 'D':
      return [cursor.uint32()];
    case 'T': {
      const count = cursor.uint32();
      cursor.skip(1);
      return repeat(count, () => cursor.uint32());
    }
    default:
      return null;
  }
}

function read(cursor: Cursor, letter: string): PgoutputMessage {
  switch (letter) {
    case 'I':
      return { kind: 'insert', relationOid: cursor.uint32(), after: newTuple(cursor, cursor.letter()) };
    case 'U': {
      const relationOid = cursor.uint32();
      const first = cursor.letter();
      const before = first === 'N' ? null : oldTuple(cursor, first);
      return {
        kind: 'update',
        relationOid,
        before,
        after: newTuple(cursor, before === null ? first : cursor.letter()),
      };
    }
    case 'D':
      return { kind: 'delete', relationOid: cursor.uint32(), before: oldTuple(cursor, cursor.letter()) };
    case 'B':
      return {
        kind: 'begin',
        commitLsn: cursor.uint64(),
        committedAtUs: cursor.int64() + EPOCH_US,
        transactionId: cursor.uint32(),
      };
    case 'C':
      cursor.skip(1); // flags, none of which is in use
      return {
        kind: 'commit',
        commitLsn: cursor.uint64(),
        endLsn: cursor.uint64(),
        committedAtUs: cursor.int64() + EPOCH_US,
      };
    case 'O':
      return { kind: 'origin', commitLsn: cursor.uint64(), name: cursor.string() };
    case 'R':
      return {
        kind: 'relation',
        oid: cursor.uint32(),
        schema: schema(cursor),
        table: cursor.string(),
        replicaIdentity: replicaIdentity(cursor),
        columns: repeat(cursor.uint16(), () => column(cursor)),
      };
    case 'Y':
      return { kind: 'type', oid: cursor.uint32(), schema: schema(cursor), name: cursor.string() };
    case 'T': {
      const count = cursor.uint32();
      cursor.skip(1); // CASCADE and RESTART IDENTITY
      return { kind: 'truncate', relationOids: repeat(count, () => cursor.uint32()) };
    }
    case 'M':
      return {
        kind: 'message',
        transactional: (cursor.uint8() & IS_TRANSACTIONAL) !== 0,
        lsn: cursor.uint64(),
        prefix: cursor.string(),
        content: cursor.view(cursor.uint32()),
      };
    default:
      throw cursor.error('no message of protocol version 1 begins so');
  }
}

/** The server writes an empty name for pg_catalog. */
function schema(cursor: Cursor): string {
  return cursor.string() || 'pg_catalog';
}

function replicaIdentity(cursor: Cursor): ReplicaIdentity {
  const letter = cursor.letter();
  switch (letter) {
    case 'd':
      return 'default';
    case 'n':
      return 'nothing';
    case 'f':
      return 'full';
    case 'i':
      return 'index';
    default:
      throw unexpected(cursor, letter, 'a replica identity');
  }
}

function column(cursor: Cursor): RelationColumn {
  const isKey = (cursor.uint8() & IS_KEY) !== 0;
  const name = cursor.string();
  const typeOid = cursor.uint32();
  // Signed: -1 for none.
  const modifier = cursor.uint32() | 0;
  return { name, typeOid, modifier, isKey };
}

function oldTuple(cursor: Cursor, letter: string): OldTuple {
  if (letter !== 'K' && letter !== 'O') throw unexpected(cursor, letter, 'an old tuple');
  const { bytes, starts, lengths } = tuple(cursor);
  return { holds: letter === 'K' ? 'key' : 'row', bytes, starts, lengths };
}

function newTuple(cursor: Cursor, letter: string): Tuple {
  if (letter !== 'N') throw unexpected(cursor, letter, 'a new tuple');
  return tuple(cursor);
}

function tuple(cursor: Cursor): Tuple {
  const count = cursor.uint16();
  const starts = new Array<number>(count);
  const lengths = new Array<number>(count);
  for (let index = 0; index < count; index++) {
    const length = valueLength(cursor);
    lengths[index] = length;
    starts[index] = length > 0 ? cursor.skip(length) : cursor.at;
  }
  return { bytes: cursor.bytes, starts, lengths };
}

function valueLength(cursor: Cursor): number {
  const letter = cursor.letter();
  switch (letter) {
    case 't':
      return cursor.uint32();
    case 'n':
      return NULL_VALUE;
    case 'u':
      return UNCHANGED_VALUE;
    default:
      // `b`, a binary value, comes only to who asks for it.
      throw unexpected(cursor, letter, 'a value as text');
  }
}

function repeat<T>(count: number, one: () => T): T[] {
  const all: T[] = [];
  for (let index = 0; index < count; index++) all.push(one());
  return all;
}

function unexpected(cursor: Cursor, letter: string, expected: string): PgoutputError {
  return cursor.error(`expected ${expected}, found "${letter}"`);
}
