import { type MongoDatabase } from '../../../src/lib/capture/mongodb/database';
import { forecast, hopeless, type Race } from '../../../src/lib/capture/mongodb/oplog-race';
import { Secret } from '../../../src/lib/config/secret';

const at = (seconds: number) => ({ seconds, increment: 1 });

describe('a copy against the oplog', () => {
  // The stream begins 1,000 s behind the oplog's first entry; 100 documents a second.
  const race: Race = {
    ...{ window: { first: at(0), last: at(2_000), isFull: true }, start: at(1_000) },
    ...{ copied: 10_000, elapsedMs: 100_000, left: 50_000 },
  };

  test('that ends in time needs no word', () => {
    expect(forecast(race)).toBeNull();
    expect(forecast({ ...race, left: 100_000 })).toBeNull();
  });

  test('that may end too late is told of, and goes on', () => {
    expect(forecast({ ...race, left: 150_000 })).toEqual({
      secondsNeeded: 1_500,
      secondsLeft: 1_000,
      isHopeless: false,
    });
  });

  test('that would be too late even twice as fast ends', () => {
    const found = forecast({ ...race, left: 250_000 });
    expect(found).toEqual({ secondsNeeded: 2_500, secondsLeft: 1_000, isHopeless: true });
    const database = {
      ...{
        name: 'shop',
        connectionString: new Secret('mongodb://h'),
        setting: 'CARTS',
        database: null,
        collections: null,
      },
      fullDocument: 'default',
      preImages: 'off',
      snapshot: 'initial',
    } as const satisfies MongoDatabase;
    expect(hopeless(database, found as NonNullable<typeof found>).message).toMatch(
      /^SOURCE_NOT_READY: MongoDB shop: .*about 2500 s more.* in about 1000 s\. Enlarge the oplog \(replSetResizeOplog, with minRetentionHours 2 /,
    );
  });

  test('is not despaired of before its rate is known, but where no rate would do', () => {
    expect(forecast({ ...race, copied: 1, elapsedMs: 29_999, left: 250_000 })).toBeNull();
    expect(forecast({ ...race, copied: 0, elapsedMs: 0, left: 200_000_000 })).toMatchObject({ isHopeless: true });
  });

  test('has nothing to fear from an oplog that is not full, and is not ended where that is unknown', () => {
    const late = { ...race, left: 250_000 };
    expect(forecast({ ...late, window: { ...race.window, isFull: false } })).toBeNull();
    expect(forecast({ ...late, window: { ...race.window, isFull: null } })).toMatchObject({ isHopeless: false });
  });
});
