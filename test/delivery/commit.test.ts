import { cut, hold, hang, late, loseAnswer, status, type Operation } from '../../local/storage/faults';
import { type IngestRoom } from '../../src/lib/ingest';
import { events, NOON, openInstance, type Instance } from '../support/instance';
import { LakeReader, numbers } from '../support/reader';
import { startLake, type TestLake } from '../support/storage';

/** The cases of the commit protocol's table (docs/commit.md), through the real SDKs over a wire that fails. */

let lake: TestLake;
let reader: LakeReader;

beforeAll(async () => {
  lake = await startLake();
  reader = new LakeReader(lake.directConnectionString);
});

afterAll(() => lake.dispose());

beforeEach(async () => {
  lake.proxy.clear();
  await reader.clear();
  lake.proxy.forgetRequests();
});

const open = (changes: Partial<IngestRoom> = {}): Promise<Instance> => openInstance(lake.connectionString, changes);

const LEDGER = '_system/ledger/example.servicebus.windows.net/changes/1/3.json';
const swapOf = { operation: 'putBlob', path: '_system/ledger/' } as const;
const stageOf = { operation: 'putBlob', path: '_system/staging/' } as const;

/** What the proxy saw since it was told to forget. */
const seen = (): Operation[] => lake.proxy.requests.map((request) => request.operation);

describe('in steady state', () => {
  test('a batch costs three storage requests: stage, swap, publish', async () => {
    const instance = await open();
    await instance.deliver(events(0, 9));
    lake.proxy.forgetRequests();
    const report = await instance.deliver(events(10, 19));
    expect(seen()).toEqual(['putBlob', 'putBlob', 'rename']);
    expect(report).toMatchObject({ received: 10, written: 10, duplicates: 0, files: 1, gap: 0, swapConflicts: 0 });
    expect(await reader.sequences()).toEqual(numbers(0, 19));
  });

  test('a redelivered batch costs none, and is dropped as covered', async () => {
    const instance = await open();
    await instance.deliver(events(0, 9));
    lake.proxy.forgetRequests();
    expect(await instance.deliver(events(0, 9))).toMatchObject({ written: 0, duplicates: 10, files: 0 });
    expect(seen()).toEqual([]);
    expect(await reader.sequences()).toEqual(numbers(0, 9));
  });

  test('the file name tells enqueued time, partition, range and count, and the ledger what is covered', async () => {
    await (await open()).deliver(events(41_207, 41_300, {}, Date.UTC(2026, 10, 22, 12) - 41_207_000));
    expect(await reader.visible()).toEqual([
      'bronze/postgresql/2026/11/22/data_20261122T120000000Z_3_41207-41300_94.json',
    ]);
    expect(await reader.json(LEDGER)).toMatchObject({ format: 1, start: '41207', last: '41300', gaps: [] });
  });
});

describe('crash before the swap', () => {
  test('nothing happened; the batch is redelivered and lands once; debris stays in staging', async () => {
    const doomed = lake.proxy.add({ ...swapOf, action: hold() });
    const first = (await open()).deliver(events(0, 9));
    await doomed.reached;
    expect(await reader.visible()).toEqual([]);
    await (await open()).deliver(events(0, 4));
    expect(await reader.sequences()).toEqual(numbers(0, 4));
    expect(await reader.paths('_system/staging')).toHaveLength(1);
    // The one that was held is a slow writer now: it is refused, and writes only what is new.
    doomed.release();
    expect(await first).toMatchObject({ written: 5, duplicates: 5, swapConflicts: 1 });
    expect(await reader.sequences()).toEqual(numbers(0, 9));
  });

  test('a swap that never arrives makes the handler throw, and the retry lands the batch', async () => {
    const instance = await open();
    await instance.deliver(events(0, 4));
    lake.proxy.add({ ...swapOf, times: Infinity, action: cut() });
    await expect(instance.deliver(events(5, 9))).rejects.toMatchObject({ code: 'STORAGE_FAILED', retryable: true });
    expect(await reader.sequences()).toEqual(numbers(0, 4));
    lake.proxy.clear();
    await instance.deliver(events(5, 9));
    expect(await reader.sequences()).toEqual(numbers(0, 9));
  });
});

describe('crash, or a failing rename, between swap and return', () => {
  test('the redelivery to another instance publishes, then drops what is covered', async () => {
    lake.proxy.add({ operation: 'rename', times: Infinity, action: status(500) });
    await expect((await open()).deliver(events(0, 9))).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    expect(await reader.visible()).toEqual([]);
    lake.proxy.clear();
    // Redelivered with other boundaries, as after a restart.
    expect(await (await open()).deliver(events(0, 5))).toMatchObject({ written: 0, duplicates: 6 });
    expect(await reader.sequences()).toEqual(numbers(0, 9));
  });

  test('the retry in the same process does not trust the ledger that it had cached', async () => {
    const instance = await open();
    await instance.deliver(events(0, 4));
    lake.proxy.add({ operation: 'rename', times: 4, action: status(500) });
    await expect(instance.deliver(events(5, 9))).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    expect(await instance.deliver(events(5, 9))).toMatchObject({ written: 0, duplicates: 5 });
    expect(await reader.sequences()).toEqual(numbers(0, 9));
  });

  test('a handler whose batch is covered does not return before the pending files of others are visible', async () => {
    lake.proxy.add({ operation: 'rename', times: Infinity, action: status(503) });
    await expect((await open()).deliver(events(0, 9))).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await expect((await open()).deliver(events(0, 9))).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    expect(await reader.visible()).toEqual([]);
  });
});

