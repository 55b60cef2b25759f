import { proveLake, type LakeProof } from '../../../src/lib/maintenance/completeness/prove';
import { type PartitionProof } from '../../../src/lib/maintenance/completeness/judge';
import { events, openInstance } from '../../support/instance';
import { LakeReader } from '../../support/reader';
import { startLake, type TestLake } from '../../support/storage';

/** The proof is itself proved: on lakes that were damaged in each way that it is there to find. */

let lake: TestLake;
let reader: LakeReader;

beforeEach(async () => {
  lake = await startLake();
  reader = new LakeReader(lake.connectionString);
});
afterEach(() => lake[Symbol.asyncDispose]());

const prove = async (): Promise<LakeProof> => proveLake((await openInstance(lake.connectionString)).lake);

/** A lake with events 0 to 9 in two files, one of them quarantined. */
async function fill(): Promise<void> {
  const instance = await openInstance(lake.connectionString);
  await instance.deliver(events(0, 4));
  await instance.deliver([...events(5, 6), ...events(7, 7, { body: Buffer.from('no JSON') }), ...events(8, 9)]);
}

async function only(): Promise<PartitionProof> {
  const { partitions, strangers } = await prove();
  expect([partitions.length, strangers]).toEqual([1, { count: 0, paths: [] }]);
  return partitions[0] as PartitionProof;
}

const path = async (part: string): Promise<string> => {
  const found = (await reader.visible()).find((name) => name.includes(part));
  if (found === undefined) throw new Error(`There is no ${part}.`);
  return found;
};

test('a lake that is whole', async () => {
  await fill();
  expect(await only()).toMatchObject({
    ...{ source: 'postgresql', hub: 'changes', partition: '3', start: 0n, last: 9n },
    ...{ files: 3, events: 10, quarantined: 1, pending: 0 },
    ...{ gaps: [], missing: [], uncovered: [], torn: [], doubled: [], verdict: 'whole' },
  });
});

test('an empty lake proves nothing, and nothing against it', async () => {
  expect(await prove()).toEqual({ partitions: [], strangers: { count: 0, paths: [] }, listed: 0 });
});

test('events that Event Hubs has passed over are a gap, not damage', async () => {
  const instance = await openInstance(lake.connectionString);
  await instance.deliver(events(0, 4));
  await instance.deliver(events(8, 9));
  expect(await only()).toMatchObject({ gaps: [{ first: 5n, last: 7n }], missing: [], verdict: 'gaps' });
});

test('a file that was taken away', async () => {
  await fill();
  await reader.remove(await path('_0-4_'));
  expect(await only()).toMatchObject({ missing: [{ first: 0n, last: 4n }], verdict: 'damaged' });
});

test('a quarantine file that was taken away: its run no longer adds up', async () => {
  await fill();
  await reader.remove(await path('quarantine/'));
  expect(await only()).toMatchObject({ torn: [{ first: 5n, last: 9n, found: 4 }], verdict: 'damaged' });
});

test('a count in a name that does not add up', async () => {
  await fill();
  const name = await path('_0-4_');
  await reader.move(name, name.replace('_5.json', '_4.json'));
  expect(await only()).toMatchObject({ torn: [{ first: 0n, last: 4n, found: 4 }], verdict: 'damaged' });
});

test('a file that is there twice under two names', async () => {
  await fill();
  const name = await path('_0-4_');
  await reader.write(name.replace('_0-4_5', '_2-4_3'), await reader.bytes(name));
  expect(await only()).toMatchObject({ doubled: [{ first: 2n, last: 4n }], verdict: 'damaged' });
});

test('a file of numbers that the ledger does not cover', async () => {
  await fill();
  const name = await path('_0-4_');
  await reader.write(name.replace('_0-4_5', '_50-54_5'), await reader.bytes(name));
  expect(await only()).toMatchObject({ uncovered: [{ first: 50n, last: 54n }], verdict: 'damaged' });
});

test('a file of nobody', async () => {
  await fill();
  await reader.write('bronze/postgresql/2026/11/22/notes.txt', 'x');
  await reader.write('bronze/mongodb/2026/11/22/data_20261122T000000000Z_3_0-4_5.json', '{}\n');
  const { strangers, partitions } = await prove();
  expect(strangers).toEqual({
    count: 2,
    paths: [
      'bronze/postgresql/2026/11/22/notes.txt',
      'bronze/mongodb/2026/11/22/data_20261122T000000000Z_3_0-4_5.json',
    ],
  });
  expect(partitions.map(({ verdict }) => verdict)).toEqual(['whole']);
});

test('a file that is committed and not published yet is pending, and no damage', async () => {
  await fill();
  const ledger = '_system/ledger/example.servicebus.windows.net/changes/1/3.json';
  const json = await reader.json(ledger);
  const name = await path('_0-4_');
  await reader.move(name, '_system/staging/waiting');
  await reader.write(
    ledger,
    JSON.stringify({ ...json, pending: [{ staged: '_system/staging/waiting', final: name }] }),
  );
  expect(await only()).toMatchObject({ pending: 1, missing: [], verdict: 'pending' });
});
