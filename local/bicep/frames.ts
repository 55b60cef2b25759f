/** Messages of JSON-RPC on a stream: a header with the length in bytes, an empty line, and the message. */

export function frame(message: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]);
}

/** Takes what has arrived so far; gives the whole messages in it, and what is left of the next. */
export function unframe(bytes: Buffer): { readonly messages: readonly unknown[]; readonly rest: Buffer } {
  const messages: unknown[] = [];
  let rest = bytes;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    const length = end < 0 ? null : /^Content-Length: (\d+)$/im.exec(rest.subarray(0, end).toString())?.[1];
    if (length === undefined) throw new Error('the compiler sent a message without its length');
    if (length === null || rest.length < end + 4 + Number(length)) return { messages, rest };
    const body = rest.subarray(end + 4, end + 4 + Number(length));
    messages.push(JSON.parse(body.toString()));
    rest = rest.subarray(end + 4 + Number(length));
  }
}