describe('crash after publish, before return', () => {
  test('redelivered, all of it is dropped as covered', async () => {
    await (await open()).deliver(events(0, 9));
    const before = await reader.visible();
    expect(await (await open()).deliver(events(0, 9))).toMatchObject({ written: 0, duplicates: 10 });
    expect(await reader.visible()).toEqual(before);
  });
});

describe('two owners', () => {
  test.each([
    ['the same boundaries', 9, 0],
    ['other boundaries, a shorter batch', 4, 5],
    ['other boundaries, a longer batch', 14, 0],
  ])('with %s: one swap wins, the other drops or writes the rest', async (_, lastOfOther, rest) => {
    const [slow, fast] = [await open(), await open()];
    await slow.deliver(events(0, 0));
    await fast.deliver(events(0, 0));
    const held = lake.proxy.add({ ...swapOf, action: hold() });
    const late = slow.deliver(events(1, 9));
    await held.reached;
    await fast.deliver(events(1, lastOfOther));
    held.release();
    expect(await late).toMatchObject({ written: rest, duplicates: 9 - rest, swapConflicts: 1 });
    expect(await reader.sequences()).toEqual(numbers(0, Math.max(9, lastOfOther)));
  });

  test('at the same time, many times over: every event once, no attempt lost', async () => {
    const instances = await Promise.all([open(), open(), open()]);
    for (let batch = 0; batch < 8; batch += 1) {
      const deliveries = instances.map((instance, i) => instance.deliver(events(batch * 5 + i, batch * 5 + i + 6)));
      await Promise.all(deliveries);
    }
    expect(await reader.sequences()).toEqual(numbers(0, 43));
  });
});

describe('a slow writer wakes after its partition moved on', () => {
  test('its rename finds nothing to do', async () => {
    const held = lake.proxy.add({ operation: 'rename', action: hold() });
    const slow = (await open()).deliver(events(0, 9));
    await held.reached;
    const other = await open();
    await other.deliver(events(0, 14));
    await other.deliver(events(15, 19));
    held.release();
    expect(await slow).toMatchObject({ written: 10 });
    expect(await reader.sequences()).toEqual(numbers(0, 19));
  });

  test('requests that it gave up on and that arrive much later change nothing', async () => {
    const instance = await open();
    await instance.deliver(events(0, 4));
    const lateSwap = lake.proxy.add({ ...swapOf, action: late() });
    const lateStage = lake.proxy.add({ ...stageOf, action: late() });
    const lateRename = lake.proxy.add({ operation: 'rename', action: late() });
    await instance.deliver(events(5, 9));
    await instance.deliver(events(10, 14));
    for (const fault of [lateRename, lateSwap, lateStage]) {
      fault.release();
      await fault.settled;
    }
    await instance.deliver(events(15, 19));
    expect(await reader.sequences()).toEqual(numbers(0, 19));
  });
});

describe('the service acted but the answer was lost', () => {
  test.each([
    ['stage', stageOf],
    ['swap', swapOf],
    ['publish', { operation: 'rename' }],
  ] as const)('of the %s: read again, nothing doubled', async (_, rule) => {
    const instance = await open();
    await instance.deliver(events(0, 4));
    const lost = lake.proxy.add({ ...rule, action: loseAnswer() });
    const report = await instance.deliver(events(5, 9));
    expect(lost.hits).toBe(1);
    expect(report).toMatchObject({ received: 5, written: 5, duplicates: 0, files: 1 });
    expect(await reader.sequences()).toEqual(numbers(0, 9));
    await instance.deliver(events(10, 14));
    expect(await reader.sequences()).toEqual(numbers(0, 14));
  });
});

