import { type AmqpError, type Delivery, type EventContext, type Receiver } from 'rhea';
import { MalformedMessage } from './amqp-bytes';
import { type Context } from './context';
import { type Hub } from './hub';
import { MAX_MESSAGE_BYTES } from './limits';
import { cutSocket } from './links';
import { partitionOfKey } from './partition-key';
import { type Partition } from './partition';
import { readPublished, type Published } from './published';
import { rawBytes } from './raw-message';
import { detachForced, notStored, serverBusy, tooLarge, undecodable } from './refusals';

/** Deliveries that a client may send ahead. Less than 300 makes some clients wait. */
const CREDIT = 1000;

/**
 * Takes what a client publishes on a link: each delivery is stored as a whole and then accepted, or rejected with the reason.
 *
 * @param fixed the partition that the link's address names; null where the hub chooses
 */
export function servePublisher(receiver: Receiver, hub: Hub, fixed: Partition | null, context: Context): void {
  const { faults, links, socket } = context;
  let gone = false;
  const drop = (error: AmqpError) => {
    gone = true;
    receiver.close(error);
  };
  const remove = links.add({ direction: 'send', hub: hub.name, partition: fixed?.id ?? null, drop });
  context.whenGone(receiver, () => {
    gone = true;
    remove();
  });
  let credit = CREDIT;
  receiver.add_credit(CREDIT);

  /** Behind a delivery that is delayed the later ones wait: a link keeps its order. */
  let queue: Promise<void> | null = null;

  const publish = (delivery: Delivery, partition: Partition, published: Published): void => {
    if (gone) return;
    const fault = faults.strike({ direction: 'send', hub: hub.name, partition: partition.id });
    if (fault === null) return store(delivery, partition, published);
    const { kind } = fault;
    switch (kind) {
      case 'serverBusy':
        return delivery.reject(serverBusy());
      case 'dropLink':
        return drop(detachForced());
      case 'cutConnection':
        return cutSocket(socket, 'The connection was cut.');
      case 'loseAcknowledgement':
        append(partition, published, context);
        return cutSocket(socket, 'The acknowledgement was lost.');
      case 'delay': {
        const delayed = context.sleep(fault.ms ?? 1000).then(() => gone || store(delivery, partition, published));
        const waiting = delayed.then(() => {
          if (queue === waiting) queue = null;
        });
        queue = waiting;
        return;
      }
      default:
        return kind satisfies never;
    }
  };

  const store = (delivery: Delivery, partition: Partition, published: Published): void => {
    const error = append(partition, published, context);
    if (error === null) delivery.accept();
    else delivery.reject(error);
  };

  receiver.on('message', ({ message, delivery }: EventContext) => {
    if (delivery === undefined || message === undefined || gone) return;
    credit -= 1;
    if (credit <= CREDIT / 2) {
      receiver.add_credit(CREDIT - credit);
      credit = CREDIT;
    }
    const { refused, published } = understood(rawBytes(message), delivery.format);
    if (refused !== null) return delivery.reject(refused);
    const partition = fixed ?? route(hub, published.partitionKey);
    if (queue === null) return publish(delivery, partition, published);
    const waiting: Promise<void> = queue.then(() => {
      publish(delivery, partition, published);
      if (queue === waiting) queue = null;
    });
    queue = waiting;
  });
}

/** A delivery's events, or why it is rejected. */
function understood(
  payload: Buffer,
  format: number,
): { refused: null; published: Published } | { refused: AmqpError; published: null } {
  if (payload.length > MAX_MESSAGE_BYTES)
    return { refused: tooLarge(payload.length, MAX_MESSAGE_BYTES), published: null };
  try {
    return { refused: null, published: readPublished(format, payload) };
  } catch (error) {
    // A message whose nesting is too deep for the stack is as malformed as one whose bytes are missing.
    if (error instanceof MalformedMessage || error instanceof RangeError)
      return { refused: undecodable(error.message), published: null };
    throw error;
  }
}

function route(hub: Hub, key: string | null): Partition {
  if (key === null) return hub.nextPartition();
  return hub.partitions[partitionOfKey(key, hub.partitions.length)] as Partition;
}

/** Stores a batch; returns why it could not. */
function append(partition: Partition, { events, partitionKey }: Published, { log }: Context): AmqpError | null {
  try {
    partition.append(events, partitionKey);
    return null;
  } catch (error) {
    log(`partition ${partition.id}: ${String(error)}`);
    return notStored(String(error));
  }
}
