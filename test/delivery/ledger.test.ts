import { status } from '../../local/storage/faults';
import { type IngestRoom } from '../../src/lib/ingest';
import { rebuildLedger, type Rebuilt } from '../../src/lib/ledger/rebuild';
import { events, NOON, openInstance, PARTITION, type Instance } from '../support/instance';
import { LakeReader, numbers } from '../support/reader';
import { startLake, type TestLake } from '../support/storage';

/** Birth, damage, loss and rebuilding of ledgers, and hubs that are made anew. */

let lake: TestLake;
let reader: LakeReader;

const LEDGER = '_system/ledger/example.servicebus.windows.net/changes/1/3.json';

beforeAll(async () => {
  lake = await startLake();
  reader = new LakeReader(lake.directConnectionString);
});

afterAll(() => lake.dispose());

beforeEach(async () => {
  lake.proxy.clear();
  await reader.clear();
});

const open = (changes: Partial<IngestRoom> = {}): Promise<Instance> => openInstance(lake.connectionString, changes);

const rebuild = (instance: Instance, incarnation = 1): Promise<Rebuilt> =>
  rebuildLedger(instance.lake, { ...PARTITION, source: 'postgresql', incarnation }, instance.room);

describe('birth', () => {
  test('the first number delivered is the start, and nothing before it is missing', async () => {
    expect(await (await open()).deliver(events(500, 509))).toMatchObject({ written: 10, gap: 0 });
    expect(await reader.json(LEDGER)).toMatchObject({ start: '500', last: '509', gaps: [] });
  });

  test('an event from before the start is let in all the same', async () => {
    const instance = await open();
    await instance.deliver(events(10, 12));
    expect(await instance.deliver(events(5, 10))).toMatchObject({ written: 5, duplicates: 1 });
    await instance.deliver(events(1, 2));
    expect(await reader.json(LEDGER)).toMatchObject({ start: '1', last: '12', gaps: [{ first: '3', last: '4' }] });
    expect(await reader.sequences()).toEqual([1, 2, ...numbers(5, 12)]);
  });

  test('two at once: one is born, and both batches land once', async () => {
    const [a, b] = [await open(), await open()];
    await Promise.all([a.deliver(events(0, 5)), b.deliver(events(0, 9))]);
    expect(await reader.sequences()).toEqual(numbers(0, 9));
  });

  test('files of another hub in the same folders do not stand in the way', async () => {
    await (await open()).deliver(events(0, 4), { partition: { ...PARTITION, hub: 'before' } });
    await (await open()).deliver(events(0, 4, {}, NOON + 1));
    expect(await reader.sequences()).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
  });
});

describe('beside files with lines of a newer format', () => {
  const MERGED = '{"format":2,"lines":"of another form"}\n';

  /** Writes the only data file again. */
  const rewrite = async (change: (text: string) => string): Promise<string> => {
    const [path = ''] = await reader.visible();
    await reader.write(path, change((await reader.bytes(path)).toString()));
    return path;
  };

  test.each([
    ['of its partition', (text: string) => text.replaceAll('"format":1', '"format":2'), 'is a file of its partition'],
    ['that do not tell whose they are', () => MERGED, 'may be a file of its partition'],
  ])('%s no ledger is born', async (_, change, says) => {
    await (await open()).deliver(events(0, 4));
    const path = await rewrite(change);
    await reader.remove(LEDGER);
    const failure = (await open()).deliver(events(0, 9));
    await expect(failure).rejects.toMatchObject({ code: 'LEDGER_MISSING', retryable: true });
    await expect(failure).rejects.toThrow(`${path} ${says}`);
    expect(await reader.visible()).toEqual([path]);
    expect(await reader.paths('_system/ledger')).toEqual([]);
  });

  test('of another hub, told by them, it is', async () => {
    await (await open()).deliver(events(0, 4), { partition: { ...PARTITION, hub: 'before' } });
    await rewrite((text) => text.replaceAll('"format":1', '"format":2'));
    expect(await (await open()).deliver(events(0, 4, {}, NOON + 1))).toMatchObject({ written: 5 });
  });

  test.each([
    ['of its partition', (text: string) => text.replaceAll('"format":1', '"format":2')],
    ['that do not tell whose they are', () => MERGED],
  ])('%s none is rebuilt, and nothing is moved', async (_, change) => {
    const instance = await open();
    await instance.deliver(events(0, 4));
    const path = await rewrite(change);
    const failing = lake.proxy.add({ operation: 'rename', times: Infinity, action: status(403) });
    await expect(instance.deliver(events(5, 9))).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    failing.remove();
    const before = [await reader.paths('_system'), await reader.bytes(LEDGER)];
    const failure = rebuild(await open());
    await expect(failure).rejects.toMatchObject({ code: 'LEDGER_NEWER' });
    await expect(failure).rejects.toThrow(`${path} has lines of a newer format`);
    expect([await reader.paths('_system'), await reader.bytes(LEDGER)]).toEqual(before);
    // The ledger itself is good: ingestion goes on by it.
    expect(await (await open()).deliver(events(5, 12))).toMatchObject({ written: 3, duplicates: 5 });
  });

  test('that are staged none is rebuilt either', async () => {
    const instance = await open();
    const failing = lake.proxy.add({ operation: 'rename', times: Infinity, action: status(403) });
    await expect(instance.deliver(events(0, 4))).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    failing.remove();
    const [staged = ''] = await reader.paths('_system/staging');
    await reader.write(staged, MERGED);
    await reader.remove(LEDGER);
    await expect(rebuild(instance)).rejects.toThrow(`LEDGER_NEWER: ${staged} has lines of a newer format`);
    expect(await reader.paths('_system')).toEqual([staged]);
  });
});