describe('events skipped', () => {
  test('the gap is recorded in the same swap and told; its events are let in when they arrive', async () => {
    const instance = await open();
    await instance.deliver(events(0, 4));
    lake.proxy.forgetRequests();
    expect(await instance.deliver(events(8, 9))).toMatchObject({ written: 2, gap: 3 });
    expect(seen()).toEqual(['putBlob', 'putBlob', 'rename']);
    expect(await reader.json(LEDGER)).toMatchObject({ last: '9', gaps: [{ first: '5', last: '7' }] });
    expect(await (await open()).deliver(events(4, 6))).toMatchObject({ written: 2, duplicates: 1, gap: 0 });
    expect(await reader.json(LEDGER)).toMatchObject({ gaps: [{ first: '7', last: '7' }] });
    await instance.deliver(events(6, 10));
    expect(await reader.json(LEDGER)).toMatchObject({ last: '10', gaps: [] });
    expect(await reader.sequences()).toEqual(numbers(0, 10));
  });

  test('inside one batch: the files are cut where the numbers are not contiguous', async () => {
    await (await open()).deliver([...events(0, 2), ...events(5, 6)]);
    const names = (await reader.visible()).map((path) => path.slice(path.lastIndexOf('_3_')));
    expect(names).toEqual(['_3_0-2_3.json', '_3_5-6_2.json']);
    expect(await reader.json(LEDGER)).toMatchObject({ gaps: [{ first: '3', last: '4' }] });
  });
});

describe('a storage endpoint that accepts and never answers', () => {
  test.each(['putBlob', 'rename', 'getBlob', 'list', 'createDirectory'] as const)(
    'at %s: the attempt ends in time and nothing is lost',
    async (operation) => {
      const attemptMs = 1_500;
      const instance = await open({ attemptMs });
      lake.proxy.add({ operation, times: Infinity, action: hang() });
      const begun = performance.now();
      await expect(instance.deliver(events(0, 4))).rejects.toMatchObject({
        code: 'ATTEMPT_TIMED_OUT',
        retryable: true,
      });
      // Ten times the limit would not be in time on any machine.
      expect(performance.now() - begun).toBeLessThan(10 * attemptMs);
      lake.proxy.clear();
      await (await open()).deliver(events(0, 4));
      expect(await reader.sequences()).toEqual(numbers(0, 4));
    },
  );
});

describe('lake or quarantine cannot be written', () => {
  const halfBad = (): ReturnType<typeof events> => [
    ...events(0, 1),
    ...events(2, 2, { body: Buffer.from('no JSON') }),
    ...events(3, 4),
  ];

  test.each([
    ['the lake', '_bronze_'],
    ['quarantine', '_quarantine_'],
  ])('%s: the handler throws, and not even the other half is seen', async (_, path) => {
    const instance = await open();
    lake.proxy.add({
      operation: 'putBlob',
      path,
      times: Infinity,
      action: status(403, { code: 'AuthorizationPermissionMismatch' }),
    });
    await expect(instance.deliver(halfBad())).rejects.toThrow(/STORAGE_FAILED.*403.*Storage Blob Data Contributor/);
    expect(await reader.visible()).toEqual([]);
    lake.proxy.clear();
    expect(await instance.deliver(halfBad())).toMatchObject({ written: 5, quarantined: 1, files: 2 });
  });

  test('what is no JSON is in quarantine in the same commit, and the counts of the run add up', async () => {
    await (await open()).deliver(halfBad());
    const names = (await reader.visible()).map((path) => path.replace(/(\d{4}\/){1}.*_3_/, '…_3_'));
    expect(names).toEqual(['bronze/postgresql/…_3_0-4_4.json', 'quarantine/postgresql/…_3_0-4_1.json']);
    const bad = (await reader.lines()).find((line) => line.reason !== undefined);
    expect(bad).toMatchObject({ sequenceNumber: 2, reason: 'not_json' });
    expect(Buffer.from(bad?.bodyBase64 ?? '', 'base64').toString()).toBe('no JSON');
    expect(await reader.sequences()).toEqual(numbers(0, 4));
  });
});

describe('several files in one swap', () => {
  const swaps = (): number =>
    lake.proxy.requests.filter(({ operation, path }) => operation === 'putBlob' && path === LEDGER).length;

  test('at a day boundary', async () => {
    const midnight = NOON - 43_200_000;
    await (await open()).deliver(events(0, 9, {}, midnight - 5_000));
    const days = (await reader.visible()).map((path) => path.split('/').slice(2, 5).join('-'));
    const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
    expect(days).toEqual([day(midnight - 1), day(midnight)]);
    expect(await reader.sequences()).toEqual(numbers(0, 9));
    expect(swaps()).toBe(1);
  });

  test('a huge batch, and one event larger than a file', async () => {
    const body = (bytes: number): Buffer => Buffer.from(JSON.stringify({ text: 'x'.repeat(bytes) }));
    const batch = [
      ...events(0, 5, { body: body(20_000) }),
      ...events(6, 6, { body: body(300_000) }),
      ...events(7, 9, { body: body(20_000) }),
    ];
    const report = await (await open({ maxFileBytes: 65_536 })).deliver(batch);
    expect(report).toMatchObject({ written: 10, duplicates: 0 });
    const ranges = (await reader.visible()).map((path) => /_3_(\d+-\d+)_/.exec(path)?.[1]);
    // Three bodies of 20 kB and their headers stay below 64 KiB, a fourth would not.
    expect(ranges.sort()).toEqual(['0-2', '3-5', '6-6', '7-9']);
    expect(await reader.sequences()).toEqual(numbers(0, 9));
    expect(swaps()).toBe(1);
  });
});
