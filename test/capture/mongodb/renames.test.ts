import { type Collection } from 'mongodb';
import { type MongoDatabase } from '../../../src/lib/capture/mongodb/database';
import { Rig, type Seen } from './rig';

interface Report {
  readonly _id: string;
  readonly v: number;
}

interface Moment {
  readonly t: number;
  readonly i: number;
}

const momentOf = ({ json }: Seen): Moment => (json['clusterTime'] as { $timestamp: Moment }).$timestamp;

/** What a reader has who takes the events in the order of their cluster times, reads first, and empties both names of a rename. */
function present(events: readonly Seen[], collection: string): string[] {
  const order = (event: Seen): number[] => [
    momentOf(event).t,
    momentOf(event).i,
    event.json.operationType === 'read' ? 0 : 1,
  ];
  const sorted = events.toSorted((one, other) => {
    const [a, b] = [order(one), order(other)];
    const at = a.findIndex((value, index) => value !== b[index]);
    return at < 0 ? 0 : (a[at] as number) - (b[at] as number);
  });
  const documents = new Map<string, string>();
  for (const { json } of sorted) {
    const [ns, to] = [json['ns'], json['to']] as ({ coll?: string } | undefined)[];
    const id = JSON.stringify((json['documentKey'] as { _id?: unknown } | undefined)?._id);
    if (json.operationType === 'rename' && to?.coll === collection) documents.clear();
    if (ns?.coll !== collection) continue;
    if (json.operationType === 'rename' || json.operationType === 'drop') documents.clear();
    else if (json.operationType === 'delete') documents.delete(id);
    else if (json['fullDocument'] !== undefined) documents.set(id, JSON.stringify(json['fullDocument']));
  }
  return [...documents.values()].sort();
}

describe.each<[string, Partial<MongoDatabase>]>([
  ['a whole database', {}],
  ['one collection', { collections: ['report'] }],
  ['one collection, and no snapshot at first', { collections: ['report'], snapshot: 'never' }],
])('a collection that is renamed over another, of %s that is captured', (_what, chosen) => {
  let rig: Rig;
  const database = { snapshot: 'initial', ...chosen } as const;

  beforeEach(async () => {
    rig = await Rig.open();
    await report().insertMany(reports('old', 2));
    await rig.begin(database);
  });
  afterEach(() => rig[Symbol.asyncDispose]());

  const reports = (name: string, count: number): Report[] =>
    Array.from({ length: count }, (_, v) => ({ _id: `${name}${v}`, v }));
  const report = (): Collection<Report> => rig.db.collection<Report>('report');
  const actual = async (): Promise<string[]> =>
    (await report().find().toArray()).map(({ _id, v }) => JSON.stringify({ _id, v: { $numberInt: String(v) } })).sort();
  /** What `$out`, and `convertToCapped`, do: another collection takes the name. */
  const replace = async (documents: Report[], temporary = 'tmp.agg_out.1'): Promise<void> => {
    await rig.db.collection<Report>(temporary).insertMany(documents);
    await rig.db.collection(temporary).rename('report', { dropTarget: true });
  };
  /** Waits until a last change has come, and with it all before. */
  const caughtUp = async (): Promise<void> => {
    const mark = `mark${rig.hub.puts}`;
    await report().insertOne({ _id: mark, v: 0 });
    await rig.hub.until((seen) =>
      seen.some(({ body }) => body.includes(`"operationType":"insert"`) && body.includes(mark)),
    );
  };

  test('has its documents in the lake, and not the former ones', async () => {
    const run = rig.run(database);
    await replace(reports('new', 3));
    await report().updateOne({ _id: 'new1' }, { $set: { v: 7 } });
    await report().deleteOne({ _id: 'new2' });
    await caughtUp();
    await run.stop();
    expect(present(rig.hub.once, 'report')).toEqual(await actual());
  });

  test('and again, and away, while nobody captures, is right in the end', async () => {
    await replace(reports('a', 3));
    await report().rename('archive');
    await replace(reports('b', 2), 'tmp.2');
    await report().deleteOne({ _id: 'b0' });
    const run = rig.run(database);
    await caughtUp();
    await run.stop();
    expect(present(rig.hub.once, 'report')).toEqual(await actual());
  });

  test('is copied to its end by the next run, where one ends in the middle', async () => {
    await replace(reports('new', 2_500));
    for (const end of ['stop', 'abort', 'stop'] as const) {
      const run = rig.run(database);
      const before = rig.hub.puts;
      rig.hub.onPut = () => {
        if (rig.hub.puts === before + 700) void run[end]();
        return undefined;
      };
      await run.ended;
      rig.hub.onPut = null;
      rig.hub.forget();
    }
    const last = rig.run(database);
    await caughtUp();
    await last.stop();
    expect(present(rig.hub.once, 'report')).toEqual(await actual());
    expect(rig.progress.kept?.snapshot).toBeNull();
  });
});

test('a collection that gets a name that is not captured is not copied', async () => {
  await using rig = await Rig.open();
  const chosen = { collections: ['report'] };
  await rig.db.collection<Report>('report').insertOne({ _id: 'a', v: 1 });
  await rig.begin(chosen);
  const run = rig.run(chosen);
  await rig.db.collection('report').rename('archive');
  await rig.db.collection<Report>('report').insertOne({ _id: 'b', v: 1 });
  await rig.hub.until((seen) => seen.some(({ json }) => json.operationType === 'insert'));
  await run.stop();
  expect(rig.hub.seen.filter(({ json }) => json.operationType === 'read')).toEqual([]);
});
