import fc from 'fast-check';
import { BSON, Timestamp } from 'mongodb';
import {
  formatClusterTime,
  parseClusterTime,
  timeOfToken,
  type ClusterTime,
} from '../../../src/lib/capture/mongodb/cluster-time';
import { idlePoint, parsePoint, pointJson } from '../../../src/lib/capture/mongodb/resume-point';
import { parseState, snapshotAt, stateJson, type MongoState } from '../../../src/lib/capture/mongodb/state';

const clusterTime: fc.Arbitrary<ClusterTime> = fc.record({
  seconds: fc.nat({ max: 0xffff_ffff }),
  increment: fc.nat({ max: 0xffff_ffff }),
});

const state: fc.Arbitrary<MongoState> = fc.record({
  deployment: fc.string(),
  watched: fc.string(),
  startTime: clusterTime,
  resume: fc.option(
    fc.record({
      token: fc.string(),
      time: fc.option(clusterTime),
      kind: fc.constantFrom('event', 'fragment', 'invalidate', 'idle'),
    }),
  ),
  snapshot: fc.option(
    fc.record({
      time: clusterTime,
      only: fc.option(fc.string()),
      done: fc.array(fc.string()),
      collection: fc.option(fc.string()),
      after: fc.option(fc.string()),
      documents: fc.nat(),
    }),
  ),
});

test('a state is read as it was written', () => {
  fc.assert(
    fc.property(state, (kept) => {
      expect(parseState(JSON.parse(JSON.stringify(stateJson(kept))))).toEqual(kept);
    }),
  );
});

test('what is no state is none', () => {
  const good = stateJson({
    deployment: 'rs0',
    watched: '',
    startTime: { seconds: 1, increment: 2 },
    resume: { token: '{}', time: null, kind: 'idle' },
    snapshot: snapshotAt({ seconds: 1, increment: 2 }, null),
  });
  expect(parseState(good)).not.toBeNull();
  for (const name of Object.keys(good)) expect(parseState({ ...good, [name]: 7 })).toBeNull();
  expect(parseState(null)).toBeNull();
  expect(parseState({ ...good, startTime: '1' })).toBeNull();
  for (const name of ['time', 'only', 'done', 'collection', 'after', 'documents']) {
    expect(parseState({ ...good, snapshot: { ...(good['snapshot'] as object), [name]: true } })).toBeNull();
  }
  for (const name of ['token', 'time', 'kind']) {
    expect(parseState({ ...good, resume: { ...(good['resume'] as object), [name]: true } })).toBeNull();
  }
});

test('a resume token of any content is read as the server has made it', () => {
  const token = {
    _data: '826635F8F6000000012B',
    _typeBits: new BSON.Binary(Buffer.from([0x82, 0x40, 1]), 0),
    more: { long: BSON.Long.fromString('9007199254740993'), double: new BSON.Double(1), int: new BSON.Int32(1) },
  };
  const point = idlePoint(token);
  expect(point).toMatchObject({ time: { seconds: 0x6635f8f6, increment: 1 }, kind: 'idle' });
  const kept = parsePoint(JSON.parse(JSON.stringify(pointJson(point))));
  const read = BSON.EJSON.parse(kept?.token ?? '', { relaxed: false }) as BSON.Document;
  expect(BSON.serialize(read)).toEqual(BSON.serialize(token));
});

test('a cluster time is read as it was written', () => {
  fc.assert(
    fc.property(clusterTime, (time) => {
      expect(parseClusterTime(formatClusterTime(time))).toEqual(time);
    }),
  );
  for (const text of ['', '1', '1:', ':1', '-1:1', '4294967296:0', '0:4294967296', '1:1 ']) {
    expect(parseClusterTime(text)).toBeNull();
  }
});

test('a resume token tells its moment', () => {
  // Of MongoDB 7.0, as its documentation shows one.
  const data = '826635F8F6000000012B042C0100296E5A1004A5093ABB38FE4B9EA67F01BB1A96D812463C5F6964003C5F5F5F78000004';
  const { t, i } = new Timestamp({ t: 0x6635f8f6, i: 1 });
  expect(timeOfToken(data)).toEqual({ seconds: t, increment: i });
  expect(timeOfToken(BSON.EJSON.stringify('no token'))).toBeNull();
});
