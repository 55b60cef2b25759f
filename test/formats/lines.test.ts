import { readFileSync } from 'node:fs';
import path from 'node:path';
import { referenceTo } from '../../src/lib/capture/claim';
import { readBody } from '../../src/lib/decode/body';
import { claimOf } from '../../src/lib/decode/claim';
import { type HubEvent } from '../../src/lib/decode/event';
import { encodeRun } from '../../src/lib/lake/encode';
import { claimPath } from '../../src/lib/ledger/names';
import { isOf } from '../../src/lib/ledger/open';
import { type Lake } from '../../src/lib/ledger/port';
import { LineCheck } from '../../src/lib/maintenance/deep/line-check';
import { ownerOf } from '../../src/lib/maintenance/optimise/ledgers';
import { holding } from './holding';

/** Lines are read by analysts, by whoever asks whose a file is, and by `verify --deep`: samples of them as they were first written. */

const OF = {
  source: 'postgresql',
  namespace: 'example.servicebus.windows.net',
  hub: 'changes',
  incarnation: 1,
} as const;
const CONTEXT = { ...OF, partition: '3' };
const NOON = Date.UTC(2026, 10, 22, 12);
const WHOLE = { op: 'c', ts_ms: 1, before: null, after: { id: 1, text: 'too large' } };
const CLAIM = claimPath('postgresql', 'shop/16/B374D848/0');

const sample = (name: string): Buffer => readFileSync(path.join(__dirname, '../fixtures/formats', `${name}-1.sample`));

const debezium =
  '{"before":null,"after":{"id":9007199254740993,"price":1.10},"source":{"version":"3.0.0.Final","connector":"postgresql",' +
  '"name":"shop","ts_ms":1764158400000,"db":"shop","schema":"public","table":"orders","txId":771,"lsn":97490360392},"op":"c","ts_ms":1764158400007}';

const event = (sequence: number, body: string, changes: Partial<HubEvent> = {}): HubEvent => ({
  ...{ sequence: BigInt(sequence), offset: String(sequence * 128), enqueuedAt: NOON + sequence, partitionKey: null },
  ...{ properties: {}, body: Buffer.from(body), ...changes },
});

const EVENTS = [
  event(0, debezium, {
    partitionKey: 'public.orders:7',
    properties: { eventId: 'e-0', 'content-Type': 'application/json' },
  }),
  event(1, 'no JSON', { properties: { eventId: 'e-1' } }),
  event(2, '{"text":"of a format that nobody knows"}'),
  event(3, ''),
  event(4, referenceTo(Buffer.from(JSON.stringify(WHOLE)), CLAIM).toString(), { properties: { payloadRef: CLAIM } }),
];

const NAMES = {
  bronze: 'bronze/postgresql/2026/11/22/data_20261122T120000000Z_3_0-4_4.json',
  quarantine: 'quarantine/postgresql/2026/11/22/data_20261122T120000000Z_3_0-4_1.json',
} as const;

describe.each(['bronze', 'quarantine'] as const)('a line of %s', (shelf) => {
  test('is written today as it was first', async () => {
    const run = await encodeRun(EVENTS, CONTEXT);
    expect(run[shelf]?.bytes.toString()).toBe(sample(shelf).toString());
  });

  test('tells whose it is', async () => {
    const lake = { ...holding(null), readHead: () => Promise.resolve(sample(shelf)) } as Lake;
    expect(await isOf(lake, CONTEXT, NAMES[shelf])).toBe(true);
    expect(await isOf(lake, { ...CONTEXT, hub: 'others' }, NAMES[shelf])).toBe(false);
    expect(await ownerOf(lake, NAMES[shelf])).toEqual(CONTEXT);
  });

  test('is sound to who checks it word for word', () => {
    const file = { firstEnqueuedAt: NOON, partition: '3', incarnation: 1, first: 0n, last: 4n, count: 4 };
    const check = new LineCheck({ shelf, source: 'postgresql', file, owners: [CONTEXT] });
    const told: string[] = [];
    const lines = sample(shelf).toString().split('\n').slice(0, -1);
    for (const line of lines) check.check(Buffer.from(line), (kind) => told.push(kind));
    expect(told).toEqual([]);
    check.check(Buffer.from((lines[0] ?? '').replace('{"source"', '{"format":2,"source"')), (kind) => told.push(kind));
    expect(told).toEqual(['wrong_header']);
  });
});

test('what the hub carries instead of an event that is too large is known as that', () => {
  const body = sample('claim');
  expect(referenceTo(Buffer.from(JSON.stringify(WHOLE)), CLAIM).toString()).toBe(body.toString());
  const read = readBody(body);
  expect(read).toHaveProperty('value');
  expect(claimOf({ payloadRef: CLAIM }, (read as { value: unknown }).value)).toBe(CLAIM);
});

test('an event that is too large lies where it always did', () => {
  expect(CLAIM).toBe('claims/postgresql/66986ecf6ee7d105a8037a9cee514ca43f0ca050d3c6a60da63de33a10473daf.json');
});
