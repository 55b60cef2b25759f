import fc from 'fast-check';
import { Decimal128, Double, Long } from 'mongodb';
import { ofDocuments, Rig, story, type Run, type Seen } from './rig';

const inserts = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `insert ${from + index}`);

describe('capture', () => {
  let rig: Rig;

  beforeEach(async () => {
    rig = await Rig.open();
    await rig.db.createCollection('orders');
    await rig.begin();
  });
  afterEach(() => rig[Symbol.asyncDispose]());

  const orders = () => rig.db.collection<{ _id: number }>('orders');
  const insert = async (from: number, to = from): Promise<void> => {
    await orders().insertMany(Array.from({ length: to - from + 1 }, (_, index) => ({ _id: from + index })));
  };
  const changes = (): Seen[] => ofDocuments(rig.hub.seen);
  const arrived = (count: number): Promise<void> => rig.hub.until(() => ofDocuments(rig.hub.once).length >= count);

  test('that was stopped goes on where it was, and sends nothing twice', async () => {
    for (let id = 1; id <= 5; id += 1) {
      const run = rig.run();
      await insert(id);
      await arrived(id);
      expect(await run.stop()).toBe('stopped');
    }
    expect(story(changes())).toEqual(inserts(1, 5));
  });

  test('goes on with what happened while it was not running', async () => {
    const first = rig.run();
    await insert(1);
    await arrived(1);
    await first.stop();
    await insert(2, 300);
    const second = rig.run();
    await arrived(300);
    await second.stop();
    expect(story(changes())).toEqual(inserts(1, 300));
  });

  test('that died between sending and keeping sends again, under the same ids', async () => {
    const before = rig.progress.kept;
    const first = rig.run();
    await insert(1, 100);
    await arrived(100);
    rig.progress.failure = new Error('died');
    await expect(first.stop()).rejects.toThrow(/died/);
    rig.progress.failure = null;
    expect(rig.progress.kept).toEqual(before);
    const second = rig.run();
    await insert(101);
    await arrived(101);
    await second.stop();
    expect(changes()).toHaveLength(201);
    expect(story(ofDocuments(rig.hub.once))).toEqual(inserts(1, 101));
  });

  test('whose record is an older one that was put back sends again what was sent since, under the same ids', async () => {
    const captureOrder = async (id: number): Promise<void> => {
      const run = rig.run();
      await insert(id);
      await arrived(id);
      await run.stop();
    };
    await captureOrder(1);
    const older = rig.progress.kept;
    await captureOrder(2);
    await captureOrder(3);
    rig.progress.kept = older;
    await captureOrder(4);
    expect(story(changes())).toEqual([...inserts(1, 3), ...inserts(2, 4)]);
    expect(story(ofDocuments(rig.hub.once))).toEqual(inserts(1, 4));
  });

  test('keeps no token of what Event Hubs has not accepted', async () => {
    const before = rig.progress.kept;
    rig.hub.held = new Promise(() => undefined);
    const put = new Promise<void>((resolve) => {
      rig.hub.onPut = ({ body }) => {
        if (body.includes('{"$numberInt":"7"}')) resolve();
        return undefined;
      };
    });
    const run = rig.run();
    await insert(7);
    await put;
    expect(await run.abort()).toBe('stopped');
    rig.hub.forget();
    expect(rig.progress.kept).toEqual(before);
    rig.hub.held = null;
    const again = rig.run();
    await arrived(1);
    await again.stop();
    expect(story(changes())).toEqual(['insert 7']);
    expect(rig.progress.kept).not.toEqual(before);
  });

  test('ends at what the hub refuses; the next run sends it again', async () => {
    rig.hub.refusal = new Error('the hub is away');
    const run = rig.run();
    await insert(1, 2);
    await expect(run.ended).rejects.toThrow(/SOURCE_FAILED.*the hub is away/);
    rig.hub.refusal = null;
    const again = rig.run();
    await arrived(2);
    await again.stop();
    expect(story(changes())).toEqual(inserts(1, 2));
  });

  test('ends at what the hub refuses while nothing else happens', async () => {
    const run = rig.run();
    await insert(1);
    rig.hub.onPut = () => {
      rig.hub.refusal = new Error('the hub is away');
      return undefined;
    };
    await expect(run.ended).rejects.toThrow(/SOURCE_FAILED.*the hub is away/);
  });

  test('does not put the next change before there is room', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const full = new Promise<void>((heard) => {
      rig.hub.onPut = () => {
        heard();
        return promise;
      };
    });
    const run = rig.run();
    await insert(1, 50);
    await full;
    // Meanwhile the first is accepted, and no other has come.
    await rig.hub.until((seen) => seen.length > 0);
    expect(rig.hub.puts).toBe(1);
    rig.hub.onPut = null;
    resolve(undefined);
    await arrived(50);
    await run.stop();
    expect(story(changes())).toEqual(inserts(1, 50));
  });

  test('keeps a token while nothing happens to what it captures', async () => {
    const before = rig.progress.kept?.resume?.token ?? null;
    const run = rig.run({ collections: ['orders'] });
    await rig.db.collection('others').insertOne({});
    await rig.progress.until(({ resume }) => resume !== null && resume.token !== before);
    await run.stop();
    expect(changes()).toHaveLength(0);
  });

  test('goes on with other settings where it was, and loses nothing', async () => {
    const others = rig.db.collection<{ _id: number }>('others');
    const first = rig.run();
    await insert(1);
    await others.insertOne({ _id: 2 });
    await arrived(2);
    await first.stop();
    await insert(3);
    // The token is of an event that this stream does not have.
    const second = rig.run({ collections: ['orders'] });
    await arrived(3);
    await second.stop();
    await others.insertOne({ _id: 4 });
    const third = rig.run({ fullDocument: 'default' });
    await arrived(4);
    await third.stop();
    expect(story(ofDocuments(rig.hub.once))).toEqual(['insert 1', 'insert 2', 'insert 3', 'insert 4']);
    // From then on it goes on behind its point again, and sends nothing twice.
    const sent = rig.hub.puts;
    const fourth = rig.run({ fullDocument: 'default' });
    await others.insertOne({ _id: 5 });
    await arrived(5);
    await fourth.stop();
    expect(rig.hub.puts).toBe(sent + 1);
  });

  test.each([
    ['a double', () => [new Double(1), new Double(2)]],
    ['a 64-bit integer', () => [Long.fromNumber(1), Long.fromNumber(2)]],
    ['a decimal', () => [Decimal128.fromString('1'), Decimal128.fromString('2')]],
  ])('goes on where it was though the last key was %s', async (_what, ids) => {
    const any = rig.db.collection<{ _id: unknown }>('orders');
    for (const _id of ids()) {
      const [run, before] = [rig.run(), changes().length];
      await any.insertOne({ _id });
      await arrived(before + 1);
      await rig.progress.until(({ resume }) => resume?.kind === 'idle');
      await run.stop();
    }
    expect(story(changes())).toEqual(['insert', 'insert']);
  });

  test('stops at once while nothing happens', async () => {
    const run = rig.run();
    await insert(1);
    await arrived(1);
    const before = performance.now();
    await run.stop();
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  test('is aborted while it waits for room, or for its events to be accepted', async () => {
    rig.hub.held = new Promise(() => undefined);
    for (const room of [new Promise<void>(() => undefined), undefined]) {
      const put = new Promise<void>((resolve) => {
        rig.hub.onPut = () => {
          resolve();
          return room;
        };
      });
      const run = rig.run();
      await insert(room === undefined ? 1 : 2);
      await put;
      if (room === undefined) void run.stop();
      const before = performance.now();
      expect(await run.abort()).toBe('stopped');
      expect(performance.now() - before).toBeLessThan(1_000);
    }
  });

  test('that was told to stop before it begins does nothing', async () => {
    const { kept } = rig.progress;
    await insert(1);
    expect(await rig.run().stop()).toBe('stopped');
    expect(rig.hub.puts).toBe(0);
    expect(rig.progress.kept).toEqual(kept);
  });

  test('stops when another has kept its progress meanwhile', async () => {
    const run = rig.run();
    await insert(1);
    await arrived(1);
    await rig.progress.open().keep(rig.progress.kept as NonNullable<typeof rig.progress.kept>);
    await insert(2);
    await expect(run.ended).rejects.toThrow(/^CAPTURE_OVERTAKEN/);
  }, 20_000);

  test('loses nothing, however its runs end', async () => {
    let written = 0;
    const endings: Readonly<Record<string, (run: Run) => Promise<unknown>>> = {
      stop: (run) => run.stop(),
      abort: (run) => run.abort(),
      refuse: async (run) => {
        rig.hub.refusal = new Error('refused');
        await insert((written += 1));
        await run.ended;
      },
      die: (run) => {
        rig.progress.failure = new Error('died');
        return run.stop();
      },
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...Object.keys(endings)), fc.nat(20)), { minLength: 1, maxLength: 6 }),
        async (plan) => {
          for (const [ending, count] of plan) {
            const run = rig.run();
            for (let n = 0; n < count; n += 1) await insert((written += 1));
            await endings[ending]?.(run).catch(() => undefined);
            // The process is gone, and what it had in hand.
            rig.hub.forget();
            [rig.hub.refusal, rig.progress.failure] = [null, null];
          }
          const last = rig.run();
          await insert((written += 1));
          await rig.hub.until((seen) => story(seen).at(-1) === `insert ${written}`);
          await last.stop();
          expect(story(ofDocuments(rig.hub.once))).toEqual(inserts(1, written));
        },
      ),
      { numRuns: 8 },
    );
  });
});
