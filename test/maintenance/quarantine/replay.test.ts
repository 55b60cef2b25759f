import { randomUUID } from 'node:crypto';
import {
  earliestEventPosition,
  EventHubConsumerClient,
  EventHubProducerClient,
  type ReceivedEventData,
} from '@azure/event-hubs';
import { startEventHubs, type LocalEventHubs } from '../../../local/event-hubs/event-hubs';
import { loseAnswer, status } from '../../../local/storage/faults';
import { Secret } from '../../../src/lib/config/secret';
import { type HubEvent } from '../../../src/lib/decode/event';
import { sendError } from '../../../src/lib/hub/error';
import { openEventSender } from '../../../src/lib/hub/send-event';
import { optimise } from '../../../src/lib/maintenance/optimise/optimise';
import { bodyOf, type QuarantinedEvent } from '../../../src/lib/maintenance/quarantine/event';
import { replayOf } from '../../../src/lib/maintenance/quarantine/id';
import { findQuarantined, quarantined, type QuarantineScope } from '../../../src/lib/maintenance/quarantine/read';
import { recordPath, stateOf } from '../../../src/lib/maintenance/quarantine/record';
import { replaysOf } from '../../../src/lib/maintenance/quarantine/replayed';
import { replayEvent, type Replayed, type ReplayRoom } from '../../../src/lib/maintenance/quarantine/replay';
import { type MaintenanceLake } from '../../../src/lib/maintenance/port';
import { DAY_MS } from '../../../src/lib/time';
import { events, NOON, openInstance, type Instance } from '../../support/instance';
import { LakeReader } from '../../support/reader';
import { startLake, type TestLake } from '../../support/storage';
import '../../support/unref-long-timers';
import { openRoom } from '../deep/rig';

/** Quarantined events read and sent again, through Azurite and the Event Hubs stand-in. */

const HUB = 'postgresql-changes';
const SCOPE: QuarantineScope = { sources: ['postgresql', 'mongodb'], from: null, to: null };
const BAD = Buffer.from([0xff, 0x00, 0x0a, 0x7b]);

let lake: TestLake;
let hubs: LocalEventHubs;
let reader: LakeReader;
let writer: Instance;

beforeAll(async () => {
  lake = await startLake();
  reader = new LakeReader(lake.directConnectionString);
});
afterAll(() => lake.dispose());
beforeEach(async () => {
  lake.proxy.clear();
  await reader.clear();
  writer = await openInstance(lake.connectionString, { retentionDays: 7 });
  hubs = await startEventHubs({
    ...{ port: 0, healthPort: null },
    hubs: [{ name: HUB, partitionCount: 4, consumerGroups: ['lake'], retentionMs: 3_600_000 }],
  });
});
afterEach(() => hubs.close());

const count = (partition: number): number => (hubs.hub(HUB)?.partitions[partition]?.lastSequence ?? -1) + 1;
const total = (): number => [0, 1, 2, 3].reduce((sum, partition) => sum + count(partition), 0);

/** What a partition of the hub holds. */
async function received(partition: number): Promise<ReceivedEventData[]> {
  const wanted = count(partition);
  if (wanted === 0) return [];
  const consumer = new EventHubConsumerClient('lake', hubs.connectionString, HUB);
  const found: ReceivedEventData[] = [];
  await new Promise<void>((resolve, reject) => {
    consumer.subscribe(
      String(partition),
      {
        processEvents: (batch) => {
          found.push(...batch);
          if (found.length >= wanted) resolve();
          return Promise.resolve();
        },
        processError: (error) => Promise.resolve(reject(error)),
      },
      { startPosition: earliestEventPosition, skipParsingBodyAsJson: true, maxWaitTimeInSeconds: 1 },
    );
  });
  await consumer.close();
  return found;
}

/** Lands all that the hub holds, as the host would; what is in the lake already is dropped as covered. */
async function ingest(): Promise<void> {
  for (const partition of [0, 1, 2, 3]) {
    const batch = (await received(partition)).map((event): HubEvent => ({
      sequence: BigInt(event.sequenceNumber),
      offset: event.offset,
      enqueuedAt: event.enqueuedTimeUtc.getTime(),
      partitionKey: event.partitionKey ?? null,
      properties: event.properties ?? {},
      body: event.body as Buffer,
    }));
    const of = { namespace: 'localhost', hub: HUB, partition: String(partition) };
    if (batch.length > 0) await writer.deliver(batch, { partition: of });
  }
}

