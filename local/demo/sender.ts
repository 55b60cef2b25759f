import { setTimeout as sleep } from 'node:timers/promises';
import { type EventHubProducerClient } from '@azure/event-hubs';
import { type GeneratedEvent } from '../events/events';
import { type SentLog } from '../verdict/sent';

export type Source = GeneratedEvent['source'];

/** A hub to send to. */
export interface Target {
  readonly hub: string;
  /** Without retries of its own: each attempt is counted here. */
  readonly producer: EventHubProducerClient;
}

export interface SenderSettings {
  readonly targets: Readonly<Record<Source, Target>>;
  readonly sent: SentLog;
  /** Told how many events were acknowledged. */
  readonly onAcknowledged: (events: number) => void;
}

/** Batches under way at once. */
const SENDS_AT_ONCE = 8;

/** An event that was refused so long is given up: the hub is away. */
const PATIENCE_MS = 120_000;

/**
 * Sends events until each is acknowledged, those of one key in order. An attempt that fails may have been stored all the
 * same: the next one is another event with a number of its own, so that the verdict can tell the two apart.
 *
 * @throws Error when the hub does not take an event for two minutes
 */
export async function sendAll(events: readonly GeneratedEvent[], settings: SenderSettings): Promise<void> {
  const queue = [...byKey(events).values()];
  const worker = async (): Promise<void> => {
    for (let group = queue.shift(); group !== undefined; group = queue.shift()) await sendGroup(group, settings);
  };
  await Promise.all(Array.from({ length: SENDS_AT_ONCE }, worker));
}

function byKey(events: readonly GeneratedEvent[]): Map<string, GeneratedEvent[]> {
  const groups = new Map<string, GeneratedEvent[]>();
  for (const event of events) {
    const key = JSON.stringify([event.source, event.partitionKey]);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(event);
  }
  return groups;
}

/** Events of one key, in order: the next batch goes when the one before it was acknowledged. */
async function sendGroup(group: readonly GeneratedEvent[], settings: SenderSettings): Promise<void> {
  const first = group[0];
  if (first === undefined) return;
  const target = settings.targets[first.source];
  const until = performance.now() + PATIENCE_MS;
  for (let from = 0; from < group.length;) {
    try {
      const count = await sendSome(group, from, target, settings);
      from += count;
      settings.onAcknowledged(count);
    } catch (error) {
      if (performance.now() > until) {
        throw new Error(`${target.hub} did not take an event for ${PATIENCE_MS / 1000} s`, { cause: error });
      }
      await sleep(100);
    }
  }
}

/** Sends as many as one batch holds, and returns how many were acknowledged. */
async function sendSome(
  group: readonly GeneratedEvent[],
  from: number,
  { producer, hub }: Target,
  { sent }: SenderSettings,
): Promise<number> {
  const partitionKey = group[from]?.partitionKey ?? null;
  const batch = await producer.createBatch(partitionKey === null ? {} : { partitionKey });
  const ids: string[] = [];
  for (const event of group.slice(from)) {
    const id = sent.attempt(hub, event);
    if (!batch.tryAdd({ body: event.body, properties: { ...event.properties, sentid: id } })) {
      sent.withdraw(id);
      break;
    }
    ids.push(id);
  }
  if (ids.length === 0) throw new Error(`an event of ${hub} is larger than a batch`);
  await producer.sendBatch(batch);
  sent.acknowledged(ids);
  return ids.length;
}
