import { type MongoClient } from 'mongodb';
import { connect } from '../../../src/lib/capture/mongodb/connect';
import { type MongoDatabase } from '../../../src/lib/capture/mongodb/database';
import { unfitCollections } from '../../../src/lib/capture/mongodb/snapshot-collections';
import { unfitService } from '../../../src/lib/capture/mongodb/refusals';
import { Secret } from '../../../src/lib/config/secret';
import { type StandIn } from '../../local/mongodb/support';
import { ofDocuments, Rig, story } from './rig';

const database: MongoDatabase = {
  ...{
    name: 'shop',
    connectionString: new Secret('mongodb://localhost'),
    setting: 'CARTS',
    database: 'shop',
    collections: null,
  },
  ...{ fullDocument: 'default', preImages: 'off', snapshot: 'never' },
};

describe('an address', () => {
  const { signal } = new AbortController();
  const connectTo = (uri: string) => connect({ ...database, connectionString: new Secret(uri) }, signal);

  test.each([
    ['compressors=snappy', /asks for snappy, whose module snappy is not part of capture\. Take compressors=zlib/],
    ['compressors=zlib,snappy', /module snappy/],
    ['authMechanism=GSSAPI', /asks for GSSAPI, whose module kerberos/],
    ['authMechanism=MONGODB-AWS', /asks for MONGODB-AWS, whose module @aws-sdk\/credential-providers/],
    ['proxyHost=localhost', /asks for proxyHost, whose module socks/],
  ])('with %s is refused by the name of what is missing, and shows no secret', async (option, message) => {
    const user = option.includes('GSSAPI') ? 'capture:s3crecy@' : '';
    const refused = connectTo(`mongodb://${user}127.0.0.1:1/?${option}`);
    await expect(refused).rejects.toMatchObject({ code: 'SOURCE_NOT_READY', retryable: false });
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.not.toThrow(/s3crecy/);
  });

  test('of a service whose change streams cannot be captured is refused', async () => {
    await expect(connectTo('mongodb://shop.mongo.cosmos.azure.com:10255/?ssl=true')).rejects.toThrow(
      /^SOURCE_NOT_READY: .*Azure Cosmos DB for MongoDB with request units/,
    );
    expect(unfitService(['shop.mongocluster.cosmos.azure.com'])).toMatch(/vCore/);
    expect(unfitService(['shop.cluster-x.eu-west-1.docdb.amazonaws.com', 'db.example.com'])).toBeNull();
  });
});

test('views and time series that the settings name are found, and nothing else is', async () => {
  const listed = [
    { name: 'orders', type: 'collection' },
    { name: 'totals', type: 'view' },
    { name: 'ticks', type: 'timeseries' },
    { name: 'others', type: 'view' },
  ];
  const client = { db: () => ({ listCollections: () => ({ toArray: () => Promise.resolve(listed) }) }) };
  const unfit = (chosen: Partial<MongoDatabase>) =>
    unfitCollections(client as unknown as MongoClient, { ...database, ...chosen });
  expect(await unfit({ collections: ['orders', 'totals', 'ticks', 'none'] })).toEqual([
    'shop.totals (view)',
    'shop.ticks (timeseries)',
  ]);
  expect(await unfit({ database: null, collections: ['shop.totals'] })).toEqual(['shop.totals (view)']);
  expect(await unfit({})).toEqual([]);
});

describe('a deployment', () => {
  let rig: Rig<StandIn>;

  beforeEach(async () => {
    rig = await Rig.openStandIn();
    await rig.db.createCollection('orders');
    await rig.begin();
  });
  afterEach(() => rig[Symbol.asyncDispose]());

  const orders = () => rig.db.collection<{ _id: number }>('orders');
  const faults = () => rig.deployment.server.faults;
  const told = (): string[] => story(ofDocuments(rig.hub.once));
  const insertWhile = async (run = rig.run({ collections: ['orders'] })): Promise<void> => {
    const _id = told().length;
    await orders().insertOne({ _id });
    await rig.hub.until(() => told().includes(`insert ${_id}`));
    await run.stop();
  };

  test.each([303, 304, 115])('that knows no startAfter (%i) is captured by resumeAfter', async (code) => {
    await insertWhile();
    const fault = faults().add({ kind: 'refuse', on: 'aggregate', code, times: 3 });
    await insertWhile();
    expect(fault.hits).toBe(3);
    expect(told()).toEqual(['insert 0', 'insert 1']);
  });

  test.each([
    [303, 'does not support what capture needs'],
    [8_000, 'the actions find, changeStream and listCollections'],
    [40_573, 'rs.initiate()'],
  ])('that refuses the stream for ever (%i) is not ready, and is not asked again', async (code, advice) => {
    faults().add({ kind: 'refuse', on: 'aggregate', code, times: Infinity });
    const { ended } = rig.run();
    await expect(ended).rejects.toMatchObject({ code: 'SOURCE_NOT_READY', retryable: false });
    await expect(ended).rejects.toThrow(advice);
  });

  test('whose oplog has gone on far beyond a quiet collection has lost nothing of it', async () => {
    await insertWhile();
    for (let round = 0; round < 2; round += 1) {
      const before = rig.progress.kept?.resume?.token;
      const run = rig.run({ collections: ['orders'] });
      await rig.db.collection('others').insertMany(Array.from({ length: 50 }, () => ({})));
      await rig.progress.until(({ resume }) => resume?.kind === 'idle' && resume.token !== before);
      await run.stop();
      await rig.db.collection('others').insertOne({});
      // Of the quiet collection's own last event nothing is left.
      faults().truncateOplog(3);
    }
    await insertWhile();
    expect(told()).toEqual(['insert 0', 'insert 1']);
  });

  test('that was put back behind what was captured has lost changes, loudly', async () => {
    await insertWhile();
    const { kept } = rig.progress;
    const resume = kept?.resume as NonNullable<typeof kept>['resume'] & object;
    rig.progress.kept = {
      ...(kept as NonNullable<typeof kept>),
      resume: { ...resume, time: { seconds: 4_000_000_000, increment: 1 } },
    };
    await expect(rig.run().ended).rejects.toThrow(/^SOURCE_HISTORY_LOST: .*it was put back/);
  });
});
