import { earliestEventPosition, EventHubConsumerClient, type ReceivedEventData } from '@azure/event-hubs';
import { startEventHubs, type LocalEventHubs } from '../../local/event-hubs/event-hubs';
import { Random } from '../../local/events/random';
import { type EventHubsAccess } from '../../src/lib/config/config';
import { Secret } from '../../src/lib/config/secret';
import { openSender, type HubSender } from '../../src/lib/hub/sender';
import '../support/unref-long-timers';

const HUB = 'postgresql-changes';

let hubs: LocalEventHubs;
let access: EventHubsAccess;

beforeEach(async () => {
  hubs = await startEventHubs({
    port: 0,
    healthPort: null,
    hubs: [{ name: HUB, partitionCount: 3, consumerGroups: ['lake'], retentionMs: 3_600_000 }],
  });
  access = { kind: 'connectionString', connectionString: new Secret(hubs.connectionString) };
});
afterEach(() => hubs.close());

const open = (): Promise<HubSender> => openSender(access, HUB, 2_000);

async function put(sender: HubSender, key: string, text: string): Promise<void> {
  await sender.put({ key, body: Buffer.from(text), properties: { eventId: `${key}:${text.slice(0, 20)}` } });
}

/** How many events each partition holds. */
const counts = (): number[] => (hubs.hub(HUB)?.partitions ?? []).map(({ lastSequence }) => lastSequence + 1);
const total = (): number => counts().reduce((sum, count) => sum + count, 0);

/** Everything that the hub holds, by partition. */
async function received(): Promise<ReceivedEventData[][]> {
  const consumer = new EventHubConsumerClient('lake', hubs.connectionString, HUB);
  const all: ReceivedEventData[][] = [];
  for (const [partition, count] of counts().entries()) {
    const events: ReceivedEventData[] = [];
    if (count > 0) {
      await new Promise<void>((resolve, reject) => {
        const subscription = consumer.subscribe(
          String(partition),
          {
            processEvents: async (batch) => {
              events.push(...batch);
              if (events.length < count) return;
              resolve();
              await subscription.close();
            },
            processError: (error) => Promise.resolve(reject(error)),
          },
          {
            startPosition: earliestEventPosition,
            skipParsingBodyAsJson: true,
            maxBatchSize: 1_000,
            maxWaitTimeInSeconds: 1,
          },
        );
      });
    }
    all.push(events);
  }
  await consumer.close();
  return all;
}

test('events of one key keep their order, in one partition, and batches are filled with the events of many keys', async () => {
  await using sender = await open();
  const random = new Random(7);
  const next = new Map<string, number>();
  for (let made = 0; made < 3_000; made += 1) {
    const key = `public.orders/[${random.below(50)}]`;
    const n = next.get(key) ?? 0;
    next.set(key, n + 1);
    await put(sender, key, JSON.stringify({ key, n, note: 'x'.repeat(random.below(2_000)) }));
  }
  await sender.flush();
  expect(total()).toBe(3_000);
  expect(sender.accepted.events).toBe(3_000);
  // About 3.6 MB in all.
  expect(sender.accepted.batches).toBeLessThan(10);

  const seen = new Map<string, { partition: number; n: number }>();
  for (const [partition, events] of (await received()).entries()) {
    for (const { body, properties } of events) {
      const { key, n } = JSON.parse((body as Buffer).toString()) as { key: string; n: number };
      expect(seen.get(key) ?? { partition, n: -1 }).toEqual({ partition, n: n - 1 });
      seen.set(key, { partition, n });
      expect(properties?.['eventId']).toMatch(/^public\.orders/);
    }
  }
  expect(seen.size).toBe(50);
  expect(new Set([...seen.values()].map(({ partition }) => partition)).size).toBe(3);
}, 30_000);

test('the largest body that is promised fits, and one byte less than the batch allows does not stop the rest', async () => {
  await using sender = await open();
  await put(sender, 'a', 'x'.repeat(sender.maxBodyBytes));
  await put(sender, 'a', 'y');
  await sender.flush();
  expect(total()).toBe(2);
  expect(sender.maxBodyBytes).toBeGreaterThan(1_000_000);
});

test('a body larger than a batch is refused, and says how large it is', async () => {
  await using sender = await open();
  await expect(put(sender, 'a', 'x'.repeat(1_100_000))).rejects.toThrow(
    /^EVENT_HUBS_FAILED: an event of 1100000 bytes/,
  );
});

test('whoever puts faster than the hub takes has to wait', async () => {
  await using sender = await open();
  const fault = hubs.faults.add({ kind: 'delay', on: 'send', ms: 1_000, times: Infinity });
  let putBytes = 0;
  let putAtFirstAnswer = 0;
  while (putBytes < 8_000_000) {
    await put(sender, 'one key', 'x'.repeat(100_000));
    putBytes += 100_000;
    if (sender.accepted.batches === 0) putAtFirstAnswer = putBytes;
  }
  fault.remove();
  await sender.flush();
  // Two batches on their way, and one being filled.
  expect(putAtFirstAnswer).toBeGreaterThanOrEqual(2_000_000);
  expect(putAtFirstAnswer).toBeLessThan(3.1 * 1_048_576);
  expect(total()).toBe(80);
});

test('a busy hub is waited for: nothing is lost, and no key changes its order', async () => {
  await using sender = await open();
  const fault = hubs.faults.add({ kind: 'serverBusy', on: 'send', times: 4 });
  for (let n = 0; n < 400; n += 1) await put(sender, `k${n % 7}`, JSON.stringify({ n, note: 'x'.repeat(10_000) }));
  await sender.flush();
  expect(fault.hits).toBe(4);
  for (const events of await received()) {
    const last = new Map<number, number>();
    for (const { body } of events) {
      const { n } = JSON.parse((body as Buffer).toString()) as { n: number };
      expect(n).toBeGreaterThan(last.get(n % 7) ?? -1);
      last.set(n % 7, n);
    }
  }
  expect(total()).toBe(400);
}, 60_000);

test('what was refused for good ends it: nothing that was put later overtakes it', async () => {
  await using sender = await open();
  await put(sender, 'a', 'first');
  await sender.flush();
  hubs.deleteHub(HUB);
  await put(sender, 'a', 'second');
  const message = `EVENT_HUBS_FAILED: Event Hubs namespace localhost:${hubs.port}, hub ${HUB}: found no such hub; expected that it takes events.`;
  await expect(sender.flush()).rejects.toThrow(message);
  hubs.createHub({ name: HUB, partitionCount: 3, consumerGroups: ['lake'], retentionMs: 3_600_000 });
  expect(() => sender.put({ key: 'a', body: Buffer.from('third'), properties: {} })).toThrow(message);
  await expect(sender.flush()).rejects.toThrow(message);
  expect(total()).toBe(0);
}, 30_000);

test('a hub that is not there is told at once', async () => {
  await expect(openSender(access, 'nobodys', 2_000)).rejects.toThrow(
    /hub nobodys: found no such hub; expected that it takes events\. Make it, or correct/,
  );
});
