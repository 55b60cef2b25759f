import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { startEventHubs, type HubConfig, type LocalEventHubs } from '../../local/event-hubs/event-hubs';
import { type EventHubsAccess } from '../../src/lib/config/config';
import { Secret } from '../../src/lib/config/secret';
import { PipelineError } from '../../src/lib/errors';
import { hubFacts } from '../../src/lib/hub/facts';

const CREATED = Date.UTC(2026, 10, 22, 23, 59, 59, 998);

const byKey = (port: number): EventHubsAccess => ({
  kind: 'connectionString',
  connectionString: new Secret(
    `Endpoint=sb://localhost:${port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;`,
  ),
});

const hub = (name: string, partitionCount = 4): HubConfig => ({
  name,
  partitionCount,
  consumerGroups: [],
  retentionMs: 3_600_000,
});

async function failure(promise: Promise<unknown>): Promise<PipelineError> {
  const thrown = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(thrown instanceof PipelineError)) throw new Error('no PipelineError was thrown', { cause: thrown });
  return thrown;
}

describe('over a real socket', () => {
  let now = CREATED;
  let server: LocalEventHubs;

  beforeAll(async () => {
    server = await startEventHubs({ port: 0, healthPort: null, hubs: [hub('postgresql-changes')], now: () => now });
  });
  afterAll(() => server.close());

  test("the SDK reads a hub's creation time to the millisecond, whatever the case of its name", async () => {
    const facts = hubFacts(byKey(server.port), 5000);
    expect(await facts.createdAt('postgresql-changes')).toBe(CREATED);
    expect(await facts.createdAt('PostgreSQL-Changes')).toBe(CREATED);
  });

  test('a hub deleted and made anew tells its new time', async () => {
    const facts = hubFacts(byKey(server.port), 5000);
    now = CREATED + 1000;
    server.createHub(hub('fleeting', 1));
    expect(await facts.createdAt('fleeting')).toBe(CREATED + 1000);
    now = CREATED + 2000;
    server.deleteHub('fleeting');
    server.createHub(hub('fleeting', 2));
    expect(await facts.createdAt('fleeting')).toBe(CREATED + 2000);
  });

  test('a hub that is not there is said so, once, with its namespace, and there is no use in trying again', async () => {
    const error = await failure(hubFacts(byKey(server.port), 5000).createdAt('nowhere'));
    expect(error.message).toBe(
      `EVENT_HUBS_FAILED: Event Hubs namespace localhost:${server.port}, hub nowhere: found no such hub; expected the hub's properties. Make it, or correct POSTGRES_EVENTHUB_NAME and MONGODB_EVENTHUB_NAME.`,
    );
    expect(error.retryable).toBe(false);
  });

  test('no connection is left behind', async () => {
    await hubFacts(byKey(server.port), 5000).createdAt('postgresql-changes');
    await failure(hubFacts(byKey(server.port), 5000).createdAt('nowhere'));
    await server.idle();
  });
});

test('nobody listening is told as such and may be tried again', async () => {
  const server = await startEventHubs({ port: 0, healthPort: null, hubs: [] });
  const { port } = server;
  await server.close();
  const error = await failure(hubFacts(byKey(port), 5000).createdAt('postgresql-changes'));
  expect(error.message).toContain('found no connection (ECONNREFUSED)');
  expect(error.retryable).toBe(true);
});

test('what the SDK says of its arguments, with the connection string in it, does not get out', async () => {
  const error = await failure(hubFacts(byKey(5672), 5000).createdAt(''));
  expect(error.code).toBe('EVENT_HUBS_FAILED');
  expect(inspect(error, { depth: null })).not.toContain('SAS_KEY_VALUE');
});

/** A server on a free port whose connections are cut at the end of the test. */
async function listening(onConnection: (socket: Socket) => void): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    onConnection(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function expectGivenUp(port: number): Promise<void> {
  const began = performance.now();
  const error = await failure(hubFacts(byKey(port), 500).createdAt('postgresql-changes'));
  // The bound is far above half a second and far below the SDK's own minute.
  expect(performance.now() - began).toBeLessThan(10_000);
  expect(error.message).toContain('found no answer within 0.5 s');
  expect(error.retryable).toBe(true);
}

test('an endpoint that accepts and never answers is given up in time', async () => {
  await using silent = await listening(() => undefined);
  await expectGivenUp(silent.port);
});

test('an endpoint that falls silent once connected is given up in time', async () => {
  await using server = await startEventHubs({ port: 0, healthPort: null, hubs: [] });
  let fellSilent = false;
  await using silencing = await listening((client) => {
    const upstream = connect(server.port, '127.0.0.1').on('error', () => undefined);
    client.on('close', () => upstream.destroy());
    client.on('data', (data) => {
      fellSilent ||= data.includes('$cbs');
      upstream.write(data);
    });
    upstream.on('data', (data) => fellSilent || client.write(data));
  });
  await expectGivenUp(silencing.port);
  expect(fellSilent).toBe(true);
});
