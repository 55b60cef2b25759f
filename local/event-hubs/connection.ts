import { type AmqpError, type Connection, type EventContext, type Receiver, type Sender } from 'rhea';
import { parseAddress } from './address';
import { answerAttach, refuse } from './attach';
import { answerCbs } from './cbs';
import { type Context } from './context';
import { answerManagement } from './management';
import { servePublisher } from './publish-link';
import { readerOf, serveReader } from './read-link';
import { notFound, unknownPartition } from './refusals';
import { serveRequests } from './request-link';

/** Serves one client's connection: decides on each link as it is attached. */
export function serveConnection(connection: Connection, context: Context): void {
  // A client's sender is our receiver, and the other way round.
  connection.on('receiver_open', ({ receiver }: EventContext) => {
    if (receiver !== undefined) acceptSender(receiver, context);
  });
  connection.on('sender_open', ({ sender }: EventContext) => {
    if (sender !== undefined) acceptReceiver(sender, context);
  });
  // Errors of a link, a session or the connection are the client's to handle; unhandled, they would end this process.
  for (const event of [
    'connection_error',
    'session_error',
    'receiver_error',
    'sender_error',
    'protocol_error',
    'error',
  ]) {
    connection.on(event, () => undefined);
  }
}

/** A client sends: events, or requests to `$cbs` and `$management`. */
function acceptSender(receiver: Receiver, context: Context): void {
  answerAttach(receiver);
  const { namespace } = context;
  const text = addressText(receiver.target);
  const address = parseAddress(text);
  switch (address?.kind) {
    case 'cbs':
      return serveRequests(receiver, (request) => answerCbs(request, context.door));
    case 'management':
      return serveRequests(receiver, (request) => answerManagement(namespace, request));
    case 'hub':
    case 'partition': {
      const hub = namespace.hub(address.hub);
      if (hub === undefined) return refuse(receiver, notFound(address.hub));
      if (address.kind === 'hub') return servePublisher(receiver, hub, null, context);
      const partition = hub.partition(address.partition);
      if (partition === undefined) return refuse(receiver, unknownPartition(address.partition, hub.partitions.length));
      return servePublisher(receiver, hub, partition, context);
    }
    case 'reader':
    case undefined:
      return refuse(receiver, notFound(text));
    default:
      return address satisfies undefined;
  }
}

/** A client receives: events, or answers from `$cbs` and `$management`. */
function acceptReceiver(sender: Sender, context: Context): void {
  answerAttach(sender);
  const text = addressText(sender.source);
  const address = parseAddress(text);
  switch (address?.kind) {
    case 'cbs':
    case 'management':
      return;
    case 'reader': {
      const refused = attachReader(sender, address, context);
      if (refused !== null) refuse(sender, refused);
      return;
    }
    case 'hub':
    case 'partition':
    case undefined:
      return refuse(sender, notFound(text));
    default:
      return address satisfies undefined;
  }
}

function attachReader(
  sender: Sender,
  address: { readonly hub: string; readonly group: string; readonly partition: string },
  context: Context,
): AmqpError | null {
  const hub = context.namespace.hub(address.hub);
  if (hub === undefined) return notFound(address.hub);
  if (!hub.hasGroup(address.group)) return notFound(`${hub.name}/ConsumerGroups/${address.group}`);
  const partition = hub.partition(address.partition);
  if (partition === undefined) return unknownPartition(address.partition, hub.partitions.length);
  const reader = readerOf(sender, partition);
  if (reader.refused !== null) return reader.refused;
  return serveReader(sender, { ...reader, hub, group: address.group, partition }, context);
}

/** An address may be null on the wire, whatever the types say. */
const addressText = (terminus: unknown): string => (terminus as { address?: string | null } | null)?.address ?? '';
