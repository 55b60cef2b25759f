import { type Source } from '../../decode/event';
import { type Owner } from '../deep/line-head';

/** Which event of all: its hub partition in one incarnation, and its sequence number there. */
export interface EventId extends Owner {
  readonly sequence: bigint;
}

// As names are checked when a delivery is read: nothing that could leave its folder may pass, for they become paths.
const NAME = /^[a-z0-9](?:[a-z0-9._-]{0,258}[a-z0-9])?$/;
const INCARNATION = /^[1-9]\d{0,8}$/;
const PARTITION = /^\d{1,9}$/;
const SEQUENCE = /^(?:0|[1-9]\d{0,18})$/;
const LARGEST_SEQUENCE = 2n ** 63n - 1n;

/**
 * Reads `source/hub/incarnation/partition/sequence`, or `source/namespace/hub/incarnation/partition/sequence` for an event that came
 * through another namespace than `ownNamespace`; null for anything else.
 */
export function parseEventId(text: string, ownNamespace: string): EventId | null {
  const [source = '', ...parts] = text.split('/');
  if (parts.length !== 4 && parts.length !== 5) return null;
  const [namespace = '', hub = '', incarnation = '', partition = '', sequence = ''] =
    parts.length === 5 ? parts : [ownNamespace, ...parts];
  const isLegal =
    isSource(source) &&
    [namespace, hub].every((name) => NAME.test(name)) &&
    INCARNATION.test(incarnation) &&
    PARTITION.test(partition) &&
    SEQUENCE.test(sequence) &&
    BigInt(sequence) <= LARGEST_SEQUENCE;
  if (!isLegal) return null;
  return { source, namespace, hub, incarnation: Number(incarnation), partition, sequence: BigInt(sequence) };
}

function isSource(text: string): text is Source {
  return text === 'postgresql' || text === 'mongodb';
}

/** The inverse of {@link parseEventId}, without the namespace where it is `ownNamespace`. */
export function formatEventId(id: EventId, ownNamespace: string): string {
  const { source, namespace, hub, incarnation, partition, sequence } = id;
  const through = namespace === ownNamespace ? '' : `${namespace}/`;
  return `${source}/${through}${hub}/${incarnation}/${partition}/${sequence}`;
}

/** What an event that was sent again bears in its property `replayof`: the columns that tell events apart. */
export function replayOf({ namespace, hub, incarnation, partition, sequence }: EventId): string {
  return `${namespace}/${hub}/${incarnation}/${partition}/${sequence}`;
}

export function isSameEvent(a: EventId, b: EventId): boolean {
  return a.source === b.source && replayOf(a) === replayOf(b);
}