describe('a ledger that cannot be read', () => {
  test.each([
    ['is gone, with files of its partition in the lake', null, 'LEDGER_MISSING'],
    ['is cut short', (text: string) => text.slice(0, text.length / 2), 'LEDGER_DAMAGED'],
    ['is empty', () => '', 'LEDGER_DAMAGED'],
    ['contradicts itself', (text: string) => text.replace('"last": "4"', '"last": "-7"'), 'LEDGER_DAMAGED'],
    [
      "is another partition's",
      (text: string) => text.replace('"partition": "3"', '"partition": "4"'),
      'LEDGER_DAMAGED',
    ],
    ['is of a newer format', (text: string) => text.replace('"format": 1', '"format": 2'), 'LEDGER_NEWER'],
  ] as const)('because it %s: throw, never guess', async (_, damage, code) => {
    await (await open()).deliver(events(0, 4));
    const text = (await reader.bytes(LEDGER)).toString();
    if (damage === null) await reader.remove(LEDGER);
    else await reader.write(LEDGER, damage(text));
    const failure = (await open()).deliver(events(3, 9));
    await expect(failure).rejects.toMatchObject({ code, retryable: true });
    await expect(failure).rejects.toThrow(/rebuild/);
    expect(await reader.sequences()).toEqual(numbers(0, 4));
  });
});

