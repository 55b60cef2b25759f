import fc from 'fast-check';
import { readRun, writeRun, type RunRecord } from '../../../src/lib/maintenance/record';
import { MemoryStore } from '../../simulation/memory-store';
import { lakeOver, Wire } from '../../simulation/wire';

/** A lake that answers at once. */
function openLake() {
  const store = new MemoryStore();
  const wire = new Wire();
  const lake = lakeOver(wire, { name: 'A', alive: true }, store);
  const now = <T>(asked: Promise<T>): Promise<T> => {
    wire.deliver(0, 'answered');
    return asked;
  };
  return { store, lake, now };
}

const PATH = '_system/maintenance/weekly.json';

test('what is written is read, the last of each name', async () => {
  const time = fc.integer({ min: 0, max: 4e12 });
  const record: fc.Arbitrary<RunRecord> = fc.record({
    startedAt: time,
    endedAt: fc.option(time),
    outcome: fc.constantFrom('done', 'out_of_time', 'failed', 'running'),
    summary: fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      fc.oneof(fc.string(), fc.integer(), fc.boolean()),
    ),
  });
  await fc.assert(
    fc.asyncProperty(record, record, async (first, second) => {
      const { lake, now } = openLake();
      await now(writeRun(lake, 'weekly', first));
      await now(writeRun(lake, 'daily', first));
      await now(writeRun(lake, 'weekly', second));
      expect(await now(readRun(lake, 'weekly'))).toEqual({ ...second, summary: { ...second.summary } });
      expect(await now(readRun(lake, 'daily'))).toEqual({ ...first, summary: { ...first.summary } });
    }),
  );
});

test.each(['', 'null', '[]', '{"format":2}', '{"format":1,"startedTime":"then"}'])(
  'a record that is %j tells nothing, and is no trouble',
  async (text) => {
    const { store, lake, now } = openLake();
    expect(await now(readRun(lake, 'weekly'))).toBeNull();
    store.stage(PATH, Buffer.from(text));
    expect(await now(readRun(lake, 'weekly'))).toBeNull();
  },
);
