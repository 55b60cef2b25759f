import { BlobCheckpointStore } from '@azure/eventhubs-checkpointstore-blob';
import { earliestEventPosition, EventHubConsumerClient } from '@azure/event-hubs';
import { ContainerClient } from '@azure/storage-blob';
import { startStorage, type LocalStorage } from '../../../local/storage/storage';
import { eventually, hub, quickRetries, startHub, type TestHub } from './support';

/** What the extension for Functions does with hub and storage, done with the SDK's own event processor. */
describe('with checkpoints in blobs', () => {
  let storage: LocalStorage;
  let server: TestHub;
  let container: ContainerClient;

  beforeAll(async () => {
    storage = await startStorage({ port: 0, queuePort: null, tablePort: null });
    server = await startHub(hub('Orders', 4));
    container = new ContainerClient(storage.connectionString, 'checkpoints');
    await container.create();
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await storage.close();
  });

  async function publish(from: number, count: number): Promise<void> {
    const producer = server.producer();
    for (const partitionId of ['0', '1', '2', '3']) {
      const events = Array.from({ length: count }, (_, index) => ({ body: `${partitionId}/${from + index}` }));
      await producer.sendBatch(events, { partitionId });
    }
  }

  test('two consumers share the partitions, a third run goes on after the checkpoints, and nothing is lost', async () => {
    await publish(0, 50);
    const seen: string[] = [];
    {
      await using first = new Processor(server, container, seen);
      await eventually(() => first.partitions.size === 4, 'the first to have all partitions');
      await using second = new Processor(server, container, seen);
      await eventually(() => first.partitions.size === 2 && second.partitions.size === 2, 'two each', 40_000);
      expect(new Set([...first.partitions, ...second.partitions])).toEqual(new Set(['0', '1', '2', '3']));
      await publish(50, 50);
      await eventually(() => new Set(seen).size === 400, '400 events');
      expect(first.errors.concat(second.errors).filter((code) => code !== 'ReceiverDisconnectedError')).toEqual([]);
    }
    const before = seen.length;
    await publish(100, 10);
    await using third = new Processor(server, container, seen);
    await eventually(() => new Set(seen).size === 440, 'the events since', 40_000);
    // All was checkpointed: what the third run got is what came since.
    expect(
      seen
        .slice(before)
        .map((body) => Number(body.split('/')[1]))
        .sort((a, b) => a - b)[0],
    ).toBe(100);
    expect(third.errors).toEqual([]);
  });
});

/** An event processor that checkpoints every batch. */
class Processor implements AsyncDisposable {
  readonly partitions = new Set<string>();
  readonly errors: unknown[] = [];
  readonly #client: EventHubConsumerClient;
  readonly #subscription: { close(): Promise<void> };

  constructor(server: TestHub, container: ContainerClient, seen: string[]) {
    const { connectionString } = server.hubs;
    const options = {
      retryOptions: quickRetries,
      loadBalancingOptions: {
        strategy: 'greedy',
        updateIntervalInMs: 300,
        partitionOwnershipExpirationIntervalInMs: 10_000,
      },
    } as const;
    this.#client = new EventHubConsumerClient(
      'lake',
      connectionString,
      'Orders',
      new BlobCheckpointStore(container),
      options,
    );
    this.#subscription = this.#client.subscribe(
      {
        processInitialize: ({ partitionId }) => Promise.resolve(void this.partitions.add(partitionId)),
        processClose: (_, { partitionId }) => Promise.resolve(void this.partitions.delete(partitionId)),
        processError: (error) => Promise.resolve(void this.errors.push((error as { code?: string }).code ?? error)),
        processEvents: async (events, context) => {
          seen.push(...events.map(({ body }) => body as string));
          const last = events.at(-1);
          if (last !== undefined) await context.updateCheckpoint(last);
        },
      },
      { startPosition: earliestEventPosition, maxBatchSize: 100, maxWaitTimeInSeconds: 1 },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#subscription.close();
    await this.#client.close();
  }
}
