import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { CONTROL_HEADER } from '../../../local/storage/same-origin';
import { Stage, until } from './support';

/** HTTP functions, and an app that does not start: no Event Hubs are needed. */

let stage: Stage;
beforeAll(async () => (stage = await Stage.open()));
afterEach(() => stage.clear());
afterAll(() => stage[Symbol.asyncDispose]());

const ECHO = `
const { app } = require('@azure/functions');
app.http('echo', { methods: ['GET', 'POST'], route: 'things/{kind}/{id:int?}', authLevel: 'function', handler: async (request) => ({
  status: 201,
  headers: { 'x-kind': request.params.kind },
  cookies: [{ name: 'seen', value: 'a b', maxAge: 60, httpOnly: true, sameSite: 'Lax' }],
  jsonBody: {
    method: request.method, path: new URL(request.url).pathname, params: request.params,
    query: Object.fromEntries(request.query), agent: request.headers.get('x-agent'), body: await request.text(),
  },
}) });
app.http('bytes', { handler: async (request) => ({ body: Buffer.from(await request.arrayBuffer()).reverse() }) });
app.http('fails', { handler: () => { throw new Error('with a secret'); } });
app.http('nothing', { handler: () => undefined });
`;

test('a request reaches its function through the real library, and the answer comes back', async () => {
  const instance = await stage.instance(await stage.app(ECHO));
  const answer = await fetch(await instance.url('/api/things/b%C3%BCcher/7?q=1&q2=x%20y'), {
    method: 'POST',
    headers: { 'x-agent': 'me' },
    body: 'text',
  });
  expect(answer.status).toBe(201);
  expect(answer.headers.get('x-kind')).toBe('bücher'.normalize());
  expect(answer.headers.get('content-type')).toBe('application/json');
  expect(answer.headers.getSetCookie()).toEqual(['seen=a%20b; Max-Age=60; HttpOnly; SameSite=Lax']);
  expect(await answer.json()).toEqual({
    ...{ method: 'POST', path: '/api/things/b%C3%BCcher/7', params: { kind: 'bücher', id: '7' } },
    ...{ query: { q: '1', q2: 'x y' }, agent: 'me', body: 'text' },
  });
  expect((await fetch(await instance.url('/api/things/books'))).status).toBe(201);
  const bytes = await fetch(await instance.url('/api/bytes'), { method: 'POST', body: Buffer.from([1, 2, 255]) });
  expect(Buffer.from(await bytes.arrayBuffer())).toEqual(Buffer.from([255, 2, 1]));
  expect((await fetch(await instance.url('/api/nothing'))).status).toBe(204);
});

test('what no function serves is 404; what a function throws is 500, and not told', async () => {
  const instance = await stage.instance(await stage.app(ECHO));
  const status = async (at: string, method = 'GET', headers = {}): Promise<number> =>
    (await fetch(await instance.url(at), { method, headers })).status;
  expect(await status('/api/things/books', 'DELETE')).toBe(404);
  expect(await status('/api/things/books/seven')).toBe(404);
  expect(await status('/things/books')).toBe(404);
  // An HTTP function is not run so; without the header the answer says nothing.
  expect(await status('/admin/functions/echo', 'POST', { [CONTROL_HEADER]: '1' })).toBe(404);
  expect(await status('/admin/functions/echo', 'POST')).toBe(401);
  const failed = await fetch(await instance.url('/api/fails'));
  expect([failed.status, await failed.text()]).toEqual([500, '']);
  expect(await status('/api/things/%ff')).toBe(400);
});

test('routePrefix of host.json comes first, and may be empty', async () => {
  const app = await stage.app(ECHO, { extensions: { http: { routePrefix: '' } } });
  const instance = await stage.instance(app);
  expect((await fetch(await instance.url('/things/books'))).status).toBe(201);
});