describe('rebuild-ledger', () => {
  /** Bronze and quarantine, a gap, several days. */
  const history = [
    ...events(0, 4, {}, NOON - 86_400_000),
    ...events(5, 9, { body: Buffer.from('no JSON') }),
    ...events(12, 14),
  ];

  test('covers exactly what the file names tell, and ingestion goes on', async () => {
    const instance = await open();
    await instance.deliver(history);
    const before = await reader.json(LEDGER);
    await reader.write(LEDGER, 'rubbish');
    expect(await rebuild(instance)).toMatchObject({ files: 3, adopted: [], torn: [] });
    const after = await reader.json(LEDGER);
    const gaps = [{ first: '10', last: '11' }];
    expect(after).toMatchObject({ start: '0', last: '14', gaps, counters: before['counters'] });
    expect(after['generation']).not.toBe(before['generation']);
    expect(await reader.paths('_system/ledger-replaced')).toHaveLength(1);
    expect(await (await open()).deliver(events(8, 16))).toMatchObject({ written: 4, duplicates: 5 });
    expect(await reader.sequences()).toEqual(numbers(0, 16));
  });

  test('publishes what was committed and never published, though the ledger is lost', async () => {
    const instance = await open();
    await instance.deliver(events(0, 4));
    const failing = lake.proxy.add({ operation: 'rename', times: Infinity, action: status(403) });
    await expect(instance.deliver(history.slice(5, 12))).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    failing.remove();
    await reader.remove(LEDGER);
    const rebuilt = await rebuild(await open());
    expect(rebuilt).toMatchObject({ files: 1, torn: [] });
    expect(rebuilt.adopted).toHaveLength(2);
    expect(await reader.sequences()).toEqual([...numbers(0, 9), 12, 13]);
  });

  test('a writer that committed by the lost ledger cannot publish behind its back', async () => {
    const [slow, other] = [await open(), await open()];
    await slow.deliver(events(0, 4));
    const failing = lake.proxy.add({ operation: 'rename', times: Infinity, action: status(403) });
    await expect(slow.deliver(events(5, 9))).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    const old = await reader.bytes(LEDGER);
    failing.remove();
    await reader.remove(LEDGER);
    const staged = await reader.paths('_system/staging');
    await rebuild(other);
    // The file was adopted under a name of the rebuilder's: the old name leads nowhere any more.
    for (const path of staged) expect(await slow.lake.exists(path)).toBe(false);
    expect(old.toString()).toContain(staged[0] ?? 'nothing');
    expect(await slow.deliver(events(5, 9))).toMatchObject({ written: 0, duplicates: 5 });
    expect(await reader.sequences()).toEqual(numbers(0, 9));
  });

  test('of a run torn by a lost file, only what is missing is an open gap', async () => {
    const instance = await open();
    const torn = [...events(0, 2), ...events(3, 4, { body: Buffer.from('no JSON') }), ...events(5, 6)];
    await instance.deliver(torn);
    const lost = (await reader.paths('quarantine'))[0] ?? '';
    await reader.remove(lost);
    expect(await rebuild(instance)).toMatchObject({ files: 1, torn: ['0-6'] });
    expect(await reader.json(LEDGER)).toMatchObject({ start: '0', last: '6', gaps: [{ first: '3', last: '4' }] });
    expect(await (await open()).deliver(torn)).toMatchObject({ written: 2, duplicates: 5, quarantined: 2 });
    expect(await reader.sequences()).toEqual(numbers(0, 6));
  });

  test('what a readable ledger covered and the lake has lost is missing, not never there', async () => {
    const instance = await open();
    await instance.deliver(events(0, 4));
    await instance.deliver(events(5, 9));
    await reader.remove((await reader.visible())[0] ?? '');
    await rebuild(instance);
    expect(await reader.json(LEDGER)).toMatchObject({ start: '0', last: '9', gaps: [{ first: '0', last: '4' }] });
    expect(await (await open()).deliver(events(0, 9))).toMatchObject({ written: 5, duplicates: 5 });
    expect(await reader.sequences()).toEqual(numbers(0, 9));
  });

  test('a committed file that somebody deleted does not stop it', async () => {
    const instance = await open();
    const failing = lake.proxy.add({ operation: 'rename', times: Infinity, action: status(403) });
    await expect(instance.deliver(events(0, 4))).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    failing.remove();
    for (const path of await reader.paths('_system/staging')) await reader.remove(path);
    await expect(instance.deliver(events(0, 4))).rejects.toMatchObject({ code: 'COMMITTED_FILE_MISSING' });
    expect(await rebuild(instance)).toMatchObject({ ledger: null, files: 0 });
    await instance.deliver(events(0, 4));
    expect(await reader.sequences()).toEqual(numbers(0, 4));
  });

  test("leaves another hub's files and other partitions alone", async () => {
    const instance = await open();
    await instance.deliver(events(0, 4));
    await instance.deliver(events(50, 54), { partition: { ...PARTITION, hub: 'before' } });
    await instance.deliver(events(70, 74), { partition: { ...PARTITION, partition: '13' } });
    await reader.remove(LEDGER);
    expect(await rebuild(instance)).toMatchObject({ files: 1 });
    expect(await reader.json(LEDGER)).toMatchObject({ start: '0', last: '4' });
  });

  test('in a lake without such files there is nothing to rebuild', async () => {
    expect(await rebuild(await open())).toEqual({ ledger: null, files: 0, adopted: [], torn: [] });
    expect(await reader.paths('_system')).toEqual([]);
  });
});

