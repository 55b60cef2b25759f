import { inspect } from 'node:util';
import { EventHubConsumerClient, latestEventPosition } from '@azure/event-hubs';
import { startEventHubs, type HubConfig, type LocalEventHubs } from '../../local/event-hubs/event-hubs';
import { hubNamespace } from '../../src/lib/hub/presence';
import { accessTo, silent, withStatus } from '../maintenance/checkpoints/wire';
import '../support/unref-long-timers';

const TIMEOUT_MS = 5_000;

const hub = (name: string, partitionCount: number, consumerGroups: string[]): HubConfig => ({
  name,
  partitionCount,
  consumerGroups,
  retentionMs: 3_600_000,
});

let server: LocalEventHubs;

beforeAll(async () => {
  server = await startEventHubs({
    port: 0,
    healthPort: null,
    hubs: [hub('postgresql-changes', 3, ['lake']), hub('mongodb-changes', 2, [])],
  });
});
afterAll(() => server.close());

const namespace = () => hubNamespace(accessTo(server.port), TIMEOUT_MS);
const there = { answer: 'there' };
const gone = { answer: 'gone' };
const unknown = (why: string) => ({ answer: 'unknown', why: expect.stringContaining(why) as string });

describe('a namespace that answers', () => {
  test('tells a hub with its partitions, whatever the case of its name, and one that is not there', async () => {
    const three = { answer: 'there', partitions: ['0', '1', '2'] };
    expect(await namespace().hub('postgresql-changes')).toEqual(three);
    expect(await namespace().hub('PostgreSQL-Changes')).toEqual(three);
    expect(await namespace().hub('nowhere')).toEqual(gone);
  });

  test('tells a group that is in one hub only, and $Default, which is in each', async () => {
    const { group } = namespace();
    const answers = await Promise.all([
      group('postgresql-changes', 'lake', '0'),
      group('postgresql-changes', 'LAKE', '2'),
      group('mongodb-changes', 'lake', '0'),
      group('mongodb-changes', '$default', '1'),
      group('mongodb-changes', '$Default', '1'),
      group('nowhere', '$Default', '0'),
    ]);
    expect(answers).toEqual([there, there, gone, there, there, gone]);
  });

  test('a partition that is not there says nothing of its group', async () => {
    expect((await namespace().group('postgresql-changes', 'lake', '7')).answer).toBe('unknown');
  });

  test("a group that the host reads is there, and the host's receiver stays", async () => {
    await server.idle();
    await using host = await reader();
    expect(await namespace().group('postgresql-changes', 'lake', '0')).toEqual(there);
    expect(host.errors).toEqual([]);
    expect(server.openLinks({ hub: 'postgresql-changes', partition: '0', direction: 'receive' })).toBe(1);
  });

  test('no connection is left behind', async () => {
    await namespace().group('postgresql-changes', 'lake', '0');
    await namespace().group('mongodb-changes', 'lake', '0');
    await server.idle();
  });
});

describe('what proves nothing', () => {
  test('nobody listens', async () => {
    const closed = await startEventHubs({ port: 0, healthPort: null, hubs: [] });
    await closed.close();
    const { hub: askHub, group } = hubNamespace(accessTo(closed.port), TIMEOUT_MS);
    expect(await askHub('postgresql-changes')).toEqual(unknown('no connection (ECONNREFUSED)'));
    expect(await group('postgresql-changes', 'lake', '0')).toEqual(unknown('no connection (ECONNREFUSED)'));
  });

  test('the name does not resolve', async () => {
    const { hub: askHub, group } = hubNamespace(accessTo(5672, 'namespace.invalid'), TIMEOUT_MS);
    expect((await askHub('postgresql-changes')).answer).toBe('unknown');
    expect((await group('postgresql-changes', 'lake', '0')).answer).toBe('unknown');
  });

  test('whoever listens never answers', async () => {
    await using deaf = await silent();
    const { hub: askHub, group } = hubNamespace(accessTo(deaf.port), 300);
    const answers = await Promise.all([askHub('postgresql-changes'), group('postgresql-changes', 'lake', '0')]);
    expect(answers).toEqual([unknown('no answer within 0.3 s'), unknown('no answer within 0.3 s')]);
  });

  test.each([
    ['refused', 401, 'access is refused'],
    ['forbidden', 403, 'QuotaExceededError'],
    ['throttled', 503, 'ServerBusyError'],
  ])('the token is %s', async (_, status, why) => {
    await using relay = await withStatus(server.port, 202, status);
    const { hub: askHub, group } = hubNamespace(accessTo(relay.port), TIMEOUT_MS);
    for (const name of ['postgresql-changes', 'nowhere']) {
      expect(await askHub(name)).toEqual(unknown(why));
      expect(await group(name, 'nobody', '0')).toEqual(unknown(why));
    }
  });

  test('the question is throttled', async () => {
    await using relay = await withStatus(server.port, 200, 503);
    expect((await hubNamespace(accessTo(relay.port), TIMEOUT_MS).hub('postgresql-changes')).answer).toBe('unknown');
  });

  test("the SDK's complaint about its arguments, whose connection string does not get out", async () => {
    const answer = await hubNamespace(accessTo(5672), TIMEOUT_MS).hub('');
    expect(answer.answer).toBe('unknown');
    expect(inspect(answer)).not.toContain('SAS_KEY_VALUE');
  });
});

/** A receiver of partition 0 in the group `lake` with an owner level, as the host's; this SDK takes 0 for none. */
async function reader() {
  const client = new EventHubConsumerClient('lake', server.connectionString, 'postgresql-changes');
  const errors: unknown[] = [];
  client.subscribe(
    '0',
    { processEvents: () => Promise.resolve(), processError: (error) => Promise.resolve(void errors.push(error)) },
    { startPosition: latestEventPosition, ownerLevel: 1 },
  );
  while (server.openLinks({ direction: 'receive' }) === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  return { errors, [Symbol.asyncDispose]: () => client.close() };
}
