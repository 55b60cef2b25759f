import { type Socket } from 'node:net';

/** The connections that are open. */
export class Sockets {
  readonly #open = new Set<Socket>();

  get count(): number {
    return this.#open.size;
  }

  add(socket: Socket): void {
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
  }

  /** Ends every connection without a word. Returns how many. */
  cutAll(): number {
    const sockets = [...this.#open];
    for (const socket of sockets) socket.destroy();
    this.#open.clear();
    return sockets.length;
  }
}
