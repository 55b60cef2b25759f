import { Timestamp } from 'mongodb';
import { type MongoDatabase } from '../../../src/lib/capture/mongodb/database';
import { type MongoState } from '../../../src/lib/capture/mongodb/state';
import {
  ALL_ABILITIES,
  lesser,
  pipelineOf,
  positionOf,
  streamOptions,
  watchedText,
  type Abilities,
} from '../../../src/lib/capture/mongodb/watch';
import { Secret } from '../../../src/lib/config/secret';

const database: MongoDatabase = {
  name: 'shop',
  connectionString: new Secret('mongodb://localhost'),
  setting: 'CARTS',
  database: 'shop',
  collections: null,
  fullDocument: 'default',
  preImages: 'off',
  snapshot: 'never',
};
const startTime = { seconds: 100, increment: 3 };
const point = { token: '{"_data":"82"}', time: startTime, kind: 'event' } as const;

describe('a stream', () => {
  test('of all collections has no filter, and cuts large events up', () => {
    expect(pipelineOf(database, ALL_ABILITIES)).toEqual([{ $changeStreamSplitLargeEvent: {} }]);
    expect(pipelineOf(database, { ...ALL_ABILITIES, splits: false })).toEqual([]);
  });

  test('of some collections tells of them, of what is renamed to them, and of what ends them', () => {
    expect(
      pipelineOf({ ...database, collections: ['orders', 'a.b'] }, { ...ALL_ABILITIES, splits: false, expands: false }),
    ).toEqual([
      {
        $match: {
          $or: [
            { 'ns.coll': { $in: ['orders', 'a.b'] } },
            { 'to.coll': { $in: ['orders', 'a.b'] } },
            { operationType: { $in: ['dropDatabase', 'invalidate'] } },
          ],
        },
      },
    ]);
    const whole = { ...database, database: null, collections: ['shop.orders', 'shop.a.b'] };
    expect(pipelineOf(whole, { ...ALL_ABILITIES, splits: false, expands: false })).toEqual([
      {
        $match: {
          $or: [
            { 'ns.db': 'shop', 'ns.coll': 'orders' },
            { 'to.db': 'shop', 'to.coll': 'orders' },
            { 'ns.db': 'shop', 'ns.coll': 'a.b' },
            { 'to.db': 'shop', 'to.coll': 'a.b' },
            { operationType: 'dropDatabase', 'ns.db': { $in: ['shop'] } },
            { operationType: 'invalidate' },
          ],
        },
      },
    ]);
  });

  test('asks for what the settings say, and begins where it should', () => {
    expect(streamOptions(database, { time: startTime }, { ...ALL_ABILITIES, expands: false })).toEqual({
      startAtOperationTime: new Timestamp({ t: 100, i: 3 }),
    });
    const wishes = { ...database, fullDocument: 'required', preImages: 'whenAvailable' } as const;
    expect(streamOptions(wishes, { behind: point }, ALL_ABILITIES)).toEqual({
      fullDocument: 'required',
      fullDocumentBeforeChange: 'whenAvailable',
      showExpandedEvents: true,
      startAfter: { _data: '82' },
    });
  });

  test('asks an older server for less: for what it names, else one thing after the other', () => {
    expect(lesser(ALL_ABILITIES, "Unrecognized pipeline stage name: '$changeStream'")).toEqual({
      ...ALL_ABILITIES,
      splits: false,
    });
    expect(lesser(ALL_ABILITIES, "BSON field '$changeStream.showExpandedEvents' is an unknown field.")).toEqual({
      ...ALL_ABILITIES,
      expands: false,
    });
    expect(lesser(ALL_ABILITIES, 'Feature not supported: startAfter')).toEqual({
      ...ALL_ABILITIES,
      startsAfter: false,
    });
    let left: Abilities | null = ALL_ABILITIES;
    for (let n = 0; n < 3; n += 1) left = left && lesser(left, 'not supported');
    expect(left).toEqual({ splits: false, expands: false, startsAfter: false });
    expect(left && lesser(left, 'startAfter')).toBeNull();
  });

  test('goes on by resumeAfter where startAfter is not known, and behind an invalidation by its moment', () => {
    const older = { ...ALL_ABILITIES, startsAfter: false };
    expect(streamOptions(database, { behind: point }, older)).toMatchObject({ resumeAfter: { _data: '82' } });
    const invalid = { ...point, kind: 'invalidate' } as const;
    expect(streamOptions(database, { behind: invalid }, older)).toMatchObject({
      startAtOperationTime: new Timestamp({ t: 100, i: 4 }),
    });
    expect(streamOptions(database, { behind: invalid }, ALL_ABILITIES)).toMatchObject({ startAfter: { _data: '82' } });
  });
});

describe('where to go on', () => {
  const state: MongoState = {
    deployment: 'rs0',
    watched: watchedText(database),
    startTime,
    resume: { ...point, time: { seconds: 200, increment: 1 } },
    snapshot: null,
  };

  test('is the start before there was a point, then the point', () => {
    expect(positionOf(database, { ...state, resume: null })).toEqual({ time: startTime });
    expect(positionOf(database, state)).toEqual({ behind: state.resume });
  });

  test('is the moment of the point once the stream is another one', () => {
    const time = { seconds: 200, increment: 1 };
    expect(positionOf({ ...database, collections: ['orders'] }, state)).toEqual({ time });
    expect(positionOf({ ...database, preImages: 'required' }, state)).toEqual({ time });
    expect(positionOf({ ...database, database: null }, state)).toEqual({ time });
    const timeless = { ...point, time: null };
    expect(positionOf({ ...database, database: null }, { ...state, resume: timeless })).toEqual({ behind: timeless });
  });

  test('is the moment of an event that came in fragments', () => {
    expect(positionOf(database, { ...state, resume: { ...point, kind: 'fragment' } })).toEqual({ time: startTime });
  });

  test('is the same for collections in another order', () => {
    expect(watchedText({ ...database, collections: ['a', 'b'] })).toBe(
      watchedText({ ...database, collections: ['b', 'a'] }),
    );
  });
});
