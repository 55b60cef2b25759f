import { type Socket } from 'node:net';
import {
  types,
  type Connection,
  type Delivery,
  type Receiver,
  type Sender,
  type Session,
  type Source,
  type Typed,
} from 'rhea';

/** What is used of rhea beyond its types; package.json pins its version. */

/** Serves a client that connected to a socket of ours. */
export function acceptSocket(connection: Connection, socket: Socket): void {
  (connection as unknown as { accept(socket: Socket): void }).accept(socket);
}

/**
 * Credit and deliveries of a sending link. Their sum grows with the receiver's flow alone: what is handed to rhea is
 * subtracted from the one and added to the other later, when it goes out.
 */
export function creditLimit(sender: Sender): number {
  const { credit, delivery_count: count } = sender as unknown as { credit: number; delivery_count: number };
  return credit + count;
}

/** Deliveries that rhea can take now, for all links of the session. */
export function availableDeliveries(session: Session): number {
  return (session as unknown as { outgoing: { available(): number } }).outgoing.available();
}

/** The attach that a link is answered with; it goes out after the handlers of the client's have run. */
export function localAttach(link: Receiver | Sender): {
  source: unknown;
  target: unknown;
  snd_settle_mode: number;
  rcv_settle_mode: number;
} {
  return (link as unknown as { local: { attach: ReturnType<typeof localAttach> } }).local.attach;
}

/** Settles a delivery with the outcome that the other side gave it. */
export function settle(delivery: Delivery): void {
  const { remote_state: outcome } = delivery as unknown as { remote_state?: { described(): never } };
  delivery.update(true, outcome?.described());
  // rhea would wait for one more word, which AMQP has not.
  Object.assign(delivery, { remote_settled: true });
}

const SELECTOR = 'apache.org:selector-filter:string';

/** A link's selector; null where it has none. */
export function selectorOf(source: Source): string | null {
  const filter = (source.filter ?? {}) as Record<string, unknown>;
  const value = filter[SELECTOR];
  if (value === undefined || value === null) return null;
  return String(unwrapped(value));
}

/** The source to answer an attach with: as it was asked for, the selector described again. */
export function echoed(source: Source): Source {
  const text = selectorOf(source);
  if (text === null) return source;
  return { ...pick(source), filter: { [SELECTOR]: types.wrap_described(text, 0x468c00000004) } } as Source;
}

function pick(source: Source): Partial<Source> {
  const { address, durable, expiry_policy, timeout, dynamic } = source as Source & Record<string, unknown>;
  return { address, durable, expiry_policy, timeout, dynamic } as Partial<Source>;
}

function unwrapped(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'value' in value ? value.value : value;
}

/** A long as rhea decodes it: a number or, near 2^53, its eight bytes. */
export function toBigInt(value: unknown): bigint | null {
  const plain = unwrapped(value);
  if (Buffer.isBuffer(plain)) return plain.readBigInt64BE();
  return typeof plain === 'number' && Number.isInteger(plain) ? BigInt(plain) : null;
}

/** Whether a list of symbols, which may be one alone, names `symbol`. */
export function includesSymbol(list: unknown, symbol: string): boolean {
  const plain = unwrapped(list);
  const items = Array.isArray(plain) ? (plain as (string | Typed)[]) : [plain];
  return items.some((item) => unwrapped(item) === symbol);
}
