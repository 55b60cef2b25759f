import { BSON, Int32, MongoServerError, Timestamp } from 'mongodb';
import { type MongoDatabase } from '../../../src/lib/capture/mongodb/database';
import { type Fed, type Feed } from '../../../src/lib/capture/mongodb/feed';
import { replicate } from '../../../src/lib/capture/mongodb/replicate';
import { idlePoint, type ResumePoint } from '../../../src/lib/capture/mongodb/resume-point';
import { type Position } from '../../../src/lib/capture/mongodb/watch';
import { Secret } from '../../../src/lib/config/secret';
import { FakeHub } from '../fakes';

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

const fragment = (number: number, of: number): Buffer =>
  Buffer.from(
    BSON.serialize({
      _id: { _data: `82AB${number}` },
      ...(number === 1 ? { operationType: 'update', clusterTime: new Timestamp({ t: 7, i: 3 }) } : {}),
      splitEvent: { fragment: new Int32(number), of: new Int32(of) },
    }),
  );
const changes = (...documents: Buffer[]): Fed => ({ kind: 'changes', documents });
const idle = (data: string): Fed => ({ kind: 'idle', point: idlePoint({ _data: data }) });

/** Runs on what these streams give, one after the other; the last one ends the run. */
async function runOn(streams: readonly (readonly (Fed | Error)[])[]) {
  const stop = new AbortController();
  const [positions, kept, hub]: [Position[], ResumePoint[], FakeHub<unknown>] = [[], [], new FakeHub()];
  const open = (position: Position): Feed => {
    const fed = [...(streams[positions.length] ?? [])];
    positions.push(position);
    return {
      next() {
        const next = fed.shift();
        if (next instanceof Error) return Promise.reject(next);
        if (next !== undefined) return Promise.resolve(next);
        stop.abort();
        return new Promise(() => undefined);
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  };
  const keep = (point: ResumePoint): Promise<void> => Promise.resolve(void kept.push(point));
  const replication = {
    open,
    database,
    source: { name: 'shop', history: 1 },
    sink: hub,
    keep,
    onCommit: () => undefined,
  };
  const until = { stop: stop.signal, abort: new AbortController().signal };
  await replicate(replication, { time: { seconds: 1, increment: 1 } }, until);
  return { positions, kept, seen: hub.seen };
}

test('an empty batch between the fragments of an event moves no position', async () => {
  const { kept, seen } = await runOn([[idle('82AA'), changes(fragment(1, 2)), idle('82AC')]]);
  expect(kept.map(({ token }) => token)).toEqual(['{"_data":"82AA"}']);
  expect(seen).toEqual([]);
});

test('a stream that breaks between them, or behind them, is taken up where the whole event comes again', async () => {
  const lost = new MongoServerError({ code: 43, errmsg: 'cursor not found' });
  const whole = changes(fragment(1, 2), fragment(2, 2));
  const between = await runOn([[idle('82AA'), changes(fragment(1, 2)), lost], [whole]]);
  expect(between.positions[1]).toMatchObject({ behind: { token: '{"_data":"82AA"}' } });
  expect(between.seen).toHaveLength(1);
  const behind = await runOn([[whole, lost], [whole]]);
  expect(behind.positions[1]).toEqual({ time: { seconds: 7, increment: 3 } });
  expect(new Set(behind.seen.map(({ eventId }) => eventId)).size).toBe(1);
  expect(behind.kept.at(-1)).toMatchObject({ kind: 'fragment', time: { seconds: 7, increment: 3 } });
});