async function send(body: Buffer, to: { partitionKey?: string; partitionId?: string }): Promise<void> {
  const producer = new EventHubProducerClient(hubs.connectionString, HUB);
  await producer.sendBatch([{ body, properties: { Tenant: 'a', count: 2, isNew: true } }], to);
  await producer.close();
}

async function all(scope = SCOPE, files?: MaintenanceLake): Promise<QuarantinedEvent[]> {
  const found: QuarantinedEvent[] = [];
  const lakeOf = files ?? (await openRoom(lake.connectionString)).files;
  for await (const { event } of quarantined(lakeOf, scope, (path) => expect(path).toBe('none'))) found.push(event);
  return found;
}

async function replay(
  event: QuarantinedEvent,
  asked: Partial<Parameters<typeof replayEvent>[2]> = {},
): Promise<Replayed> {
  const room = await openRoom(lake.connectionString);
  const access = { kind: 'connectionString', connectionString: new Secret(hubs.connectionString) } as const;
  await using sender = await openEventSender(access, HUB, 2_000);
  const replaying: ReplayRoom = {
    ...room,
    newId: randomUUID,
    target: () => ({ namespace: 'localhost', hub: HUB }),
    sender: () => Promise.resolve(sender),
  };
  return await replayEvent(replaying, event, { corrected: null, again: false, anyway: false, dryRun: false, ...asked });
}

const GOOD = Buffer.from('{"id": 9007199254740993}');

/** One event in quarantine, that came to the hub. */
async function one(
  to: { partitionKey?: string; partitionId?: string } = { partitionId: '2' },
): Promise<QuarantinedEvent> {
  await send(BAD, to);
  await ingest();
  const [event] = await all();
  if (event === undefined) throw new Error('nothing is in quarantine');
  return event;
}

const stateNow = async (event: QuarantinedEvent): Promise<string> =>
  stateOf(await replaysOf((await openRoom(lake.directConnectionString)).lake, event.id));

test.each([{ partitionId: '2' }, { partitionKey: 'public.orders:7' }])(
  'an event sent to %j is corrected, sent to the same partition, and landed once with its origin',
  async (to) => {
    const event = await one(to);
    expect(bodyOf(event)).toEqual(BAD);
    expect(await findQuarantined((await openRoom(lake.connectionString)).files, event.id, () => undefined)).toEqual(
      event,
    );
    const quarantineFiles = await reader.paths('quarantine');
    expect(await replay(event, { corrected: GOOD })).toMatchObject({
      kind: 'sent',
      bytes: GOOD.length,
      quarantinedAgain: null,
    });
    expect(count(Number(event.id.partition))).toBe(2);
    await ingest();
    await ingest();
    const lines = await reader.lines();
    expect(lines).toHaveLength(2);
    const landed = lines.find(({ path }) => path.startsWith('bronze/'));
    expect(landed?.raw).toContain('"payload":{"id": 9007199254740993}');
    expect(landed).toMatchObject({
      partition: event.id.partition,
      partitionKey: 'partitionKey' in to ? to.partitionKey : null,
      properties: { tenant: 'a', count: 2, isNew: true, replayof: replayOf(event.id) },
    });
    expect(replayOf(event.id)).toBe(`localhost/${HUB}/1/${event.id.partition}/0`);
    expect(await reader.paths('quarantine')).toEqual(quarantineFiles);
    expect(await reader.json(recordPath(event.id))).toMatchObject({
      replays: [{ bytes: GOOD.length, corrected: true }],
    });
  },
);

test('what was sent again is refused, until that is asked for', async () => {
  const event = await one();
  await replay(event, { corrected: GOOD });
  expect(await replay(event, { corrected: GOOD })).toMatchObject({ kind: 'refused', why: 'already_sent' });
  expect(total()).toBe(2);
  expect(await replay(event, { corrected: GOOD, again: true })).toMatchObject({ kind: 'sent' });
  expect(total()).toBe(3);
  expect((await reader.json(recordPath(event.id)))['replays']).toHaveLength(2);
});

