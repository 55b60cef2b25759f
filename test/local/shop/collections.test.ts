import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  BSON,
  BSONRegExp,
  Binary,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MongoClient,
  ObjectId,
  Timestamp,
  UUID,
  type Document,
} from 'mongodb';
import { startMongo, type LocalMongo } from '../../../local/mongodb/mongodb';
import { collectionChanges } from '../../../local/shop/mongodb/changes';
import { collectionRows } from '../../../local/shop/mongodb/collection-rows';
import { createCollections } from '../../../local/shop/mongodb/create';
import { type Row } from '../../../local/rebuild/tables';

describe('a shop in MongoDB', () => {
  let server: LocalMongo;
  let client: MongoClient;

  beforeAll(async () => {
    server = await startMongo({ port: 0 });
    client = await new MongoClient(server.uri).connect();
  });
  afterAll(async () => {
    await client.close();
    await server.close();
  });

  test('begins with as many documents as are asked for, the same for the same seed', async () => {
    await createCollections(client.db('filled'), { seed: 7, documents: 240 });
    await createCollections(client.db('filled_again'), { seed: 7, documents: 240 });
    const rows = await collectionRows(client.db('filled'));
    expect([...rows].map(([name, { size }]) => [name, size]).sort()).toEqual([
      ['filled.carts', 100],
      ['filled.reviews', 140],
    ]);
    const again = await collectionRows(client.db('filled_again'));
    expect(again.get('filled_again.carts')).toEqual(rows.get('filled.carts'));
    expect(again.get('filled_again.reviews')).toEqual(rows.get('filled.reviews'));
  });

  test('changes the same for the same seed by one connection, otherwise for another seed', async () => {
    const run = async (database: string, seed: number) => {
      await createCollections(client.db(database), { documents: 100 });
      const report = await collectionChanges({ uri: server.uri, database, seed, changes: 300, connections: 1 });
      const rows = await collectionRows(client.db(database));
      return { report, carts: rows.get(`${database}.carts`), reviews: rows.get(`${database}.reviews`) };
    };
    const first = await run('same_1', 3);
    expect(await run('same_2', 3)).toEqual(first);
    expect((await run('same_3', 4)).carts).not.toEqual(first.carts);
  });

  test('commits what it says, of every kind, and change streams tell the rows that the judge reads', async () => {
    const db = client.db('kinds');
    await createCollections(db, { documents: 0 });
    await using stream = db.watch([], { fullDocument: 'updateLookup', maxAwaitTimeMS: 50, ...EXACT });
    await stream.tryNext();
    const report = await collectionChanges({ uri: server.uri, database: 'kinds', seed: 5, changes: 2_000 });
    await db.collection('end').insertOne({});
    const kinds = new Map<string, number>();
    const transactions = new Set<string>();
    const rows = new Map<string, Row>();
    let changes = 0;
    let longest = 0;
    for (let event = await nextOf(stream); event.ns.coll !== 'end'; event = await nextOf(stream)) {
      changes += 1;
      longest = Math.max(longest, canonical(event.fullDocument ?? null).length);
      kinds.set(event.operationType, (kinds.get(event.operationType) ?? 0) + 1);
      if (event.lsid !== undefined) transactions.add(canonical([event.lsid, event.txnNumber]));
      const key = `${event.ns.coll}${canonical(event.documentKey)}`;
      if (event.operationType === 'delete') rows.delete(key);
      // A document that was deleted since is looked up in vain: its delete follows.
      else if (event.fullDocument) rows.set(key, fieldsOf(event.fullDocument));
    }
    expect(report).toMatchObject({ changes, unknown: 0, transactions: transactions.size, largeDocuments: 2 });
    expect([...kinds.keys()].sort()).toEqual(['delete', 'insert', 'replace', 'update']);
    expect(report.aborted).toBeGreaterThan(0);
    const judged = await collectionRows(db);
    const all = ['carts', 'reviews'].flatMap((name) =>
      [...(judged.get(`kinds.${name}`) ?? [])].map(([key, row]) => [`${name}${key}`, row] as const),
    );
    expect(new Map(all)).toEqual(rows);
    expect(all.length).toBeGreaterThan(300);
    expect(longest).toBeGreaterThan(1_200_000);
  });

  test('each field has its token in canonical Extended JSON, by the document key as change streams send it', async () => {
    const fields: readonly [value: unknown, token: string][] = [
      [new Int32(1), '{"$numberInt":"1"}'],
      [new Double(1), '{"$numberDouble":"1.0"}'],
      [new Double(-0), '{"$numberDouble":"-0.0"}'],
      [new Double(NaN), '{"$numberDouble":"NaN"}'],
      [Long.fromString('9007199254740993'), '{"$numberLong":"9007199254740993"}'],
      [Decimal128.fromString('12.50'), '{"$numberDecimal":"12.50"}'],
      [new Date(1_764_158_400_123), '{"$date":{"$numberLong":"1764158400123"}}'],
      [new Date(-62_135_596_800_000), '{"$date":{"$numberLong":"-62135596800000"}}'],
      [new Timestamp({ t: 7, i: 1 }), '{"$timestamp":{"t":7,"i":1}}'],
      [new Binary(Buffer.from('a')), '{"$binary":{"base64":"YQ==","subType":"00"}}'],
      [
        new UUID('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'),
        '{"$binary":{"base64":"oO68mZwLTvi7bWu5vTgKEQ==","subType":"04"}}',
      ],
      [new ObjectId('0123456789abcdef01234567'), '{"$oid":"0123456789abcdef01234567"}'],
      [new BSONRegExp('^a"', 'i'), '{"$regularExpression":{"pattern":"^a\\"","options":"i"}}'],
      [new MaxKey(), '{"$maxKey":1}'],
      ['two\nlines "quoted" é🙂\u2028', '"two\\nlines \\"quoted\\" é🙂\u2028"'],
      [true, 'true'],
      [null, 'null'],
      [[], '[]'],
      [{ a: [new Int32(1), { b: {} }] }, '{"a":[{"$numberInt":"1"},{"b":{}}]}'],
    ];
    const db = client.db('judged');
    const document = Object.fromEntries(fields.map(([value], i) => [`f${i}`, value]));
    const ids = [Long.fromString('9007199254740993'), 'a "b"', { order: Long.fromString('1'), line: new Int32(2) }];
    await db.collection<Document & { _id: unknown }>('odd.name').insertMany(ids.map((_id) => ({ _id, ...document })));
    const rows = (await collectionRows(db)).get('judged."odd.name"') ?? new Map<string, Row>();
    const tokens = Object.fromEntries(fields.map(([, token], i) => [`f${i}`, token]));
    const keys = [
      '{"$numberLong":"9007199254740993"}',
      '"a \\"b\\""',
      '{"order":{"$numberLong":"1"},"line":{"$numberInt":"2"}}',
    ];
    expect(rows).toEqual(new Map(keys.map((key) => [`{"_id":${key}}`, { _id: key, ...tokens }])));
  });

  test('ends when it is told to', async () => {
    await createCollections(client.db('ended'), { documents: 50 });
    const stop = new AbortController();
    const report = await collectionChanges({
      uri: server.uri,
      database: 'ended',
      seed: 1,
      changes: 1e6,
      largeDocuments: 0,
      signal: stop.signal,
      onProgress: ({ changes }) => {
        if (changes > 200) stop.abort();
      },
    });
    expect(report.changes).toBeGreaterThan(200);
    expect(report.changes).toBeLessThan(2_000);
  });
});

