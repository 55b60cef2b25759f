import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  create_container,
  type Connection,
  type Container,
  type Receiver,
  type Sender,
  type ConnectionOptions,
} from 'rhea';
import { portError } from '../storage/listen';
import { serveConnection } from './connection';
import { type Context } from './context';
import { MAX_MESSAGE_BYTES } from './limits';
import { type Links } from './links';
import { acceptSocket } from './rhea-internals';

const HOST = '127.0.0.1';

/** What the AMQP server's connections share. */
export type Shared = Omit<Context, 'socket' | 'sleep' | 'whenGone'>;

/**
 * Listens and returns the server; clients are served once `serve` is called with it, in the same turn of the event loop.
 *
 * @throws Error that names the port when it is taken
 */
export async function listenAmqp(port: number): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(portError(cause, HOST, port)));
    server.listen(port, HOST, resolve);
  });
  return server;
}

export const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** Serves AMQP without TLS, as the official emulator does, to every client that connects. */
export function serveAmqp(server: Server, shared: Shared): void {
  const container = create_container({ id: 'event-hubs-stand-in' });
  const mechanisms = container.sasl_server_mechanisms as Record<string, unknown> & { enable_anonymous(): void };
  mechanisms.enable_anonymous();
  // The .NET client's name for what $cbs does later.
  mechanisms['MSSBCBS'] = () => new AcceptAny();
  for (const event of ['disconnected', 'error']) container.on(event, () => undefined);
  server.on('connection', (socket: Socket) => accept(socket, container, shared));
}

function accept(socket: Socket, container: Container, shared: Shared): void {
  shared.links.addSocket(socket);
  socket.setNoDelay(true);
  // Each link waits for the socket to drain.
  socket.setMaxListeners(0);
  const connection = container.create_connection(CONNECTION);
  const ended = new AbortController();
  socket.on('close', () => ended.abort());
  serveConnection(connection, {
    ...shared,
    socket,
    sleep: (ms) => sleep(ms, undefined, { signal: ended.signal }).catch(() => undefined),
    whenGone: (link, gone) => onceGone(link, connection, gone),
  });
  acceptSocket(connection, socket);
}

const CONNECTION = {
  max_frame_size: 65_536,
  idle_time_out: 240_000,
  // Credit is given and deliveries are settled by us alone.
  receiver_options: { credit_window: 0, autoaccept: false, max_message_size: MAX_MESSAGE_BYTES },
} as unknown as ConnectionOptions;

/** Stops listening; clients are to be disconnected before. */
export async function closeAmqp(server: Server, links: Links): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  links.cutConnections();
  await closed;
}

function onceGone(link: Receiver | Sender, connection: Connection, gone: () => void): void {
  let told = false;
  const tell = () => {
    if (told) return;
    told = true;
    gone();
    link.session.removeListener('session_close', tell);
    for (const event of ['disconnected', 'connection_close']) connection.removeListener(event, tell);
  };
  link.on(link.is_receiver() ? 'receiver_close' : 'sender_close', tell);
  link.session.on('session_close', tell);
  connection.setMaxListeners(0);
  for (const event of ['disconnected', 'connection_close']) connection.on(event, tell);
}

/** A SASL mechanism that takes whatever a client offers. */
class AcceptAny {
  outcome: true | undefined;
  readonly username = 'anonymous';

  start(): void {
    this.outcome = true;
  }
}
