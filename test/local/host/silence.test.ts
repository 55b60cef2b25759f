import { type EventHubConsumerClient, type SubscriptionEventHandlers } from '@azure/event-hubs';
import { PartitionReader, type ReaderSettings } from '../../../local/host/partition-reader';

/** A client whose subscription says only what a test has it say, and never closes. */
function silentClient(): { client: EventHubConsumerClient; handlers: () => SubscriptionEventHandlers } {
  let given: SubscriptionEventHandlers | null = null;
  const subscribe = (_partition: string, handlers: SubscriptionEventHandlers) => {
    given = handlers;
    return { isRunning: true, close: () => new Promise<void>(() => undefined) };
  };
  return {
    client: { subscribe } as unknown as EventHubConsumerClient,
    handlers: () => given as unknown as SubscriptionEventHandlers,
  };
}

function readerOf(client: EventHubConsumerClient, onEnd: ReaderSettings['onEnd']): PartitionReader {
  const config = { minEventBatchSize: 1, maxEventBatchSize: 10, maxWaitTimeMs: 1_000, prefetchCount: 10 };
  return new PartitionReader({
    ...{ client, partition: '0', instanceId: 'me', onEnd, onCheckpoint: () => undefined },
    store: { readCheckpoint: () => Promise.resolve(null) } as unknown as ReaderSettings['store'],
    config: { ...config, initialOffset: { type: 'fromStart' } } as unknown as ReaderSettings['config'],
    execute: () => Promise.resolve(true),
  });
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test('a subscription that says nothing more is given up, and one that cannot be closed is not waited for', async () => {
  const { client, handlers } = silentClient();
  const ends: string[] = [];
  const reader: PartitionReader = readerOf(client, (reason) => {
    ends.push(reason);
    void reader.leave();
  });
  await reader.start();
  // Every two seconds it says that there is nothing.
  for (let receive = 0; receive < 30; receive += 1) {
    await jest.advanceTimersByTimeAsync(2_000);
    await handlers().processEvents([], {} as never);
  }
  expect(ends).toEqual([]);
  await jest.advanceTimersByTimeAsync(15_000);
  expect(ends).toEqual(['the subscription has fallen silent']);
  const stopped = reader.leave();
  await jest.advanceTimersByTimeAsync(5_000);
  await stopped;
  expect(jest.getTimerCount()).toBe(0);
});
