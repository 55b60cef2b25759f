import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { Long, MongoClient, UUID } from 'mongodb';
import { RawClient } from './raw-client';
import { numbered, openStandIn, take, temporaryFolder, type AnyEvent } from './support';

const KILLS = 4;
const WRITERS = 4;

/** Clients that give up at once, for what they talk to is about to be killed. */
const brief = { serverSelectionTimeoutMS: 200, retryWrites: false, retryReads: false };

test('killed with -9 again and again, it keeps what it acknowledged, and every event keeps its resume token', async () => {
  await using folder = await temporaryFolder();
  const file = await bundle(folder.path);
  const data = path.join(folder.path, 'data');

  const writers = new Writers();
  const reader = new Reader();
  let port = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const child = await start(file, data, port);
    port = child.port;
    await using client = await new MongoClient(child.uri, brief).connect();
    const reading = reader.read(client);
    const writing = writers.write(client);
    await writers.acknowledgedMore(150 + 50 * kill);
    // What a reader has seen is what must keep its token.
    await reader.seenMore(100);
    child.process.kill('SIGKILL');
    await once(child.process, 'exit');
    await Promise.all([writing, reading]);
  }

  await using standIn = await openStandIn({ folder: data });
  const found = await numbered(standIn.client.db('shop')).find().toArray();
  const kept = new Set(found.map(({ _id }) => _id));
  expect(writers.acknowledged.length).toBeGreaterThan(150 * KILLS);
  expect(writers.acknowledged.filter((_id) => !kept.has(_id))).toEqual([]);

  const tokens = reader.seen.map(({ _id }) => _id._data);
  expect(tokens).toEqual(tokens.toSorted());
  expect(new Set(tokens).size).toBe(tokens.length);
  await using again = standIn.client.db('shop').watch([], { resumeAfter: reader.seen[0]?._id });
  expect(await take(again, tokens.length - 1)).toEqual(reader.seen.slice(1));
});

test('killed between a write and its reply, it does not do the write again when that is tried again', async () => {
  await using folder = await temporaryFolder();
  const file = await bundle(folder.path);
  const lsid = { id: new UUID() };
  const insert = { insert: 'orders', documents: [{ _id: 1, n: 0 }], lsid, txnNumber: Long.fromNumber(1), $db: 'shop' };
  const increase = {
    update: 'orders',
    updates: [{ q: { _id: 1 }, u: { $inc: { n: 1 } } }],
    lsid,
    txnNumber: Long.fromNumber(2),
    $db: 'shop',
  };
  const transaction = { lsid: { id: new UUID() }, txnNumber: Long.fromNumber(1), autocommit: false };
  const commit = { commitTransaction: 1, ...transaction, $db: 'admin' };
  const first = await start(file, folder.path, 0);
  {
    await using client = await RawClient.connect(first.port);
    await client.command(insert);
    expect(await client.command(increase)).toMatchObject({ ok: 1, nModified: 1 });
    const inside = { insert: 'orders', documents: [{ _id: 2 }], ...transaction, startTransaction: true, $db: 'shop' };
    expect(await client.command(inside)).toMatchObject({ ok: 1, n: 1 });
    expect(await client.command(commit)).toMatchObject({ ok: 1 });
  }
  first.process.kill('SIGKILL');
  await once(first.process, 'exit');
  await using standIn = await openStandIn({ folder: folder.path });
  await using client = await RawClient.connect(standIn.server.port);
  expect(await client.command(increase)).toMatchObject({ ok: 1, n: 1, nModified: 1 });
  expect(await client.command(commit)).toMatchObject({ ok: 1 });
  expect(await client.command(insert)).toMatchObject({ ok: 0, code: 225 });
  expect(await numbered(standIn.client.db('shop')).find().toArray()).toEqual([{ _id: 1, n: 1 }, { _id: 2 }]);
});

async function bundle(folder: string): Promise<string> {
  const outfile = path.join(folder, 'child.js');
  const entryPoints = [path.join(__dirname, 'kill-child.ts')];
  await build({ entryPoints, bundle: true, platform: 'node', target: 'node22', outfile, external: ['mongodb'] });
  return outfile;
}

async function start(file: string, folder: string, port: number) {
  const child: ChildProcess = spawn(process.execPath, [file, folder, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_PATH: path.resolve(__dirname, '../../../node_modules') },
  });
  if (child.stdout === null) throw new Error('no output');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { process: child, ...(JSON.parse(line) as { port: number; uri: string }) };
}

/** Counts something up, and tells when there is so much more of it. */
class Progress {
  #count = 0;
  #waiting: { readonly count: number; readonly resolve: () => void } | null = null;

  add(): void {
    this.#count += 1;
    if (this.#waiting !== null && this.#count >= this.#waiting.count) this.#waiting.resolve();
  }

  more(count: number): Promise<void> {
    return new Promise((resolve) => (this.#waiting = { count: this.#count + count, resolve }));
  }
}

/** Insert documents and change them, each write once, until the server is gone; remember what was acknowledged. */
class Writers {
  readonly acknowledged: number[] = [];
  readonly #progress = new Progress();
  #next = 0;

  acknowledgedMore(count: number): Promise<void> {
    return this.#progress.more(count);
  }

  async write(client: MongoClient): Promise<void> {
    await Promise.all(Array.from({ length: WRITERS }, () => this.#writeOn(client)));
  }

  async #writeOn(client: MongoClient): Promise<void> {
    const orders = numbered(client.db('shop'));
    for (;;) {
      const _id = this.#next;
      this.#next += 1;
      try {
        // Up to 20 KB: longer than what one write to the file surely takes whole.
        await orders.insertOne({ _id, text: 'x'.repeat((_id * 7919) % 20_000) });
        this.acknowledged.push(_id);
        this.#progress.add();
        await orders.updateOne({ _id }, { $set: { text: 'short' } });
      } catch {
        return;
      }
    }
  }
}

/** Reads the change stream, after a kill from where it was. */
class Reader {
  readonly seen: AnyEvent[] = [];
  readonly #progress = new Progress();

  seenMore(count: number): Promise<void> {
    return this.#progress.more(count);
  }

  async read(client: MongoClient): Promise<void> {
    const last = this.seen.at(-1)?._id;
    const stream = client.db('shop').watch([], last === undefined ? {} : { resumeAfter: last });
    try {
      for await (const event of stream) {
        this.seen.push(event as unknown as AnyEvent);
        this.#progress.add();
      }
    } catch {
      // Killed.
    }
    await stream.close();
  }
}
