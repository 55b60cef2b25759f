import { status } from '../../local/storage/faults';
import { type Ledger } from '../../src/lib/ledger/ledger';
import { parseLedger } from '../../src/lib/ledger/ledger-json';
import { planPath } from '../../src/lib/ledger/names';
import { publishPending } from '../../src/lib/ledger/publish';
import { settle } from '../../src/lib/ledger/settle';
import { dayFolder } from '../../src/lib/time';
import { events, NOON, openInstance, PARTITION, type Instance } from '../support/instance';
import { LakeReader, numbers } from '../support/reader';
import { startLake, type TestLake } from '../support/storage';

/** What a rename's answer may mean, told apart by error code, and what is done about each. */

let lake: TestLake;
let reader: LakeReader;
let instance: Instance;

const LEDGER = '_system/ledger/example.servicebus.windows.net/changes/1/3.json';

beforeAll(async () => {
  lake = await startLake();
  reader = new LakeReader(lake.directConnectionString);
});

afterAll(() => lake.dispose());

beforeEach(async () => {
  lake.proxy.clear();
  await reader.clear();
  lake.proxy.forgetRequests();
  instance = await openInstance(lake.connectionString);
});

/** A ledger with one pending file that was swapped and never published; its writer is dead. */
async function leaveUnpublished(): Promise<{ ledger: Ledger; staged: string; final: string }> {
  const failing = lake.proxy.add({ operation: 'rename', times: Infinity, action: status(403) });
  await expect(instance.deliver(events(0, 9))).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  failing.remove();
  const ledger = parseLedger(await reader.bytes(LEDGER), LEDGER);
  const [file] = ledger.pending;
  if (file === undefined || ledger.pending.length !== 1) throw new Error('one file should be pending');
  return { ledger, ...file };
}

test("the destination's parent is missing: it is created, and the file published", async () => {
  const { ledger } = await leaveUnpublished();
  expect(await reader.paths('bronze')).toEqual([]);
  lake.proxy.forgetRequests();
  await publishPending(instance.lake, ledger);
  expect(lake.proxy.requests.map(({ operation }) => operation)).toEqual(['rename', 'createDirectory', 'rename']);
  expect(await reader.sequences()).toEqual(numbers(0, 9));
});

test('source gone, destination there: published by another', async () => {
  const { ledger, final } = await leaveUnpublished();
  await publishPending(instance.lake, ledger);
  await publishPending(instance.lake, ledger);
  expect(await reader.visible()).toEqual([final]);
});

test('both gone, and the ledger no longer names the file: it was published, and moved on since', async () => {
  const { ledger, final } = await leaveUnpublished();
  expect(await settle(instance.lake, { ...PARTITION, incarnation: 1 })).toBe(1);
  await reader.remove(final);
  await expect(publishPending(instance.lake, ledger)).resolves.toBeUndefined();
});

test('both gone, and an optimise plan lists the file: it was published, and is being merged', async () => {
  const { ledger, staged, final } = await leaveUnpublished();
  await reader.remove(staged);
  const plan = planPath('postgresql', dayFolder(NOON), PARTITION.partition);
  await reader.write(plan, JSON.stringify({ format: 1, inputs: [{ path: final }] }));
  await expect(publishPending(instance.lake, ledger)).resolves.toBeUndefined();
  await reader.write(plan, JSON.stringify({ format: 1, inputs: [{ path: `${final}.other` }] }));
  await expect(publishPending(instance.lake, ledger)).rejects.toMatchObject({ code: 'COMMITTED_FILE_MISSING' });
});

test('both gone, and nothing explains it: COMMITTED_FILE_MISSING, and the partition does not go on', async () => {
  const { staged, final } = await leaveUnpublished();
  await reader.remove(staged);
  const failure = instance.deliver(events(0, 9));
  await expect(failure).rejects.toMatchObject({ code: 'COMMITTED_FILE_MISSING', retryable: true });
  await expect(failure).rejects.toThrow(final);
  expect(await reader.visible()).toEqual([]);
});

test('both gone, and the ledger was rebuilt: the batch is judged again', async () => {
  const { ledger, staged } = await leaveUnpublished();
  await reader.remove(staged);
  const other = (await reader.bytes(LEDGER)).toString().replace(ledger.generation, 'another-generation');
  await reader.write(LEDGER, other);
  await expect(publishPending(instance.lake, ledger)).rejects.toMatchObject({ code: 'LEDGER_REBUILT' });
});

test('both there with the same bytes: the source is deleted', async () => {
  const { ledger, staged, final } = await leaveUnpublished();
  await reader.write(final, await reader.bytes(staged));
  await publishPending(instance.lake, ledger);
  expect(await reader.paths('_system/staging')).toEqual([]);
  expect(await reader.sequences()).toEqual(numbers(0, 9));
});

test.each([
  ['other bytes', (bytes: Buffer) => Buffer.from(bytes.toString().replace('"number":3', '"number":4'))],
  ['fewer bytes', (bytes: Buffer) => bytes.subarray(0, bytes.length - 1)],
  ['no bytes', () => Buffer.alloc(0)],
])('both there with %s: NAME_TAKEN, and nothing is overwritten', async (_, change) => {
  const { ledger, staged, final } = await leaveUnpublished();
  const stranger = change(await reader.bytes(staged));
  await reader.write(final, stranger);
  await expect(publishPending(instance.lake, ledger)).rejects.toMatchObject({ code: 'NAME_TAKEN' });
  expect(await reader.bytes(final)).toEqual(stranger);
  expect(await reader.paths('_system/staging')).toEqual([staged]);
});

test('large files that differ in their last byte are told apart, and equal ones taken as equal', async () => {
  const large = Buffer.alloc(9 << 20, 'x');
  const other = Buffer.from(large);
  other[other.length - 1] = 0x79;
  const whole = Buffer.alloc(8 << 20, 'x');
  for (const [name, bytes] of Object.entries({ large, twin: large, other, whole, wholeTwin: whole })) {
    await instance.lake.stage(`_system/staging/${name}`, bytes);
  }
  const same = (a: string, b: string): Promise<boolean | null> =>
    instance.lake.sameBytes(`_system/staging/${a}`, `_system/staging/${b}`);
  expect(await same('large', 'twin')).toBe(true);
  expect(await same('whole', 'wholeTwin')).toBe(true);
  expect(await same('large', 'other')).toBe(false);
  expect(await same('large', 'whole')).toBe(false);
  expect(await same('whole', 'large')).toBe(false);
  expect(await same('large', 'nobody')).toBeNull();
});

describe('settle', () => {
  const of = { ...PARTITION, incarnation: 1 };

  test('publishes what a dead writer committed, and has the ledger forget it', async () => {
    await leaveUnpublished();
    expect(await settle(instance.lake, of)).toBe(1);
    expect(await reader.sequences()).toEqual(numbers(0, 9));
    expect(await reader.json(LEDGER)).toMatchObject({ pending: [], last: '9' });
    expect(await settle(instance.lake, of)).toBe(0);
  });

  test('writers that go on beside it lose and double nothing', async () => {
    await instance.deliver(events(0, 4));
    await settle(instance.lake, of);
    expect(await instance.deliver(events(5, 9))).toMatchObject({ written: 5, swapConflicts: 1 });
    expect(await reader.sequences()).toEqual(numbers(0, 9));
  });

  test('there is nothing to settle without a ledger', async () => {
    expect(await settle(instance.lake, of)).toBeNull();
  });
});
