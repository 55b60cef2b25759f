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
} from '../../../src/lib/capture/mongodb/watch';
import { Secret } from '../../../src/lib/config/secret';

const database: MongoDatabase = {
  name: 'shop',
  connectionString: new Secret('mongodb://localhost'),
  database: 'shop',
  collections: null,
  fullDocument: 'default',
  preImages: 'off',
  snapshot: 'never',
};
const startTime = { seconds: 100, increment: 3 };

describe('a stream', () => {
  test('of all collections has no filter, and cuts large events up', () => {
    expect(pipelineOf(database, ALL_ABILITIES)).toEqual([{ $changeStreamSplitLargeEvent: {} }]);
    expect(pipelineOf(database, { splits: false, expands: true })).toEqual([]);
  });

  test('of some collections tells of them, of what is renamed to them, and of what ends them', () => {
    expect(pipelineOf({ ...database, collections: ['orders', 'a.b'] }, { splits: false, expands: false })).toEqual([
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
    expect(pipelineOf(whole, { splits: false, expands: false })).toEqual([
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
    expect(streamOptions(database, { time: startTime }, { splits: true, expands: false })).toEqual({
      startAtOperationTime: new Timestamp({ t: 100, i: 3 }),
    });
    const wishes = { ...database, fullDocument: 'required', preImages: 'whenAvailable' } as const;
    expect(streamOptions(wishes, { token: '{"_data":"82"}' }, ALL_ABILITIES)).toEqual({
      fullDocument: 'required',
      fullDocumentBeforeChange: 'whenAvailable',
      showExpandedEvents: true,
      startAfter: { _data: '82' },
    });
  });

  test('asks an older server for less, one thing after the other', () => {
    const first = lesser(ALL_ABILITIES);
    expect(first).toEqual({ splits: false, expands: true });
    expect(first && lesser(first)).toEqual({ splits: false, expands: false });
    expect(lesser({ splits: false, expands: false })).toBeNull();
  });
});

describe('where to go on', () => {
  const state: MongoState = {
    deployment: 'rs0',
    watched: watchedText(database),
    startTime,
    resumeToken: '{"_data":"826635F8F6000000012B"}',
    snapshot: null,
  };

  test('is the start before there was a token, then the token', () => {
    expect(positionOf(database, { ...state, resumeToken: null })).toEqual({ time: startTime });
    expect(positionOf(database, state)).toEqual({ token: state.resumeToken });
  });

  test('is the moment of the token once the stream is another one', () => {
    const time = { seconds: 0x6635f8f6, increment: 1 };
    expect(positionOf({ ...database, collections: ['orders'] }, state)).toEqual({ time });
    expect(positionOf({ ...database, preImages: 'required' }, state)).toEqual({ time });
    expect(positionOf({ ...database, database: null }, state)).toEqual({ time });
  });

  test('is the same for collections in another order', () => {
    expect(watchedText({ ...database, collections: ['a', 'b'] })).toBe(
      watchedText({ ...database, collections: ['b', 'a'] }),
    );
  });
});
