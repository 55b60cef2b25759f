import { createHash } from 'node:crypto';
import { Long } from 'mongodb';
import { isObject } from '../../../src/lib/decode/json';
import { ofDocuments, Rig, story, type Json, type Seen } from './rig';

interface Order {
  readonly _id: number;
  readonly n: number;
}

/** The collections as whoever reads the events has them: each event once, later ones win. */
function rebuilt(events: readonly Seen[]): Map<string, Map<string, string>> {
  const collections = new Map<string, Map<string, string>>();
  const of = (name: string): Map<string, string> => {
    if (!collections.has(name)) collections.set(name, new Map());
    return collections.get(name) as Map<string, string>;
  };
  for (const { json } of events) {
    const { coll = '' } = (json['ns'] ?? {}) as { coll?: string };
    const key = JSON.stringify((json['documentKey'] as Json | undefined)?.['_id']);
    if (json.operationType === 'delete') of(coll).delete(key);
    else if (isObject(json['fullDocument'])) of(coll).set(key, JSON.stringify(json['fullDocument']));
  }
  return collections;
}

const reads = (events: readonly Seen[]): Seen[] => events.filter(({ json }) => json.operationType === 'read');

const timeOf = ({ json }: Seen): { t: number; i: number } =>
  (json['clusterTime'] as { $timestamp: { t: number; i: number } }).$timestamp;
const timesOf = (events: readonly Seen[]): Set<string> => new Set(events.map((event) => JSON.stringify(timeOf(event))));
const tickAfter = (event: Seen): string => JSON.stringify({ t: timeOf(event).t, i: timeOf(event).i + 1 });

