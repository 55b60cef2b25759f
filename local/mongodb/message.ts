import { crc32c } from './crc32c';

/** https://github.com/mongodb/specifications/blob/master/source/message/OP_MSG.md */
const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;

const HEADER_BYTES = 16;
const CHECKSUM_PRESENT = 1;
const MORE_TO_COME = 1 << 1;
const EXHAUST_ALLOWED = 1 << 16;
/** A receiver must refuse what it does not know among these. */
const REQUIRED_FLAGS = 0xffff;

export const MAX_MESSAGE_BYTES = 48_000_000;

/** One request of a client. */
export interface Request {
  readonly requestId: number;
  /** OP_QUERY: the first hello of a client that does not know what the server is. */
  readonly legacy: boolean;
  readonly body: Buffer;
  /** Sections of kind 1: long lists of documents, beside the body. */
  readonly sequences: ReadonlyMap<string, readonly Buffer[]>;
  /** The client waits for no answer. */
  readonly moreToCome: boolean;
  /** The client takes answer after answer to this one request. */
  readonly exhaustAllowed: boolean;
  /** OP_QUERY alone: the database in its namespace. */
  readonly database: string | null;
}

export interface Reply {
  readonly requestId: number;
  readonly responseTo: number;
  readonly legacy: boolean;
  /** Another answer to the same request follows. */
  readonly moreToCome: boolean;
}

/**
 * Reads a whole message.
 *
 * @throws Error that tells what is wrong with it: the connection cannot go on
 */
export function parseRequest(message: Buffer): Request {
  const requestId = message.readInt32LE(4);
  const opCode = message.readInt32LE(12);
  switch (opCode) {
    case OP_MSG:
      return parseMsg(message, requestId);
    case OP_QUERY:
      return parseQuery(message, requestId);
    default:
      throw new Error(`opcode ${opCode} is neither OP_MSG nor OP_QUERY`);
  }
}

function parseMsg(message: Buffer, requestId: number): Request {
  const flags = message.readUInt32LE(HEADER_BYTES);
  if ((flags & REQUIRED_FLAGS & ~(CHECKSUM_PRESENT | MORE_TO_COME)) !== 0)
    throw new Error(`OP_MSG: unknown flags 0x${flags.toString(16)}`);
  const end = message.length - ((flags & CHECKSUM_PRESENT) === 0 ? 0 : 4);
  if (end < message.length && crc32c(message.subarray(0, end)) !== message.readUInt32LE(end))
    throw new Error('OP_MSG: the checksum does not match');
  let body: Buffer | null = null;
  const sequences = new Map<string, Buffer[]>();
  for (let at = HEADER_BYTES + 4; at < end;) {
    const kind = message[at] as number;
    at += 1;
    const length = message.readInt32LE(at);
    const section = message.subarray(at, at + length);
    if (length < 5 || section.length !== length) throw new Error(`OP_MSG: a section of ${length} bytes`);
    if (kind === 0 && body === null) body = section;
    else if (kind === 1) addSequence(sequences, section);
    else throw new Error(`OP_MSG: section kind ${kind}`);
    at += length;
  }
  if (body === null) throw new Error('OP_MSG: no body');
  const moreToCome = (flags & MORE_TO_COME) !== 0;
  const exhaustAllowed = (flags & EXHAUST_ALLOWED) !== 0;
  return { requestId, legacy: false, body, sequences, moreToCome, exhaustAllowed, database: null };
}

function addSequence(sequences: Map<string, Buffer[]>, section: Buffer): void {
  const nameEnd = section.indexOf(0, 4);
  const name = section.toString('utf8', 4, nameEnd);
  if (sequences.has(name)) throw new Error(`OP_MSG: two sequences of ${name}`);
  const documents: Buffer[] = [];
  for (let at = nameEnd + 1; at < section.length;) {
    const length = section.readInt32LE(at);
    if (length < 5 || at + length > section.length) throw new Error(`OP_MSG: a document of ${length} bytes`);
    documents.push(section.subarray(at, at + length));
    at += length;
  }
  sequences.set(name, documents);
}

function parseQuery(message: Buffer, requestId: number): Request {
  const nameEnd = message.indexOf(0, HEADER_BYTES + 4);
  const namespace = message.toString('utf8', HEADER_BYTES + 4, nameEnd);
  const start = nameEnd + 1 + 8;
  const body = message.subarray(start, start + message.readInt32LE(start));
  const database = namespace.split('.', 1)[0] ?? '';
  return { requestId, legacy: true, body, sequences: new Map(), moreToCome: false, exhaustAllowed: false, database };
}

export function formatReply(body: Buffer, { requestId, responseTo, legacy, moreToCome }: Reply): Buffer[] {
  const head = Buffer.alloc(legacy ? HEADER_BYTES + 20 : HEADER_BYTES + 5);
  head.writeInt32LE(head.length + body.length, 0);
  head.writeInt32LE(requestId, 4);
  head.writeInt32LE(responseTo, 8);
  head.writeInt32LE(legacy ? OP_REPLY : OP_MSG, 12);
  if (legacy) {
    // Flags: "await capable"; then cursor 0, starting at 0, one document.
    head.writeInt32LE(8, HEADER_BYTES);
    head.writeInt32LE(1, HEADER_BYTES + 16);
  } else if (moreToCome) {
    head.writeUInt32LE(MORE_TO_COME, HEADER_BYTES);
  }
  return [head, body];
}