test('a dry run sends and records nothing', async () => {
  const event = await one();
  expect(await replay(event, { anyway: true, dryRun: true })).toMatchObject({
    kind: 'would_send',
    quarantinedAgain: 'not_utf8',
  });
  expect(total()).toBe(1);
  expect(await reader.paths('_system/replayed')).toEqual([]);
});

test('the original bytes go out as they are, and are quarantined again', async () => {
  const event = await one();
  expect(await replay(event, { anyway: true })).toMatchObject({ kind: 'sent', quarantinedAgain: 'not_utf8' });
  await ingest();
  const [first, second] = await all();
  expect(second === undefined ? null : bodyOf(second)).toEqual(BAD);
  expect(second?.properties).toEqual({ ...first?.properties, replayof: replayOf(event.id) });
});

test('of two at once one sends', async () => {
  const event = await one();
  const outcomes = await Promise.all([replay(event, { corrected: GOOD }), replay(event, { corrected: GOOD })]);
  expect(outcomes.filter(({ kind }) => kind === 'sent')).toHaveLength(1);
  expect(total()).toBe(2);
});

test('more than the hub takes is refused before it is sent', async () => {
  const event = await one();
  const corrected = Buffer.from(JSON.stringify('x'.repeat(1 << 20)));
  expect(await replay(event, { corrected })).toMatchObject({ kind: 'refused', why: 'too_large' });
  expect(await stateNow(event)).toBe('none');
});

describe('when it breaks', () => {
  const records = { operation: 'putBlob', path: '_system/replayed/' } as const;

  test('between the sending and its record, the event was perhaps sent, and is not sent again by itself', async () => {
    const event = await one();
    lake.proxy.add({ ...records, skip: 1, times: Infinity, action: status(403) });
    await expect(replay(event, { corrected: GOOD })).rejects.toThrow(/^STORAGE_FAILED/);
    lake.proxy.clear();
    expect(total()).toBe(2);
    expect(await stateNow(event)).toBe('perhaps');
    expect(await replay(event, { corrected: GOOD })).toMatchObject({ kind: 'refused', why: 'perhaps_sent' });
    expect(total()).toBe(2);
    expect(await replay(event, { corrected: GOOD, again: true })).toMatchObject({ kind: 'sent' });
    expect(await stateNow(event)).toBe('sent');
  });

  test('because the hub took the event and its answer was lost, that is told, and nothing is sent twice', async () => {
    const event = await one();
    hubs.faults.add({ kind: 'loseAcknowledgement', on: 'send' });
    await expect(replay(event, { corrected: GOOD })).rejects.toThrow(/^EVENT_HUBS_FAILED: .*perhaps sent.*replayof/);
    expect(total()).toBe(2);
    expect(await stateNow(event)).toBe('perhaps');
  }, 30_000);

  test('because the hub is busy, nothing was sent, and nothing is recorded', async () => {
    const event = await one();
    hubs.faults.add({ kind: 'serverBusy', on: 'send' });
    await expect(replay(event, { corrected: GOOD })).rejects.toThrow(/^EVENT_HUBS_FAILED: /);
    expect(await stateNow(event)).toBe('none');
    expect(await replay(event, { corrected: GOOD })).toMatchObject({ kind: 'sent' });
    expect(total()).toBe(2);
  }, 30_000);

  test('a busy hub leaves the record of an earlier sending as it was', async () => {
    const event = await one();
    await replay(event, { corrected: GOOD });
    const before = await reader.json(recordPath(event.id));
    hubs.faults.add({ kind: 'serverBusy', on: 'send' });
    await expect(replay(event, { corrected: GOOD, again: true })).rejects.toThrow(/^EVENT_HUBS_FAILED: /);
    expect(await reader.json(recordPath(event.id))).toEqual(before);
  }, 30_000);

  test.each([0, 1])('and the answer to record %i is lost, the event is sent once, and so recorded', async (skip) => {
    const event = await one();
    const fault = lake.proxy.add({ ...records, skip, times: 1, action: loseAnswer() });
    expect(await replay(event, { corrected: GOOD })).toMatchObject({ kind: 'sent' });
    expect(fault.hits).toBe(1);
    expect(total()).toBe(2);
    expect(await stateNow(event)).toBe('sent');
  });

  test('a record that is damaged forbids it', async () => {
    const event = await one();
    await reader.write(recordPath(event.id), '{"format":1');
    expect(await replay(event, { corrected: GOOD, again: true })).toMatchObject({ why: 'record_unreadable' });
  });

  test('whoever may not send is told which right it takes', () => {
    const place = { namespace: 'example.servicebus.windows.net', hub: HUB, timeoutMs: 1_000 };
    expect(sendError({ code: 'UnauthorizedError' }, place).message).toContain('Azure Event Hubs Data Sender');
  });
});

