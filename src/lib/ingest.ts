import { within } from './attempt';
import { readDelivery } from './decode/delivery';
import { type Source } from './decode/event';
import { land, type LandingRoom } from './land';
import { type BatchReport } from './report';

/** What ingestion works with; one for the process, shared by both functions and all partitions. */
export interface IngestRoom extends LandingRoom {
  readonly attemptMs: number;
}

/**
 * Lands a batch: when this returns, each of its events is readable in the lake, exactly once. When it throws, the batch
 * is to be handed over again, as often as it takes, here or elsewhere, with these or other boundaries.
 *
 * @param bodies the trigger's input: one Buffer for each event
 * @param triggerMetadata the trigger's metadata, which holds their positions
 * @returns what became of the batch; null for an empty one
 * @throws PipelineError
 */
export async function ingest(
  source: Source,
  bodies: unknown,
  triggerMetadata: unknown,
  room: IngestRoom,
): Promise<BatchReport | null> {
  const told = readDelivery(bodies, triggerMetadata);
  const delivery = { ...told, namespace: room.namespaceName ?? told.namespace };
  if (delivery.events.length === 0) return null;
  const what = `the batch of hub ${delivery.hub} partition ${delivery.partition}`;
  return await within(room.attemptMs, what, (signal) => land(source, delivery, room, signal));
}
