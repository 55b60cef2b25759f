import { setTimeout as sleep } from 'node:timers/promises';
import { type EventHubConsumerClient } from '@azure/event-hubs';
import { type ContainerClient } from '@azure/storage-blob';

/** Where the host keeps its checkpoints, in the account of `AzureWebJobsStorage`. */
export const CHECKPOINT_CONTAINER = 'azure-webjobs-eventhub';

/** What is waited for. */
export interface Waiting {
  /** One client for each hub; it tells how far the hub is. */
  readonly hubs: readonly EventHubConsumerClient[];
  /** The pipeline's consumer group. */
  readonly group: string;
  readonly checkpoints: ContainerClient;
  /** Told the events that are still ahead of their partition's checkpoint. */
  readonly onProgress: (left: number) => void;
  /** Without progress for so long, it gives up. */
  readonly stallMs: number;
}

const LOOK_EVERY_MS = 200;

/**
 * Waits until every partition's checkpoint is at its last event: the functions have returned from all that was sent.
 *
 * @throws Error that names the partitions which stand still
 */
export async function untilIngested(waiting: Waiting): Promise<void> {
  const { onProgress, stallMs } = waiting;
  let least = Infinity;
  let progressAt = performance.now();
  for (;;) {
    const behind = await lagging(waiting);
    const left = behind.reduce((total, { events }) => total + events, 0);
    onProgress(left);
    if (left === 0) return;
    if (left < least) [least, progressAt] = [left, performance.now()];
    if (performance.now() - progressAt > stallMs) {
      const where = behind.map(({ partition, events }) => `${partition} (${events} events)`).join(', ');
      throw new Error(
        `Nothing was taken from the hubs for ${stallMs / 1000} s; waiting: ${where}. What the functions said is above.`,
      );
    }
    await sleep(LOOK_EVERY_MS);
  }
}

interface Behind {
  readonly partition: string;
  readonly events: number;
}

async function lagging({ hubs, group, checkpoints }: Waiting): Promise<Behind[]> {
  const reached = await readCheckpoints(checkpoints);
  const behind: Behind[] = [];
  for (const hub of hubs) {
    for (const id of await hub.getPartitionIds()) {
      const {
        lastEnqueuedSequenceNumber: last,
        beginningSequenceNumber: first,
        isEmpty,
      } = await hub.getPartitionProperties(id);
      if (isEmpty) continue;
      const partition = `${hub.eventHubName}/${id}`;
      const name = `${hub.eventHubName}/${group}/checkpoint/${id}`.toLowerCase();
      const events = last - (reached.get(name) ?? first - 1);
      if (events > 0) behind.push({ partition, events });
    }
  }
  return behind;
}

/** `{hub}/{group}/checkpoint/{partition}` → sequence number; the namespace before it is left out. */
async function readCheckpoints(container: ContainerClient): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  try {
    for await (const { name, metadata } of container.listBlobsFlat({ includeMetadata: true })) {
      const sequence = Number(metadata?.['sequencenumber'] ?? NaN);
      if (Number.isInteger(sequence)) found.set(name.slice(name.indexOf('/') + 1), sequence);
    }
  } catch (error) {
    // The host makes the container with its first claim.
    if ((error as { statusCode?: number }).statusCode !== 404) throw error;
  }
  return found;
}
