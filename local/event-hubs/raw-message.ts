import { message as codec, type Message } from 'rhea';

/**
 * rhea decodes a message of the standard format and forgets its bytes; a hub passes on the bytes. So the decoder is wrapped, once for the
 * process, and what it decoded is remembered as long as the message lives.
 */
const bytesByMessage = new WeakMap<object, Buffer>();

const decoder = codec as unknown as { decode(bytes: Buffer): object };
const decode = decoder.decode.bind(codec);
decoder.decode = (bytes) => {
  const message = decode(bytes);
  bytesByMessage.set(message, bytes);
  return message;
};

/** The bytes that `message` was decoded from; where they are in another format than the standard one, rhea gives them as they are. */
export function rawBytes(message: Message | Buffer): Buffer {
  if (Buffer.isBuffer(message)) return message;
  const bytes = bytesByMessage.get(message);
  if (bytes === undefined) throw new Error('rhea decoded this message before its decoder was wrapped');
  return bytes;
}
