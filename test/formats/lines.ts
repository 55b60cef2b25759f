import { factsOf, referenceTo } from '../../src/lib/capture/claim';
import { type HubEvent } from '../../src/lib/decode/event';
import { encodeRun } from '../../src/lib/lake/encode';
import { claimPath, type Shelf } from '../../src/lib/ledger/names';

/** The events that the samples of lines tell, and whose they are. */

const OF = {
  source: 'postgresql',
  namespace: 'example.servicebus.windows.net',
  hub: 'changes',
  incarnation: 1,
} as const;
export const CONTEXT = { ...OF, partition: '3' };
export const NOON = Date.UTC(2026, 10, 22, 12);
export const WHOLE = {
  ...{ before: null, after: { id: 1, text: 'too large' } },
  source: {
    ...{ version: '1', connector: 'postgresql', name: 'shop', db: 'web', schema: 'public', table: 'orders' },
    ...{ relation: 16405, lsn: 97490360392, commit_lsn: 97490360400, history: 2 },
  },
  ...{ op: 'c', ts_ms: 1 },
};
const EVENT_ID = '7123456789012345678/shop/2/00000016B374D848/1';
export const CLAIM = claimPath('postgresql', EVENT_ID);

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
  event(1, 'no JSON', { properties: { eventId: 'e-1', big: 2 ** 53 } }),
  event(2, '{"text":"of a format that nobody knows"}'),
  event(3, ''),
  event(4, referenceTo(factsOf(Buffer.from(JSON.stringify(WHOLE))), CLAIM).toString(), {
    properties: { eventId: EVENT_ID, payloadRef: CLAIM, rowKey: 'public.orders/[1]' },
  }),
];

export const NAMES = {
  bronze: 'bronze/postgresql/2026/11/22/data_20261122T120000000Z_3_0-4_4.json',
  quarantine: 'quarantine/postgresql/2026/11/22/data_20261122T120000000Z_3_0-4_1.json',
} as const;

/** A shelf's file of these events, as it is written today. */
export async function linesOf(shelf: Shelf): Promise<Buffer> {
  return (await encodeRun(EVENTS, CONTEXT))[shelf]?.bytes ?? Buffer.alloc(0);
}

/** The event of the quarantine sample. */
export const QUARANTINED = {
  id: { ...CONTEXT, sequence: 1n },
  ...{
    offset: '128',
    enqueuedTime: '2026-11-22T12:00:00.001Z',
    partitionKey: null,
    properties: { eventId: 'e-1', big: 2 ** 53 },
  },
  ...{ reason: 'not_json', bodyBase64: Buffer.from('no JSON').toString('base64') },
} as const;
