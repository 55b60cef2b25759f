import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket } from 'node:net';
import { create_container, type EventContext } from 'rhea';
import { serveConnection } from './connection';
import { type Namespace } from './namespace';

/** Where an Event Hubs stand-in listens; the emulator's port is 5672. 0 takes a free one. */
export interface EventHubsOptions {
  readonly port?: number;
}

/** An Event Hubs stand-in that listens on 127.0.0.1, without TLS, as the official emulator does. */
export class EventHubsServer implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: ReadonlySet<Socket>;

  private constructor(server: Server, sockets: ReadonlySet<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
    this.port = (server.address() as AddressInfo).port;
  }

  /** Listens and serves `namespace`, whose hubs may change meanwhile. */
  static async listen(namespace: Namespace, { port = 5672 }: EventHubsOptions = {}): Promise<EventHubsServer> {
    const container = create_container({ id: 'event-hubs-stand-in' });
    const mechanisms = container.sasl_server_mechanisms as Record<string, unknown> & { enable_anonymous(): void };
    mechanisms.enable_anonymous();
    // The .NET client's name for what $cbs does later.
    mechanisms['MSSBCBS'] = () => new AcceptAny();
    container.on('connection_open', ({ connection }: EventContext) => serveConnection(connection, namespace));
    for (const event of ['disconnected', 'error']) container.on(event, () => undefined);

    const server = container.listen({ host: '127.0.0.1', port, max_frame_size: 65_536, idle_time_out: 240_000 });
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    await once(server, 'listening');
    return new EventHubsServer(server, sockets);
  }

  /** The emulator's well-known connection string, for this port. */
  get connectionString(): string {
    return `Endpoint=sb://localhost:${this.port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;`;
  }

  /** Resolves once no client is connected. */
  async idle(): Promise<void> {
    for (const socket of this.#sockets) await once(socket, 'close');
  }

  /** Stops listening and cuts every connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    // Without an error rhea does not notice, and keeps its heartbeat's timer for minutes.
    for (const socket of this.#sockets) socket.destroy(new Error('The stand-in is closed.'));
    await closed;
  }
}

/** A SASL mechanism that takes whatever a client offers. */
class AcceptAny {
  outcome: true | undefined;
  readonly username = 'anonymous';

  start(): void {
    this.outcome = true;
  }
}
