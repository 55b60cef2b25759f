import { message as codec, types, type EventContext, type Message, type Receiver, type Sender } from 'rhea';
import { sendTo } from './attach';
import { type Reply, type Request } from './reply';

/** Requests under way on one link. */
const CREDIT = 100;

/** Answers each message of `receiver` on the link that its `reply_to` names. */
export function serveRequests(receiver: Receiver, answer: (request: Request) => Reply): void {
  receiver.add_credit(CREDIT);
  receiver.on('message', ({ message, connection, delivery }: EventContext) => {
    delivery?.accept();
    receiver.add_credit(1);
    if (message === undefined) return;
    const { reply_to: replyTo, message_id: id } = message as { reply_to?: string; message_id?: string };
    const properties = (message['application_properties'] ?? {}) as Record<string, unknown>;
    const reply = answer({ properties, body: message['body'] as unknown });
    const link = connection.find_sender((sender: Sender) => names(sender, replyTo));
    if (link !== undefined) sendTo(link, codec.encode(replyMessage(reply, id, replyTo)));
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
