import { type AmqpError, type Sender } from 'rhea';
import { sendTo } from './attach';
import { type Context, type OpenReader } from './context';
import { withRuntimeInfo } from './event-bytes';
import { type Hub } from './hub';
import { cutSocket } from './links';
import { type Partition } from './partition';
import { admit } from './readers';
import { detachForced, serverBusy, unknownSelector } from './refusals';
import { availableDeliveries, creditLimit, includesSymbol, selectorOf, toBigInt } from './rhea-internals';
import { parseSelector } from './selector';

/** Handed to rhea in one go; then others have their turn. */
const TURN_BYTES = 1_048_576;

/** What a link's attach asks for, or why it is refused. */
export type ReaderRequest =
  { readonly refused: AmqpError } | { readonly refused: null; readonly next: number; readonly epoch: bigint | null };

export function readerOf(sender: Sender, partition: Partition): ReaderRequest {
  const selector = selectorOf(sender.source);
  const position = selector === null ? { kind: 'earliest' as const } : parseSelector(selector);
  if (position === null) return { refused: unknownSelector(selector ?? '') };
  const next = partition.find(position);
  if (typeof next !== 'number') return { refused: next };
  const properties = (sender.properties as Record<string, unknown> | undefined) ?? {};
  return { refused: null, next, epoch: toBigInt(properties['com.microsoft:epoch']) };
}

/**
 * Lets a reader in, sends those away that must go for it, and then sends it events from `next` on as its credit allows.
 *
 * @returns why it is refused; null when it is not
 */
export function serveReader(
  sender: Sender,
  {
    hub,
    group,
    partition,
    next,
    epoch,
  }: { hub: Hub; group: string; partition: Partition; next: number; epoch: bigint | null },
  context: Context,
): AmqpError | null {
  const key = [hub.name, hub.createdAt, group, partition.id].join('/').toLowerCase();
  const readers = context.readers.get(key) ?? new Set();
  const admission = admit([...readers], epoch);
  if (admission.refused !== null) return admission.refused;
  for (const reader of admission.evicted) if (admission.reason !== null) reader.drop(admission.reason);

  const drop = (error: AmqpError) => {
    stop();
    sender.close(error);
  };
  const reader: OpenReader = { epoch, drop };
  const remove = context.links.add({ direction: 'receive', hub: hub.name, partition: partition.id, drop });
  const pump = startPump(sender, hub, partition, next, drop, context);
  const stop = () => {
    pump.stop();
    remove();
    readers.delete(reader);
    if (readers.size === 0) context.readers.delete(key);
  };
  readers.add(reader);
  context.readers.set(key, readers);
  context.whenGone(sender, stop);
  return null;
}

/** Sends events while there are any and the receiver has given credit. */
function startPump(
  sender: Sender,
  hub: Hub,
  partition: Partition,
  first: number,
  drop: (error: AmqpError) => void,
  { socket, faults, now, log, sleep }: Context,
): { readonly stop: () => void } {
  const wantsInfo = includesSymbol(sender.desired_capabilities, 'com.microsoft:enable-receiver-runtime-metric');
  let next = first;
  /** Deliveries handed to rhea, and credit given back. */
  let used = 0;
  let state: 'idle' | 'scheduled' | 'waiting' | 'stopped' = 'idle';
  let draining = false;

  const schedule = () => {
    if (state !== 'idle') return;
    state = 'scheduled';
    setImmediate(() => {
      if (state !== 'scheduled') return;
      state = 'idle';
      run();
    });
  };

  const canSend = () =>
    next <= partition.lastSequence && used < creditLimit(sender) && availableDeliveries(sender.session) > 0;

  const run = () => {
    next = Math.max(next, partition.beginSequence);
    if (canSend() && !struck()) send();
    if (draining && state !== 'stopped' && next > partition.lastSequence) {
      // Nothing is left to send: the credit goes back.
      used = creditLimit(sender);
      draining = false;
      sender.set_drained(true);
    }
  };

  /** Whether a fault comes before the events. */
  const struck = (): boolean => {
    const fault = faults.strike({ direction: 'receive', hub: hub.name, partition: partition.id });
    if (fault === null) return false;
    const { kind } = fault;
    switch (kind) {
      case 'loseAcknowledgement':
        return false;
      case 'serverBusy':
        drop(serverBusy());
        return true;
      case 'dropLink':
        drop(detachForced());
        return true;
      case 'cutConnection':
        cutSocket(socket, 'The connection was cut.');
        return true;
      case 'delay':
        state = 'waiting';
        void sleep(fault.ms ?? 1000).then(() => {
          if (state === 'stopped') return;
          state = 'idle';
          send();
        });
        return true;
      default:
        return kind satisfies never;
    }
  };

  const send = () => {
    // One write for all that is sent in this turn; rhea writes frame by frame, at the next tick.
    socket.cork();
    process.nextTick(() => process.nextTick(() => socket.uncork()));
    try {
      for (let bytes = 0; canSend() && bytes < TURN_BYTES; next += 1, used += 1) bytes += sendOne();
    } catch (error) {
      log(`${hub.name}/${partition.id}: event ${next}: ${String(error)}`);
      return drop({ condition: 'amqp:internal-error', description: `event ${next} cannot be read` });
    }
    if (!canSend()) return;
    if (!socket.writableNeedDrain) return schedule();
    state = 'waiting';
    socket.once('drain', () => {
      if (state !== 'waiting') return;
      state = 'idle';
      schedule();
    });
  };

  const sendOne = (): number => {
    const stored = partition.read(next);
    const event = wantsInfo ? withRuntimeInfo(stored, infoOf(partition, now())) : stored;
    sendTo(sender, event);
    return event.length;
  };

  const unwatch = partition.watch(schedule);
  sender.on('sender_flow', () => {
    draining = false;
    schedule();
  });
  sender.on('sendable', schedule);
  sender.on('sender_draining', () => {
    draining = true;
    if (state === 'idle' || state === 'scheduled') run();
  });
  return {
    stop() {
      state = 'stopped';
      unwatch();
    },
  };
}

const infoOf = ({ lastSequence, lastOffset, lastEnqueuedAt }: Partition, retrievedAt: number) => ({
  lastSequence,
  lastOffset,
  lastEnqueuedAt,
  retrievedAt,
});
