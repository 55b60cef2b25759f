import { BSON, Long } from 'mongodb';
import { startMongo, type LocalMongo } from '../../../local/mongodb/mongodb';
import { opMsg, opQuery, RawClient } from './raw-client';
import { eventually } from './support';

const MORE_TO_COME = 2;
const EXHAUST_ALLOWED = 1 << 16;

describe('the wire protocol', () => {
  let server: LocalMongo;
  let client: RawClient;

  beforeEach(async () => {
    server = await startMongo({ port: 0, replicaSet: 'here' });
    client = await RawClient.connect(server.port);
  });
  afterEach(async () => {
    await client[Symbol.asyncDispose]();
    await server.close();
  });

  test('a client that knows nothing is answered in its own words, and told of the replica set', async () => {
    client.sendBytes(opQuery(7, { isMaster: 1, helloOk: true }));
    const reply = await client.reply();
    expect(reply).toMatchObject({ opCode: 1, responseTo: 7 });
    expect(reply?.body).toMatchObject({
      ok: 1,
      helloOk: true,
      ismaster: true,
      secondary: false,
      setName: 'here',
      hosts: [`127.0.0.1:${server.port}`],
      me: `127.0.0.1:${server.port}`,
      maxWireVersion: 21,
      logicalSessionTimeoutMinutes: 30,
    });
    expect(await client.command({ hello: 1, $db: 'admin' })).toMatchObject({ isWritablePrimary: true });
  });

  test('any other command is refused in the old words', async () => {
    client.sendBytes(opQuery(8, { find: 'orders' }));
    expect((await client.reply())?.body).toMatchObject({ ok: 0, code: 352, codeName: 'UnsupportedOpQueryCommand' });
  });

  test('documents come in sections of their own, with a checksum or without', async () => {
    const insert = { insert: 'orders', $db: 'shop' };
    const documents = (first: number) => ({ sequences: { documents: [{ _id: first }, { _id: first + 1 }] } });
    expect(await client.command(insert, documents(1))).toMatchObject({ ok: 1, n: 2 });
    expect(await client.command(insert, { ...documents(3), checksum: 'right' })).toMatchObject({ ok: 1, n: 2 });
    expect(await client.command({ count: 'orders', $db: 'shop' })).toMatchObject({ n: 4 });
  });

  test('every reply tells how far the replica set is', async () => {
    const first = await client.command({ ping: 1, $db: 'admin' });
    expect(first).toMatchObject({ ok: 1, $clusterTime: { clusterTime: first['operationTime'] as unknown } });
    const written = await client.command({ insert: 'a', documents: [{ _id: 1 }], $db: 'shop' });
    expect(written['operationTime'] > first['operationTime']).toBe(true);
  });

  test('a write that wants no reply gets none', async () => {
    const quiet = { insert: 'orders', documents: [{ _id: 1 }], writeConcern: { w: 0 }, $db: 'shop' };
    client.send(quiet, { flags: MORE_TO_COME });
    expect(await client.command({ count: 'orders', $db: 'shop' })).toMatchObject({ n: 1 });
  });

  test.each<[string, (client: RawClient) => unknown]>([
    ['a checksum that does not match', (raw) => raw.send({ ping: 1 }, { checksum: 1 })],
    ['a flag that nobody knows', (raw) => raw.send({ ping: 1 }, { flags: 1 << 5 })],
    ['a length that no message has', (raw) => raw.sendBytes(Buffer.from([1, 0, 0, 0]))],
    ['another protocol', (raw) => raw.sendBytes(Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'))],
    ['a section that is longer than its message', (raw) => raw.sendBytes(overlong())],
  ])('%s ends the connection, and no other', async (_name, send) => {
    await using other = await RawClient.connect(server.port);
    send(client);
    expect(await client.reply()).toBeNull();
    expect(await other.command({ ping: 1, $db: 'admin' })).toMatchObject({ ok: 1 });
  });

  test('a client that goes away while it is kept waiting is noticed at once', async () => {
    const cursor = { pipeline: [{ $changeStream: {} }], cursor: {}, $db: 'shop' };
    const opened = await client.command({ aggregate: 'orders', ...cursor });
    const { id } = opened['cursor'] as { id: Long };
    client.send({ getMore: Long.fromValue(id), collection: 'orders', maxTimeMS: 60_000, $db: 'shop' });
    await eventually(() => server.waitingCursors() === 1, 'the server to wait');
    await client[Symbol.asyncDispose]();
    await eventually(() => server.openConnections() === 0 && server.waitingCursors() === 0, 'the server to notice');
  });

  describe('a hello that waits', () => {
    interface Version {
      readonly processId: unknown;
      readonly counter: unknown;
    }
    const version = async () => (await client.command({ hello: 1, $db: 'admin' }))['topologyVersion'] as Version;

    test('is answered when the time is up', async () => {
      const topologyVersion = await version();
      const began = performance.now();
      const reply = await client.command({ hello: 1, topologyVersion, maxAwaitTimeMS: 100, $db: 'admin' });
      expect(reply).toMatchObject({ ok: 1, topologyVersion });
      expect(performance.now() - began).toBeGreaterThan(95);
    });

    test('is answered at once where the client knows another state, or another process', async () => {
      const { processId, counter } = await version();
      const stale = { processId, counter: Long.fromNumber(Number(counter) - 1) };
      const ask = (topologyVersion: Version) =>
        client.command({ hello: 1, topologyVersion, maxAwaitTimeMS: 60_000, $db: 'admin' });
      expect(await ask(stale)).toMatchObject({ ok: 1 });
      server.faults.stepDown();
      expect(await ask({ processId, counter })).toMatchObject({ isWritablePrimary: false, secondary: true });
    });

    test('is answered again and again, each reply answering the one before', async () => {
      const topologyVersion = await version();
      const hello = { hello: 1, topologyVersion, maxAwaitTimeMS: 60_000, $db: 'admin' };
      const requestId = client.send(hello, { flags: EXHAUST_ALLOWED });
      server.faults.stepDown();
      const down = await client.reply();
      expect(down).toMatchObject({ flags: MORE_TO_COME, responseTo: requestId, body: { secondary: true } });
      server.faults.stepUp();
      const up = await client.reply();
      expect(up).toMatchObject({ flags: MORE_TO_COME, body: { isWritablePrimary: true } });
      expect(up?.responseTo).toBe(down?.requestId);
    });
  });

  test('malformed BSON is refused, and the connection goes on', async () => {
    await client.command({ insert: 'orders', documents: [{ _id: 1, text: 'abc' }], $db: 'shop' });
    const find = Buffer.from(BSON.serialize({ find: 'orders', filter: { text: 'abc' }, $db: 'shop' }));
    // The text claims to be longer than what is around it.
    find.writeInt32LE(99, find.indexOf('abc') - 4);
    client.sendBytes(opMsg(1, find));
    expect((await client.reply())?.body).toMatchObject({ ok: 0, code: 22, codeName: 'InvalidBSON' });
    expect(await client.command({ ping: 1, $db: 'admin' })).toMatchObject({ ok: 1 });
  });
});

function overlong(): Buffer {
  const message = opMsg(1, BSON.serialize({ ping: 1 }));
  message.writeInt32LE(1_000, 21);
  return message;
}
