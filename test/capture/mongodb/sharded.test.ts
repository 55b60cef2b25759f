import { type StandIn } from '../../local/mongodb/support';
import { ofDocuments, Rig, type Seen } from './rig';

interface Order {
  readonly _id: number;
  readonly customer: number;
}

describe('a sharded cluster', () => {
  let rig: Rig<StandIn>;

  beforeEach(async () => {
    rig = await Rig.openStandIn({ sharded: true });
    const [admin, namespace] = [rig.deployment.client.db('admin'), `${rig.db.databaseName}.orders`];
    await admin.command({ shardCollection: namespace, key: { customer: 1 } });
    // Orders of customers from 100 on lie on the second shard.
    await admin.command({ split: namespace, middle: { customer: 100 } });
    await orders().insertMany(Array.from({ length: 20 }, (_, _id) => ({ _id, customer: _id })));
  });
  afterEach(() => rig[Symbol.asyncDispose]());

  const orders = () => rig.db.collection<Order>('orders');
  // The last insert before capture begins may be at its time: it comes in the stream, too.
  const changes = (operation: string): Seen[] =>
    ofDocuments(rig.hub.once).filter(
      ({ json, body }) =>
        json.operationType === operation &&
        (operation !== 'insert' || /"customer":\{"\$numberInt":"1\d\d"/.test(String(body))),
    );

  test('is copied, and then captured: what moves to another shard stays in its partition', async () => {
    const run = rig.run({ snapshot: 'initial' });
    await rig.progress.until(({ snapshot }) => snapshot === null);
    for (let _id = 0; _id < 20; _id += 1) await orders().updateOne({ _id }, { $set: { customer: 100 + _id } });
    await rig.hub.until(() => changes('insert').length === 20 && changes('delete').length === 20);
    await run.stop();
    const keys = (operation: string): Set<string> => new Set(changes(operation).map(({ key }) => key));
    expect(keys('read').size).toBe(20);
    expect(keys('delete')).toEqual(keys('read'));
    expect(keys('insert')).toEqual(keys('read'));
    const times = (operation: string): string[] =>
      changes(operation).map(({ json }) => JSON.stringify(json['clusterTime']));
    expect(times('insert')).toEqual(times('delete'));
  });

  test('goes on where it was', async () => {
    for (const _id of [100, 101]) {
      const run = rig.run();
      await rig.progress.until(() => true);
      await orders().insertOne({ _id, customer: _id });
      await rig.hub.until(() => changes('insert').some(({ key }) => key.includes(`"${_id}"`)));
      await run.stop();
    }
    expect(changes('insert')).toHaveLength(2);
  });
});
