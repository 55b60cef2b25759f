import { createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { EventHubsServer } from '../../local/event-hubs/server';
import { Namespace } from '../../local/event-hubs/namespace';
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

async function failure(promise: Promise<unknown>): Promise<PipelineError> {
  const thrown = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(thrown instanceof PipelineError)) throw new Error('no PipelineError was thrown', { cause: thrown });
  return thrown;
}

describe('over a real socket', () => {
  const namespace = new Namespace([{ name: 'postgresql-changes', partitionCount: 4, createdAt: CREATED }]);
  let server: EventHubsServer;

  beforeAll(async () => (server = await EventHubsServer.listen(namespace, { port: 0 })));
  afterAll(() => server[Symbol.asyncDispose]());

  test("the SDK reads a hub's creation time to the millisecond, whatever the case of its name", async () => {
    const facts = hubFacts(byKey(server.port), 5000);
    expect(await facts.createdAt('postgresql-changes')).toBe(CREATED);
    expect(await facts.createdAt('PostgreSQL-Changes')).toBe(CREATED);
  });

  test('a hub deleted and made anew tells its new time', async () => {
    const facts = hubFacts(byKey(server.port), 5000);
    namespace.create({ name: 'fleeting', partitionCount: 1, createdAt: CREATED });
    expect(await facts.createdAt('fleeting')).toBe(CREATED);
    namespace.delete('fleeting');
    namespace.create({ name: 'fleeting', partitionCount: 2, createdAt: CREATED + 1 });
    expect(await facts.createdAt('fleeting')).toBe(CREATED + 1);
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
    expect(server.connectionCount).toBe(0);
  });
});

test('nobody listening is told as such and may be tried again', async () => {
  const server = await EventHubsServer.listen(new Namespace(), { port: 0 });
  const { port } = server;
  await server[Symbol.asyncDispose]();
  const error = await failure(hubFacts(byKey(port), 5000).createdAt('postgresql-changes'));
  expect(error.message).toContain('found no connection (ECONNREFUSED)');
  expect(error.retryable).toBe(true);
});

test('an endpoint that accepts and never answers is given up in time', async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const began = performance.now();
  const error = await failure(
    hubFacts(byKey((server.address() as AddressInfo).port), 500).createdAt('postgresql-changes'),
  );
  expect(performance.now() - began).toBeLessThan(3000);
  expect(error.message).toContain('found no answer within 0.5 s');
  expect(error.retryable).toBe(true);
  for (const socket of sockets) socket.destroy();
  server.close();
});
