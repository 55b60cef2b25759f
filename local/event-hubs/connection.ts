import { types, type Connection, type EventContext, type Message, type Receiver, type Sender } from 'rhea';
import { parseAddress } from './address';
import { answerCbs } from './cbs';
import { answerManagement } from './management';
import { type Namespace } from './namespace';
import { type Reply, type Request } from './reply';

/** Serves one client's connection: decides on each link as it is attached, and answers what comes over it. */
export function serveConnection(connection: Connection, namespace: Namespace): void {
  // A client's sender is our receiver, and the other way round.
  connection.on('receiver_open', ({ receiver }: EventContext) => {
    if (receiver !== undefined) acceptSender(receiver, namespace);
  });
  connection.on('sender_open', ({ sender }: EventContext) => {
    if (sender !== undefined) acceptReceiver(sender);
  });
  // Errors of a link, a session or the connection are the client's to handle; unhandled, they would end this process.
  for (const event of ['connection_error', 'session_error', 'receiver_error', 'sender_error', 'protocol_error']) {
    connection.on(event, () => undefined);
  }
}

/** A client sends: requests to `$cbs` and `$management`. */
function acceptSender(receiver: Receiver, namespace: Namespace): void {
  receiver.set_source(receiver.source);
  receiver.set_target(receiver.target);
  const address = parseAddress(receiver.target.address);
  if (address?.kind === 'cbs') {
    serveRequests(receiver, answerCbs);
  } else if (address?.kind === 'management') {
    serveRequests(receiver, (request) => answerManagement(namespace, request));
  } else {
    refuse(receiver, receiver.target.address);
  }
}

/** A client receives: answers from `$cbs` and `$management`. */
function acceptReceiver(sender: Sender): void {
  sender.set_source(sender.source);
  sender.set_target(sender.target);
  const { address } = sender.source;
  const kind = parseAddress(address)?.kind;
  if (kind !== 'cbs' && kind !== 'management') refuse(sender, address);
}

function refuse(link: Receiver | Sender, address: string): void {
  const description = `The messaging entity '${address}' could not be found.`;
  link.close({ condition: 'amqp:not-found', description });
}

/** Answers each message of `receiver` on the link that its `reply_to` names. */
function serveRequests(receiver: Receiver, answer: (request: Request) => Reply): void {
  receiver.on('message', ({ message, connection }: EventContext) => {
    if (message === undefined) return;
    const { reply_to: replyTo, message_id: id } = message as { reply_to?: string; message_id?: string };
    const properties = (message['application_properties'] ?? {}) as Record<string, unknown>;
    const reply = answer({ properties, body: message['body'] as unknown });
    const link = connection.find_sender((sender: Sender) => names(sender, replyTo));
    link?.send(replyMessage(reply, id, replyTo));
  });
}

/** JavaScript's client names its receiver so, .NET's gives it that target. */
function names(sender: Sender, replyTo: string | undefined): boolean {
  return replyTo !== undefined && (sender.name === replyTo || sender.target.address === replyTo);
}

function replyMessage(reply: Reply, id: string | undefined, to: string | undefined): Message {
  const message = {
    correlation_id: id,
    to,
    application_properties: {
      'status-code': types.wrap_int(reply.status),
      'status-description': reply.description,
      ...(reply.condition === undefined ? {} : { 'error-condition': reply.condition }),
    },
    body: reply.body,
  };
  return message as unknown as Message;
}
