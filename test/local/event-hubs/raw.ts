import { once } from 'node:events';
import {
  create_container,
  message as codec,
  type AmqpError,
  type Connection,
  type EventContext,
  type Message,
  type Receiver,
  type Sender,
  type Source,
} from 'rhea';
import { type TestHub } from './support';

/** AMQP clients without an SDK: what other languages' clients do can be done as they do it. */
export class RawClient implements AsyncDisposable {
  readonly connection: Connection;
  readonly #gone: Promise<unknown>;

  private constructor(connection: Connection) {
    this.connection = connection;
    this.#gone = Promise.race(['disconnected', 'connection_close'].map((event) => once(connection, event)));
    for (const event of ['receiver_error', 'sender_error', 'session_error', 'connection_error', 'disconnected'])
      connection.on(event, () => undefined);
  }

  static async connect(server: TestHub, options: Record<string, unknown> = {}): Promise<RawClient> {
    const container = create_container();
    const connection = container.connect({
      host: '127.0.0.1',
      port: server.hubs.port,
      reconnect: false,
      username: 'anonymous',
      ...options,
    });
    const client = new RawClient(connection);
    await once(connection, 'connection_open');
    return client;
  }

  /** Attaches a sender; resolves with the error when it is refused, else once there is credit. */
  async sender(
    address: string,
    options: Record<string, unknown> = {},
  ): Promise<{ sender: Sender; refused: AmqpError | null }> {
    const sender = this.connection.open_sender({ target: { address }, autosettle: true, ...options });
    const refused = await new Promise<AmqpError | null>((resolve) => {
      sender.once('sendable', () => resolve(null));
      sender.once('sender_error', () => resolve(sender.error as AmqpError));
    });
    return { sender, refused };
  }

  /** Attaches a receiver that has no credit yet. */
  async receiver(address: string, options: Record<string, unknown> = {}): Promise<RawReceiver> {
    const { source, ...more } = options as { source?: Partial<Source> };
    const receiver = this.connection.open_receiver({
      source: { address, ...source },
      credit_window: 0,
      autoaccept: false,
      ...more,
    });
    return await RawReceiver.opened(receiver);
  }

  /** Resolves once the connection has ended. */
  async gone(): Promise<void> {
    await this.#gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.connection.close();
    await this.#gone;
  }
}

/** A receiver whose deliveries are kept. */
export class RawReceiver {
  readonly receiver: Receiver;
  readonly messages: Message[] = [];
  readonly settled: boolean[] = [];
  refused: AmqpError | null = null;

  private constructor(receiver: Receiver) {
    this.receiver = receiver;
    receiver.on('message', ({ message, delivery }: EventContext) => {
      if (message !== undefined) this.messages.push(message);
      this.settled.push(delivery?.remote_settled ?? false);
      if (delivery !== undefined) Object.assign(delivery, { settled: true });
    });
    receiver.on('receiver_error', () => (this.refused = receiver.error as AmqpError));
  }

  static async opened(receiver: Receiver): Promise<RawReceiver> {
    const raw = new RawReceiver(receiver);
    await once(receiver, 'receiver_open');
    return raw;
  }

  /** As the hub numbered them. */
  get sequences(): unknown[] {
    return this.messages.map(
      ({ message_annotations: annotations }) => annotations?.['x-opt-sequence-number'] as unknown,
    );
  }
}

/** Sends and resolves with the name of the outcome, or the error of a rejection. */
export async function sendRaw(sender: Sender, message: Message | Buffer, format?: number): Promise<unknown> {
  const delivery = sender.send(message, undefined, format);
  return await new Promise((resolve) => {
    sender.on('accepted', (context: EventContext) => context.delivery === delivery && resolve('accepted'));
    sender.on('rejected', (context: EventContext) => {
      if (context.delivery === delivery) resolve((delivery.remote_state as { error?: unknown } | undefined)?.error);
    });
    sender.on('sender_close', () => resolve(sender.error ?? 'closed'));
    sender.connection.on('disconnected', () => resolve('disconnected'));
  });
}

export const raw = (body: unknown, more: Record<string, unknown> = {}): Message => ({ body, ...more });

/** An encoded batch. */
export const batchOf = (messages: readonly Message[], annotations: Record<string, unknown> = {}): Buffer =>
  codec.encode({
    ...(Object.keys(annotations).length === 0 ? {} : { message_annotations: annotations }),
    body: codec.data_sections(messages.map((message) => codec.encode(message))) as unknown,
  });
