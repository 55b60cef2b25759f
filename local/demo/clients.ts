import { EventHubConsumerClient, EventHubProducerClient } from '@azure/event-hubs';
import { BlobServiceClient } from '@azure/storage-blob';
import { DataLakeServiceClient, type DataLakeFileSystemClient } from '@azure/storage-file-datalake';
import { type Platform } from '../platform/platform';
import { CHECKPOINT_CONTAINER } from './ingested';
import { type Target } from './sender';

/** The names that the demo's platform is made with. */
export const HUBS = { postgresql: 'postgresql-changes', mongodb: 'mongodb-changes' } as const;
export const GROUP = 'lake';
export const FILE_SYSTEM = 'data';

/** What the demo itself sends with, and looks with how far the functions are. */
export type Clients = ReturnType<typeof openClients>;

export function openClients({ connectionStrings, storage }: Platform) {
  const target = (hub: string): Target => ({
    hub,
    producer: new EventHubProducerClient(connectionStrings.eventHubs, hub, {
      retryOptions: { maxRetries: 0, timeoutInMs: 10_000 },
    }),
  });
  const targets = { postgresql: target(HUBS.postgresql), mongodb: target(HUBS.mongodb) };
  const readers = Object.values(HUBS).map((hub) => new EventHubConsumerClient(GROUP, connectionStrings.eventHubs, hub));
  return {
    targets,
    readers,
    checkpoints: BlobServiceClient.fromConnectionString(storage.connectionString).getContainerClient(
      CHECKPOINT_CONTAINER,
    ),
    [Symbol.asyncDispose]: async () => {
      const clients = [targets.postgresql.producer, targets.mongodb.producer, ...readers];
      await Promise.allSettled(clients.map((client) => client.close()));
    },
  };
}

/** The lake as its readers see it: past the fault proxy. */
export function lakeOf({ storage }: Platform): DataLakeFileSystemClient {
  return DataLakeServiceClient.fromConnectionString(storage.connectionString).getFileSystemClient(FILE_SYSTEM);
}

/** Events that the hubs hold, by `hub/partition`. */
export function eventsHeld({ eventHubs }: Platform): ReadonlyMap<string, number> {
  const partitions = eventHubs
    .hubs()
    .flatMap(({ name, partitions }) =>
      partitions.map(({ id, lastSequence }) => [`${name}/${id}`, lastSequence + 1] as const),
    );
  return new Map(partitions);
}
