import { type ClientRequest, type IncomingMessage } from 'node:http';

/**
 * Sends the head of `request` and half of its body to `upstream`, then ends that connection in the middle.
 * Needs a Content-Length of at least 2; shorter bodies send the head alone.
 */
export async function forwardHalf(request: IncomingMessage, upstream: ClientRequest): Promise<void> {
  // The upstream's complaint about its lost half is the fault itself.
  upstream.on('error', () => undefined);
  upstream.flushHeaders();
  let left = Math.floor(Number(request.headers['content-length'] ?? 0) / 2);
  for await (const chunk of request as AsyncIterable<Buffer>) {
    const part = chunk.subarray(0, left);
    left -= part.length;
    await new Promise((resolve) => upstream.write(part, resolve));
    if (left === 0) break;
  }
  upstream.destroy();
}
