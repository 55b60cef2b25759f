import { type Socket } from 'node:net';
import { type AmqpError } from 'rhea';
import { type Direction, type LinkFilter } from './fault-rules';

/** A link over which events come or go. */
export interface OpenLink {
  readonly direction: Direction;
  /** As its hub writes it. */
  readonly hub: string;
  /** Null: a sender that leaves the partition to the hub. */
  readonly partition: string | null;
  /** Detaches it with an error. */
  drop(error: AmqpError): void;
}

/** Every link and connection that is open now. */
export class Links {
  readonly #links = new Set<OpenLink>();
  readonly #sockets = new Set<Socket>();

  get sockets(): ReadonlySet<Socket> {
    return this.#sockets;
  }

  addSocket(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
  }

  /** Returns what is to be called when the link is gone. */
  add(link: OpenLink): () => void {
    this.#links.add(link);
    return () => void this.#links.delete(link);
  }

  matching({ hub, partition, direction }: LinkFilter): readonly OpenLink[] {
    return [...this.#links].filter(
      (link) =>
        (hub === undefined || hub.toLowerCase() === link.hub.toLowerCase()) &&
        (partition === undefined || partition === link.partition) &&
        (direction === undefined || direction === link.direction),
    );
  }

  /** Detaches the links that match, and returns how many. */
  drop(filter: LinkFilter, error: AmqpError): number {
    const found = this.matching(filter);
    for (const link of found) link.drop(error);
    return found.length;
  }

  /** Cuts every connection, and returns how many. */
  cutConnections(): number {
    const cut = [...this.#sockets];
    for (const socket of cut) cutSocket(socket, 'The connection was cut.');
    return cut.length;
  }
}

/** Ends a connection without a word. Without an error rhea does not notice, and keeps its heartbeat's timer for minutes. */
export function cutSocket(socket: Socket, why: string): void {
  socket.destroy(new Error(why));
}