test('the server steps down, is cut off and restarts in the middle: the run goes on', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'shop-mongodb-'));
  let server = await startMongo({ port: 0, folder });
  const { port, uri } = server;
  const restart = async (): Promise<void> => {
    await server.close();
    server = await startMongo({ port, folder });
  };
  const elect = async (): Promise<void> => {
    server.faults.stepDown();
    await new Promise((resolve) => setTimeout(resolve, 300));
    server.faults.stepUp();
  };
  const troubles = [elect, () => Promise.resolve(void server.faults.cutConnections()), restart];
  let trouble = Promise.resolve();
  try {
    await using client = await new MongoClient(uri).connect();
    await createCollections(client.db('shop'), { documents: 100 });
    await client.close();
    const report = await collectionChanges({
      uri,
      database: 'shop',
      seed: 2,
      changes: 2_000,
      onProgress: ({ changes }) => {
        if (changes < 500 * (4 - troubles.length)) return;
        const next = troubles.shift();
        if (next !== undefined) trouble = trouble.then(next);
      },
    });
    await trouble;
    expect(troubles).toEqual([]);
    expect(report.changes).toBeGreaterThanOrEqual(2_000);
    expect(report.unknown).toBeLessThan(100);
  } finally {
    await server.close();
    await rm(folder, { recursive: true });
  }
});

/** Values as the objects that hold their type. */
const EXACT = { promoteValues: false, promoteBuffers: false, bsonRegExp: true };

interface AnyEvent {
  readonly operationType: string;
  readonly ns: { readonly coll: string };
  readonly documentKey: Document;
  readonly fullDocument?: Document | null;
  readonly lsid?: Document;
  readonly txnNumber?: unknown;
}

const nextOf = async (stream: { next(): Promise<unknown> }): Promise<AnyEvent> => (await stream.next()) as AnyEvent;

const canonical = (value: unknown): string => BSON.EJSON.stringify(value, { relaxed: false });

const fieldsOf = (document: Document): Row =>
  Object.fromEntries(Object.entries(document).map(([name, value]) => [name, canonical(value)]));