describe('what was there before', () => {
  let rig: Rig;

  beforeEach(async () => {
    rig = await Rig.open();
    await rig.db.createCollection('marks');
  });
  afterEach(() => rig[Symbol.asyncDispose]());

  const orders = () => rig.db.collection<Order>('orders');
  const fill = async (count: number): Promise<void> => {
    await orders().insertMany(Array.from({ length: count }, (_, _id) => ({ _id, n: 0 })));
  };
  const actual = async (): Promise<Map<string, string>> => {
    const documents = await orders().find().sort({ _id: 1 }).toArray();
    return new Map(
      documents.map(({ _id, n }) => [
        `{"$numberInt":"${_id}"}`,
        `{"_id":{"$numberInt":"${_id}"},"n":{"$numberInt":"${n}"}}`,
      ]),
    );
  };
  /** Waits until a last change has come, and with it all before. */
  const caughtUp = async (): Promise<void> => {
    const mark = -1 - rig.hub.puts;
    await rig.db.collection<{ _id: number }>('marks').insertOne({ _id: mark });
    await rig.hub.until((seen) => story(seen).includes(`insert ${mark}`));
  };
  const sorted = (map: Map<string, string> | undefined): [string, string][] => [...(map ?? [])].sort();

  test('comes in events that say so, exactly as it is', async () => {
    const long = Long.fromString('9007199254740993');
    await rig.db.collection<{ _id: Long }>('orders').insertOne({ _id: long });
    const run = rig.run({ snapshot: 'initial' });
    await rig.hub.until((seen) => seen.length === 1);
    await run.stop();
    const { kept } = rig.progress;
    const { startTime, deployment } = kept as NonNullable<typeof kept>;
    const place = `${rig.db.databaseName}.orders`;
    const id = '{"$numberLong":"9007199254740993"}';
    const digits = createHash('sha256').update(id).digest('hex').slice(0, 32);
    expect(rig.hub.seen[0]).toMatchObject({
      key: `${place}/{"_id":${id}}`,
      eventId: `${deployment}/shop/1/${startTime.seconds}:${startTime.increment}/${place}/${digits}`,
    });
    expect(rig.hub.seen[0]?.body.toString()).toBe(
      `{"operationType":"read","clusterTime":{"$timestamp":{"t":${startTime.seconds},"i":${startTime.increment}}},` +
        `"ns":{"db":"${rig.db.databaseName}","coll":"orders"},"documentKey":{"_id":${id}},"fullDocument":{"_id":${id}},` +
        '"source":{"version":"1","connector":"mongodb","name":"shop","history":1}}',
    );
    expect(kept?.snapshot).toBeNull();
  });

  test('and changes while it is read, ends as it is in the end', async () => {
    await fill(12_000);
    const done = new AbortController();
    const writing = (async () => {
      for (let n = 1; !done.signal.aborted; n += 1) {
        const _id = (n * 7_919) % 12_500;
        await orders().updateOne({ _id }, { $set: { n } }, { upsert: n % 3 === 0 });
        if (n % 5 === 0) await orders().deleteOne({ _id: (n * 104_729) % 12_000 });
      }
    })();
    const run = rig.run({ snapshot: 'initial' });
    await rig.progress.until(({ snapshot }) => snapshot === null);
    done.abort();
    await writing;
    await caughtUp();
    await run.stop();
    expect(sorted(rebuilt(rig.hub.once).get('orders'))).toEqual(sorted(await actual()));
    expect(rig.hub.once.some(({ json }) => json.operationType === 'update')).toBe(true);
    expect(rig.snapshots.map(({ table, rows }) => [table.split('.')[1], rows])).toContainEqual(['orders', 10_000]);
  }, 60_000);

  test('that is taken anew, after a reset, is another one: no reader takes it for a repeat of the first', async () => {
    await fill(3);
    const first = rig.run({ snapshot: 'initial' });
    await rig.progress.until(({ snapshot }) => snapshot === null);
    await first.stop();
    await orders().updateMany({}, { $set: { n: 7 } });
    rig.progress.forget();
    const second = rig.run({ snapshot: 'initial' });
    await rig.progress.until(({ snapshot }) => snapshot === null);
    await second.stop();
    expect(reads(rig.hub.once)).toHaveLength(6);
    expect(sorted(rebuilt(rig.hub.once).get('orders'))).toEqual(sorted(await actual()));
  });

  test('goes on behind what Event Hubs has accepted when it was stopped half way', async () => {
    await fill(3_000);
    await rig.db.collection<{ _id: number }>('people').insertOne({ _id: 1 });
    let run = rig.run({ snapshot: 'initial' });
    for (const limit of [700, 1_900, 3_001]) {
      const started = run;
      rig.hub.onPut = () => {
        if (rig.hub.puts === limit) void started.stop();
        return undefined;
      };
      await run.ended;
      expect(rig.hub.seen).toHaveLength(limit);
      // Changed while nobody captures: later read or not, the change comes in the stream.
      await orders().updateOne({ _id: limit % 1_000 }, { $set: { n: limit } });
      await rig.db.createCollection(`a${limit}`);
      run = rig.run({ snapshot: 'initial' });
    }
    rig.hub.onPut = null;
    await caughtUp();
    await run.stop();
    // Nothing was read twice, though a collection was made that stands before the one under way.
    expect(reads(rig.hub.seen)).toHaveLength(3_001);
    expect(sorted(rebuilt(rig.hub.once).get('orders'))).toEqual(sorted(await actual()));
  }, 60_000);

  test('is read again from what was kept when its run died', async () => {
    await fill(500);
    const first = rig.run({ snapshot: 'initial' });
    rig.hub.onPut = () => {
      if (rig.hub.puts === 300) void first.abort();
      return undefined;
    };
    await first.ended;
    rig.hub.forget();
    const second = rig.run({ snapshot: 'initial' });
    await caughtUp();
    await second.stop();
    expect(reads(rig.hub.once)).toHaveLength(500);
  });

  test('is of the chosen collections alone', async () => {
    await fill(2);
    await rig.db.collection('people').insertOne({});
    const run = rig.run({ snapshot: 'initial', collections: ['orders', 'none'] });
    await rig.progress.until(({ snapshot }) => snapshot === null);
    await run.stop();
    expect(reads(rig.hub.seen).map(({ key }) => key.split('/')[0])).toEqual(
      Array(2).fill(`${rig.db.databaseName}.orders`),
    );
    expect(rig.snapshots.at(-1)).toMatchObject({ rows: 2, estimatedRows: 2, tablesDone: 1, tables: 1 });
  });

  test('is of several databases, where the whole deployment is captured', async () => {
    await fill(1);
    const other = rig.deployment.client.db(`${rig.db.databaseName}_other`);
    await other.collection<Order>('orders').insertOne({ _id: 5, n: 0 });
    const collections = [rig.db.databaseName, other.databaseName].map((db) => `${db}.orders`);
    const run = rig.run({ snapshot: 'initial', database: null, collections });
    await rig.progress.until(({ snapshot }) => snapshot === null);
    await run.stop();
    await other.dropDatabase();
    expect(reads(rig.hub.seen).map(({ key }) => key)).toEqual([
      `${rig.db.databaseName}.orders/{"_id":{"$numberInt":"0"}}`,
      `${other.databaseName}.orders/{"_id":{"$numberInt":"5"}}`,
    ]);
  });

  test('and is renamed while it is read, is copied under its new name, behind the rename', async () => {
    await fill(2_500);
    let renamed: Promise<unknown> | null = null;
    rig.hub.onPut = () => {
      renamed ??= orders().rename('archive');
      return renamed.then(() => undefined);
    };
    const run = rig.run({ snapshot: 'initial' });
    const archived = () => reads(rig.hub.once).filter(({ key }) => key.includes('.archive/'));
    await rig.hub.until(() => archived().length === 2_500);
    await run.stop();
    const rename = rig.hub.once.find(({ json }) => json.operationType === 'rename');
    expect(timesOf(archived())).toEqual(new Set([tickAfter(rename as Seen)]));
  });

  test('is left out where no snapshot is wanted', async () => {
    await fill(3);
    await rig.begin();
    const run = rig.run();
    await caughtUp();
    await run.stop();
    expect(reads(rig.hub.seen)).toEqual([]);
    expect(ofDocuments(rig.hub.seen).length).toBeGreaterThan(0);
  });
});