describe('a hub that was deleted and made anew', () => {
  const reborn = NOON + 3_600_000;
  const later = (first: number, last: number): ReturnType<typeof events> => events(first, last, {}, reborn + 1_000);
  const knowing = (createdAt: number): Partial<IngestRoom> => ({
    hubFacts: { createdAt: () => Promise.resolve(createdAt) },
  });

  test('begins a new incarnation, told in file names and lines, once its creation confirms it', async () => {
    const instance = await open(knowing(reborn));
    await instance.deliver(events(0, 9));
    expect(await instance.deliver(later(0, 4))).toMatchObject({ written: 5, duplicates: 0, incarnation: 2 });
    const second = (await reader.lines()).filter((line) => line.incarnation === 2);
    expect(second.map((line) => line.sequenceNumber)).toEqual(numbers(0, 4));
    expect(second[0]?.path).toMatch(/_3_i2_0-4_5\.json$/);
    // Another instance finds its way without asking the hub.
    expect(await (await open()).deliver(later(3, 6))).toMatchObject({ written: 2, duplicates: 2, incarnation: 2 });
  });

  test('an owner that had the old ledger cached is overtaken, not fooled', async () => {
    const [stale, instance] = [await open(knowing(reborn)), await open(knowing(reborn))];
    await stale.deliver(events(0, 9));
    await instance.deliver(later(0, 4));
    await instance.deliver(later(5, 12));
    expect(await stale.deliver(later(10, 15))).toMatchObject({ written: 3, duplicates: 3, incarnation: 2 });
  });

  test("events of the old hub that come late still go to the old hub's incarnation", async () => {
    const instance = await open(knowing(reborn));
    await instance.deliver(events(0, 4));
    await instance.deliver(later(0, 2));
    expect(await instance.deliver(events(3, 9))).toMatchObject({ written: 5, duplicates: 2, incarnation: 1 });
    expect(await instance.deliver(later(2, 5))).toMatchObject({ written: 3, duplicates: 1, incarnation: 2 });
  });

  test('though its creation is told as later than its first event, by another clock', async () => {
    const instance = await open(knowing(reborn + 3_000));
    await instance.deliver(events(0, 9));
    expect(await instance.deliver(later(0, 4))).toMatchObject({ written: 5, incarnation: 2 });
    expect(await instance.deliver(later(3, 6))).toMatchObject({ written: 2, duplicates: 2, incarnation: 2 });
  });

  test('if its creation is before what is covered: a late number may fill a gap, but a covered one is another event', async () => {
    const instance = await open(knowing(NOON - 86_400_000));
    await instance.deliver([...events(0, 3), ...events(6, 9)]);
    expect(await instance.deliver(later(4, 5))).toMatchObject({ written: 2, duplicates: 0, incarnation: 1 });
    const failure = instance.deliver(later(0, 4).map((event) => ({ ...event, enqueuedAt: event.enqueuedAt + 60_000 })));
    await expect(failure).rejects.toMatchObject({ code: 'INCARNATION_UNCONFIRMED', retryable: true });
    expect(await reader.sequences()).toEqual(numbers(0, 9));
  });

  test('though its first events came in with times going backwards', async () => {
    const instance = await open(knowing(reborn + 600_000));
    await instance.deliver(events(0, 9));
    const [first, second] = later(0, 1);
    if (first === undefined || second === undefined) throw new Error('two events were asked for');
    const batch = [
      { ...first, enqueuedAt: second.enqueuedAt },
      { ...second, enqueuedAt: first.enqueuedAt },
    ];
    expect(await instance.deliver(batch)).toMatchObject({ written: 2, incarnation: 2 });
  });

  test('and its ledger lives while the one before it is gone: nothing starts over', async () => {
    const instance = await open(knowing(reborn));
    await instance.deliver(events(0, 9));
    await instance.deliver(later(0, 4));
    for (const path of await reader.paths('bronze')) if (!path.includes('_i2_')) await reader.remove(path);
    await reader.remove(LEDGER);
    const failure = (await open()).deliver(later(0, 4));
    await expect(failure).rejects.toMatchObject({ code: 'LEDGER_MISSING' });
  });

  test('if the hub cannot be asked: throw, neither drop nor write', async () => {
    const instance = await open();
    await instance.deliver(events(0, 9));
    const failure = instance.deliver(later(0, 4));
    await expect(failure).rejects.toMatchObject({ code: 'INCARNATION_UNCONFIRMED', retryable: true });
    expect(await reader.sequences()).toEqual(numbers(0, 9));
  });

  test('each incarnation can be rebuilt, and keeps its place between the others', async () => {
    const instance = await open(knowing(reborn));
    await instance.deliver(events(0, 9));
    await instance.deliver(later(0, 4));
    const second = LEDGER.replace('/1/', '/2/');
    for (const [incarnation, path] of [
      [1, LEDGER],
      [2, second],
    ] as const) {
      const before = await reader.json(path);
      await reader.remove(path);
      await rebuild(instance, incarnation);
      const after = await reader.json(path);
      for (const field of ['start', 'last', 'incarnation', 'hubCreatedTime', 'successor']) {
        expect({ field, value: after[field] }).toEqual({ field, value: before[field] });
      }
    }
    expect(await (await open()).deliver(later(3, 6))).toMatchObject({ written: 2, duplicates: 2, incarnation: 2 });
  });
});
