import { type HubProgress, hubProgress } from '../../src/lib/hub/progress';
import { hub, startHub, type TestHub } from '../local/event-hubs/support';
import { accessTo, silent } from '../maintenance/checkpoints/wire';

const CREATED = Date.UTC(2026, 10, 22, 23, 59, 59, 998);

let now = CREATED;
let server: TestHub;

beforeAll(async () => {
  server = await startHub(hub('Changes', 2, { consumerGroups: [], retentionMs: 3_600_000 }), { now: () => now });
});
afterAll(() => server[Symbol.asyncDispose]());

const progress = (): Promise<HubProgress> => hubProgress(accessTo(server.hubs.port), 'changes', 5_000);

async function publish(count: number): Promise<void> {
  const producer = server.producer();
  const batch = await producer.createBatch({ partitionId: '1' });
  for (let index = 0; index < count; index += 1) batch.tryAdd({ body: Buffer.from('{}') });
  await producer.sendBatch(batch);
}

test('a hub tells when it was made, and of each partition the last event, or that there is none, or no longer', async () => {
  const nothing = { partition: '0', last: null, lastEnqueuedAt: null, begin: null, isEmpty: true };
  const last = { partition: '1', last: 2n, lastEnqueuedAt: CREATED + 1_000, begin: 0n, isEmpty: false };
  expect(await progress()).toEqual({ createdAt: CREATED, partitions: [nothing, { ...nothing, partition: '1' }] });
  now = CREATED + 1_000;
  await publish(3);
  expect(await progress()).toEqual({ createdAt: CREATED, partitions: [nothing, last] });
  now = CREATED + 8_000_000;
  expect(await progress()).toMatchObject({ partitions: [nothing, { partition: '1', last: 2n }] });
});

test('a hub that is not there, and one that never answers, are told as such', async () => {
  const gone = hubProgress(accessTo(server.hubs.port), 'nowhere', 5_000);
  await expect(gone).rejects.toMatchObject({ code: 'EVENT_HUBS_FAILED', retryable: false });
  await using server2 = await silent();
  const mute = hubProgress(accessTo(server2.port), 'changes', 500);
  await expect(mute).rejects.toMatchObject({ code: 'EVENT_HUBS_FAILED', retryable: true });
});
