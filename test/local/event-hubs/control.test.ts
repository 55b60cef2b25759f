import { request } from 'node:http';
import { CONTROL_HEADER } from '../../../local/storage/same-origin';
import { hub, rejection, startHub, type TestHub } from './support';

/** Faults and hubs from outside the process, as JSON over HTTP. */
describe('over HTTP', () => {
  let server: TestHub;

  beforeEach(async () => (server = await startHub(hub('Orders', 2), { healthPort: 0 })));
  afterEach(() => server[Symbol.asyncDispose]());

  async function ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`http://127.0.0.1:${String(server.hubs.healthPort)}${path}`, {
      method,
      headers: { [CONTROL_HEADER]: '1' },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  }

  test('health is 503 until what else must be up is up', async () => {
    let isUp = false;
    await using starting = await startHub(hub('Orders', 1), { healthPort: 0, isReady: () => isUp });
    const health = `http://127.0.0.1:${String(starting.hubs.healthPort)}/health`;
    expect((await fetch(health)).status).toBe(503);
    isUp = true;
    expect((await fetch(health)).status).toBe(200);
  });

  test("health answers as the emulator's does", async () => {
    expect((await ask('GET', '/health')).status).toBe(200);
  });

  test('a fault is added, told with its hits, and forgotten', async () => {
    expect((await ask('POST', '/faults', { kind: 'serverBusy', on: 'send', times: null })).status).toBe(201);
    await ask('POST', '/faults', { kind: 'delay', on: 'receive', ms: 5 });
    const producer = server.producer();
    await rejection(producer.sendBatch([{ body: 'x' }]));
    expect(await ask('GET', '/faults')).toEqual({
      status: 200,
      body: [
        { rule: { kind: 'serverBusy', on: 'send', times: null }, hits: 1, active: true },
        { rule: { kind: 'delay', on: 'receive', ms: 5 }, hits: 0, active: true },
      ],
    });
    expect(await ask('DELETE', '/faults')).toEqual({ status: 204, body: null });
    await producer.sendBatch([{ body: 'x' }]);
    expect((await ask('GET', '/faults')).body).toEqual([]);
  });

  /** With headers that `fetch` does not let through; resolves with the status. */
  const asBrowser = (method: string, path: string, headers: Record<string, string>): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: server.hubs.healthPort, method, path, headers };
      const sent = request(options, (response) => resolve(response.resume().statusCode));
      sent.on('error', reject).end();
    });

  const changes: readonly (readonly [string, string])[] = [
    ['POST', '/faults'],
    ['DELETE', '/faults'],
    ['POST', '/links/drop'],
    ['POST', '/connections/cut'],
    ['PUT', '/hubs/other'],
    ['DELETE', '/hubs/orders'],
  ];

  test.each(changes)('%s %s is refused to a web page', async (method, path) => {
    const control = { [CONTROL_HEADER]: '1' };
    expect(await asBrowser(method, path, {})).toBe(403);
    expect(await asBrowser(method, path, { ...control, origin: 'http://example.com' })).toBe(403);
    expect(await asBrowser(method, path, { ...control, origin: 'null' })).toBe(403);
    expect(await asBrowser(method, path, { ...control, host: 'rebound.example.com:5300' })).toBe(403);
    expect(server.hubs.hubs().map(({ name }) => name)).toEqual(['Orders']);
    expect((await ask('GET', '/faults')).body).toEqual([]);
  });

  test('a page whose name was bound to this machine reads nothing', async () => {
    expect(await asBrowser('GET', '/hubs', { host: 'rebound.example.com' })).toBe(403);
    expect(await asBrowser('GET', '/hubs', { host: 'localhost:5300' })).toBe(200);
  });

  test('links are dropped and connections cut', async () => {
    const producer = server.producer();
    await producer.sendBatch([{ body: 'x' }]);
    expect((await ask('POST', '/links/drop', { direction: 'receive' })).body).toEqual({ dropped: 0 });
    expect((await ask('POST', '/links/drop')).body).toEqual({ dropped: 1 });
    expect((await ask('POST', '/connections/cut')).body).toEqual({ cut: 1 });
  });

  test('hubs are made, told, deleted and made anew', async () => {
    const made = await ask('PUT', '/hubs/other', { partitionCount: 3, consumerGroups: ['audit'], retentionMs: 1000 });
    expect(made).toMatchObject({
      status: 201,
      body: { name: 'other', retentionMs: 1000, consumerGroups: ['$Default', 'audit'] },
    });
    expect((await ask('PUT', '/hubs/Other')).status).toBe(409);
    const { body } = await ask('GET', '/hubs');
    expect(body).toMatchObject([
      { name: 'Orders' },
      { name: 'other', partitions: [{ id: '0' }, { id: '1' }, { id: '2' }] },
    ]);
    expect((body as unknown[])[0]).toEqual(server.hubs.hub('orders'));
    const before = server.hubs.hub('other')?.createdAt ?? 0;
    expect((await ask('DELETE', '/hubs/other')).status).toBe(204);
    expect((await ask('DELETE', '/hubs/other')).status).toBe(404);
    expect((await ask('PUT', '/hubs/other')).status).toBe(201);
    expect(server.hubs.hub('other')?.createdAt).toBeGreaterThan(before);
  });

  test.each<[string, string, unknown, string]>([
    ['POST', '/faults', { kind: 'explode', on: 'send' }, 'found \\"kind\\": \\"explode\\"'],
    ['POST', '/faults', { kind: 'delay' }, 'expected one of send, receive, any'],
    ['POST', '/faults', { kind: 'delay', on: 'any', ms: '5' }, 'expected a number'],
    ['POST', '/faults', { kind: 'loseAcknowledgement', on: 'receive' }, 'consumers are sent no acknowledgement'],
    ['POST', '/faults', 'no JSON', 'JSON'],
    ['POST', '/faults', [], 'expected a JSON object'],
    ['POST', '/links/drop', { direction: 'sideways' }, 'expected one of send, receive'],
    ['PUT', '/hubs/other', { partitionCount: 99 }, 'found 99 partitions; expected 1 to 32'],
    ['PUT', '/hubs/other', { consumerGroups: 'lake' }, 'expected a list of names'],
  ])('%s %s with %j says what is wrong', async (method, path, body, message) => {
    const answer = await ask(method, path, body);
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toContain(message);
  });

  test.each([
    ['GET', '/'],
    ['GET', '/hubs/orders'],
    ['POST', '/links/cut'],
    ['PATCH', '/hubs/orders'],
    ['GET', '/health/x/y'],
  ])('%s %s is nothing', async (method, path) => {
    expect((await ask(method, path)).status).toBe(404);
  });
});