describe('an app that cannot start says why', () => {
  const hubApp = (binding: string): string => `
    const { app } = require('@azure/functions');
    app.generic('take', { trigger: { type: 'eventHubTrigger', name: 'e', cardinality: 'many', ${binding} }, handler: () => undefined });`;
  const given = "connection: 'HUBS', eventHubName: 'h'";

  test.each([
    [
      'a setting that is not given',
      hubApp("connection: 'HUBS', eventHubName: '%NAME%'"),
      {},
      /take: '%NAME%' does not/,
    ],
    [
      'an option of host.json',
      hubApp(given),
      { extensions: { eventHubs: { maxWaitTime: 'long' } } },
      /host\.json, or the setting AzureFunctionsJobHost__extensions__eventHubs__maxWaitTime: .* is "long"/,
    ],
    ['a file that throws', "throw new Error('no such module')", {}, /no such module/],
  ])('%s', async (_, source, hostJson, message) => {
    const instance = stage.spawn(await stage.app(source, hostJson));
    await expect(instance.host.ready()).rejects.toThrow(message);
    await instance.host.exited;
  });
});

test('an app whose start hook throws stays up with no function, and its reason is in no line above debug', async () => {
  const app = await stage.app(
    "require('@azure/functions').app.hook.appStart(() => { console.error('last words'); throw new Error('wrong lake'); })",
  );
  const instance = stage.spawn(app);
  expect((await instance.host.ready()).functions).toEqual([]);
  const lines = instance.of('log').map(({ line }) => line);
  const [visible, hidden] = [
    lines.filter(({ level }) => level !== 'debug'),
    lines.filter(({ level }) => level === 'debug'),
  ];
  expect(visible.map(({ message }) => message).join()).toContain('No job functions found.');
  expect(visible.map(({ message }) => message).join()).not.toContain('wrong lake');
  expect(hidden.map(({ message }) => message).join()).toContain('wrong lake');
  await until(() => instance.output.includes('last words'), 'what the app printed');
});

test('an app that crashes takes its worker along and not its host, and its last words are printed', async () => {
  const app = await stage.app(`
    const { app } = require('@azure/functions');
    app.http('crash', { handler: () => new Promise(() => setImmediate(() => { throw new Error('crashed'); })) });
    app.http('pid', { handler: () => ({ body: String(process.pid) }) });
  `);
  const instance = await stage.instance(app);
  const pid = async (): Promise<string> => (await fetch(await instance.url('/api/pid'))).text();
  const before = await pid();
  expect((await fetch(await instance.url('/api/crash'))).status).toBe(500);
  await until(() => instance.output.join('\n').includes('crashed'), 'the last words');
  await until(async () => /^\d+$/.test(await pid()) && (await pid()) !== before, 'another worker');
});

test('a killed host takes its worker along', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connected = once(server, 'connection') as Promise<[Socket]>;
  const { port } = server.address() as AddressInfo;
  const instance = await stage.instance(await stage.app(`require('node:net').connect(${port}, '127.0.0.1').resume();`));
  const [socket] = await connected;
  const cut = once(socket.resume(), 'close');
  await instance.host.kill();
  await cut;
  await expect(instance.host.steal('h', '0')).rejects.toThrow('The host died.');
  await instance.host.stop();
  server.close();
});

test('a function whose authLevel asks for a key answers nobody without it; one that is anonymous answers all', async () => {
  const app = await stage.app(`
    const { app } = require('@azure/functions');
    app.http('keyed', { authLevel: 'function', handler: () => ({ body: 'in' }) });
    app.http('open', { authLevel: 'anonymous', handler: () => ({ body: 'in' }) });
  `);
  const instance = stage.spawn(app, {}, { functionKey: 'the key' });
  const get = async (path: string, headers: Record<string, string> = {}): Promise<number> =>
    (await fetch(await instance.url(path), { headers })).status;
  expect(await get('/api/open')).toBe(200);
  expect(await get('/api/keyed')).toBe(401);
  expect(await get('/api/keyed?code=another')).toBe(401);
  expect(await get('/api/keyed?code=the%20key')).toBe(200);
  expect(await get('/api/keyed', { 'x-functions-key': 'the key' })).toBe(200);
});