describe('reading quarantine', () => {
  const BEGIN = NOON - 3 * DAY_MS;
  const body = (sequence: number): Buffer => Buffer.from(`no JSON ${sequence}`);

  async function fill(): Promise<void> {
    for (const [first, last] of [
      [0, 2],
      [3, 4],
      [5, 9],
      [10, 10],
    ] as const) {
      await writer.deliver(
        events(first, last, {}, BEGIN).map((event) => ({ ...event, body: body(Number(event.sequence)) })),
      );
    }
    await writer.deliver(events(0, 1, { body: body(0) }, BEGIN + DAY_MS), {
      source: 'mongodb',
      partition: { namespace: 'localhost', hub: 'm', partition: '0' },
    });
  }

  test('gives each event once, of the sources and days that are asked for', async () => {
    await fill();
    expect((await all()).map(({ id }) => `${id.source} ${id.sequence}`)).toHaveLength(13);
    expect(await all({ ...SCOPE, sources: ['mongodb'] })).toHaveLength(2);
    const day = new Date(BEGIN).toISOString().slice(0, 10).replaceAll('-', '/');
    expect(await all({ ...SCOPE, from: day, to: day })).toHaveLength(11);
  });

  test.each([1, 2, 4])('gives each event once, though the day is optimised before piece %i', async (at) => {
    await fill();
    const { files } = await openRoom(lake.connectionString);
    let asked = 0;
    const between: MaintenanceLake = {
      ...files,
      async readPiece(...args) {
        asked += 1;
        if (asked === at) await optimise('postgresql', await openRoom(lake.connectionString));
        return await files.readPiece(...args);
      },
    };
    const found = await all({ ...SCOPE, sources: ['postgresql'] }, between);
    expect(found.map(({ id }) => Number(id.sequence)).sort((a, b) => a - b)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
    expect(found.every((event) => bodyOf(event).equals(body(Number(event.id.sequence))))).toBe(true);
  });

  test('tells of a line that is none, and gives the others', async () => {
    await fill();
    const path = (await reader.paths('quarantine/postgresql')).find((one) => one.includes('_5-9_')) ?? '';
    const text = (await reader.bytes(path)).toString();
    await reader.write(path, text.replace('"reason":"not_json"', '"reason":"odd"').slice(0, -1));
    const damaged: string[] = [];
    const { files } = await openRoom(lake.connectionString);
    const found: unknown[] = [];
    const scope: QuarantineScope = { ...SCOPE, sources: ['postgresql'] };
    for await (const event of quarantined(files, scope, (of, why) => damaged.push(`${why} ${of}`))) found.push(event);
    expect([found.length, damaged]).toEqual([9, [`damaged ${path}`, `damaged ${path}`]]);
  });

  test('tells of lines of a newer format, and gives the others', async () => {
    await fill();
    const path = (await reader.paths('quarantine/postgresql')).find((one) => one.includes('_5-9_')) ?? '';
    const [first = '', ...others] = (await reader.bytes(path)).toString().split('\n');
    await reader.write(path, [first.replace('"format":1', '"format":2'), ...others].join('\n'));
    const leftOut: string[] = [];
    const { files } = await openRoom(lake.connectionString);
    const found: unknown[] = [];
    const scope: QuarantineScope = { ...SCOPE, sources: ['postgresql'] };
    for await (const event of quarantined(files, scope, (of, why) => leftOut.push(`${why} ${of}`))) found.push(event);
    expect([found.length, leftOut]).toEqual([10, [`newer_format ${path}`]]);
  });
});
