import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { BSON, type Document } from 'mongodb';
import { crc32c } from '../../../local/mongodb/crc32c';
import { Framing } from '../../../local/mongodb/framing';

/** What of a message is to be otherwise than a driver sends it. */
export interface RawOptions {
  readonly flags?: number;
  readonly checksum?: number | 'right';
  readonly sequences?: Readonly<Record<string, readonly Document[]>>;
}

export interface RawReply {
  readonly opCode: number;
  readonly flags: number;
  readonly requestId: number;
  readonly responseTo: number;
  readonly body: Document;
}

/** Speaks the wire protocol by hand, where a driver would not say such a thing. */
export class RawClient implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #replies: RawReply[] = [];
  #arrived: (() => void) | null = null;
  #requestId = 100;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const framing = new Framing();
    socket.on('data', (chunk) => {
      this.#replies.push(...framing.push(chunk).map(parseReply));
      this.#arrived?.();
    });
    socket.on('close', () => this.#arrived?.());
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** @returns the request's number */
  send(body: Document, options: RawOptions = {}): number {
    this.#requestId += 1;
    this.#socket.write(opMsg(this.#requestId, BSON.serialize(body), options));
    return this.#requestId;
  }

  sendBytes(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** The next reply; null where the server ended the connection. */
  async reply(): Promise<RawReply | null> {
    while (this.#replies.length === 0 && !this.#socket.closed) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      this.#arrived = () => resolve(undefined);
      await promise;
    }
    return this.#replies.shift() ?? null;
  }

  /** Sends a command and waits for its reply. */
  async command(body: Document, options: RawOptions = {}): Promise<Document> {
    this.send(body, options);
    const reply = await this.reply();
    if (reply === null) throw new Error('the server ended the connection');
    return reply.body;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket.closed) return;
    this.#socket.destroy();
    await once(this.#socket, 'close');
  }
}

/** A message whose body is given byte for byte. */
export function opMsg(requestId: number, body: Uint8Array, options: RawOptions = {}): Buffer {
  const { flags = 0, checksum, sequences = {} } = options;
  const sections = Object.entries(sequences).map(([name, documents]) => {
    const content = Buffer.concat([Buffer.from(`${name}\0`), ...documents.map((each) => BSON.serialize(each))]);
    return Buffer.concat([Buffer.of(1), int32(content.length + 4), content]);
  });
  const isChecked = checksum !== undefined;
  const content = Buffer.concat([int32(isChecked ? flags | 1 : flags), Buffer.of(0), body, ...sections]);
  const header = [16 + content.length + (isChecked ? 4 : 0), requestId, 0, 2013].map(int32);
  const message = Buffer.concat([...header, content]);
  if (!isChecked) return message;
  return Buffer.concat([message, int32(checksum === 'right' ? crc32c(message) : checksum)]);
}

/** The handshake of a client that does not know what it talks to. */
export function opQuery(requestId: number, body: Document): Buffer {
  const query = Buffer.concat([int32(0), Buffer.from('admin.$cmd\0'), int32(0), int32(-1), BSON.serialize(body)]);
  return Buffer.concat([...[16 + query.length, requestId, 0, 2004].map(int32), query]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

function parseReply(message: Buffer): RawReply {
  const opCode = message.readInt32LE(12);
  const start = opCode === 1 ? 36 : 21;
  const body = BSON.deserialize(message.subarray(start));
  const [requestId, responseTo] = [message.readInt32LE(4), message.readInt32LE(8)];
  return { opCode, flags: message.readUInt32LE(16), requestId, responseTo, body };
}
