import { type AmqpError } from 'rhea';

/** The errors that a client is told, with the service's conditions: the SDKs decide by them whether to try again. */

const refusal = (condition: string, description: string): AmqpError => ({ condition, description });

/** JavaScript's client knows a missing entity by this sentence; `amqp:not-found` alone it would try again. */
export const notFoundText = (entity: string): string => `The messaging entity '${entity}' could not be found.`;

export const notFound = (entity: string): AmqpError => refusal('amqp:not-found', notFoundText(entity));

export const unknownPartition = (partition: string, count: number): AmqpError =>
  refusal(
    'com.microsoft:argument-out-of-range',
    `The partition ${partition} is invalid: it should be between 0 and ${count - 1}.`,
  );

export const unknownSelector = (text: string): AmqpError =>
  refusal('amqp:invalid-field', `The selector is none that Event Hubs knows: ${text}`);

/** As the service has it: a position that the partition never had, of a hub before it was made anew, is no position. */
export const beyondTheEnd = (what: 'sequence number' | 'offset', value: number, last: number | string): AmqpError =>
  refusal(
    'com.microsoft:argument-error',
    `The supplied ${what} '${value}' is invalid. The last ${what} in the system is '${last}'.`,
  );

export const higherEpoch = (present: bigint, claimed: bigint): AmqpError =>
  refusal(
    'amqp:link:stolen',
    `A receiver with a higher epoch '${String(present)}' already exists. A new receiver with epoch ${String(claimed)} cannot be created.`,
  );

export const epochReaderPresent = (present: bigint): AmqpError =>
  refusal(
    'amqp:link:stolen',
    `A receiver with epoch '${String(present)}' exists, and so a receiver without epoch is not allowed.`,
  );

export const stolenBy = (claimed: bigint): AmqpError =>
  refusal(
    'amqp:link:stolen',
    `A new receiver with epoch '${String(claimed)}' was created, hence this one is disconnected.`,
  );

export const tooManyReaders = (limit: number): AmqpError =>
  refusal(
    'amqp:resource-limit-exceeded',
    `There are ${limit} receivers of this partition in this consumer group already: the most that are allowed.`,
  );

export const tooLarge = (bytes: number, limitBytes: number): AmqpError =>
  refusal('amqp:link:message-size-exceeded', `The message is ${bytes} bytes long; the limit is ${limitBytes} bytes.`);

export const undecodable = (why: string): AmqpError =>
  refusal('amqp:decode-error', `The message is malformed: ${why}.`);

export const notStored = (why: string): AmqpError =>
  refusal('amqp:internal-error', `The events were not stored: ${why}`);

export const serverBusy = (): AmqpError =>
  refusal('com.microsoft:server-busy', 'The server is busy: the request was terminated. Wait and try again.');

export const detachForced = (): AmqpError => refusal('amqp:link:detach-forced', 'The link was forced to detach.');
