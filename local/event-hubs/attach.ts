import { type AmqpError, type EventContext, type Receiver, type Sender } from 'rhea';
import { echoed, localAttach, settle } from './rhea-internals';

/** AMQP's settle modes, as an attach has them. */
const UNSETTLED = 0;
const SECOND = 1;

/**
 * Answers an attach with what it asks for: source, target and settle modes. The .NET client goes by the answer's modes also for what
 * it sends itself.
 */
export function answerAttach(link: Receiver | Sender): void {
  link.set_source(echoed(link.source));
  link.set_target(link.target);
  const answer = localAttach(link);
  answer.snd_settle_mode = link.snd_settle_mode;
  answer.rcv_settle_mode = link.rcv_settle_mode;
  if (answer.rcv_settle_mode !== SECOND) return;
  // Two steps: the receiver's outcome, then the sender's settlement, which the receiver confirms.
  for (const event of link.is_sender() ? ['accepted', 'rejected', 'released', 'modified'] : ['settled'])
    link.on(event, ({ delivery }: EventContext) => {
      if (delivery !== undefined) settle(delivery);
    });
}

/**
 * Refuses a link: answered without the source (of a reader) or the target (of a publisher), then detached with the error. Where the
 * answer has one, the .NET client takes the link for attached.
 */
export function refuse(link: Receiver | Sender, error: AmqpError): void {
  const answer = localAttach(link);
  if (link.is_sender()) answer.source = undefined;
  else answer.target = undefined;
  link.close(error);
}

/** Sends an encoded message, settled unless the client asked to settle itself. */
export function sendTo(sender: Sender, message: Buffer): void {
  const delivery = sender.send(message, undefined, 0);
  if (localAttach(sender).snd_settle_mode !== UNSETTLED) Object.assign(delivery, { settled: true });
}
