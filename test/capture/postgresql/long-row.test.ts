import { constants } from 'node:buffer';
import { EnvelopeEncoder } from '../../../src/lib/capture/postgresql/envelope';
import { outbox } from '../../../src/lib/capture/outbox';
import { type HubSender, type OutgoingEvent } from '../../../src/lib/hub/sender';
import { claimPath } from '../../../src/lib/ledger/names';
import { type Lake } from '../../../src/lib/ledger/port';
import { takeDefined } from './defined';
import * as wire from './wire';

const SOURCE = { name: 'shop', database: 'shop', systemId: '7431234567890123456', history: 1 };
const LONG = 16_384;
const columns = [
  { name: 'id', typeOid: 20, isKey: true },
  { name: 'v', typeOid: 25 },
];

test('a row whose JSON is longer than a string can be goes whole to the lake, and its facts to the hub', async () => {
  const encoder = new EnvelopeEncoder(SOURCE);
  encoder.take(wire.begin({ commitLsn: 256n, atUs: 1_764_158_400_000_123n, transactionId: 755 }), 0n, 0);
  takeDefined(encoder, wire.relation({ oid: LONG, schema: 'public', table: 'long', columns }), 0n, 0);
  const step = encoder.take(wire.insert(LONG, ['1', 'x']), 16n, 1_764_158_400_050);
  const [written] = step.kind === 'events' ? step.events : [];
  if (written === undefined) throw new Error('no event');
  // As long as the JSON of such a row is; reading it as a string would throw.
  const event = { ...written, body: Buffer.alloc(constants.MAX_STRING_LENGTH + 1) };

  const sent: OutgoingEvent[] = [];
  const kept = new Map<string, Buffer>();
  const put = (outgoing: OutgoingEvent): undefined => void sent.push(outgoing);
  const swap: Lake['swap'] = (path, bytes) => Promise.resolve({ etag: String(kept.set(path, bytes).size) });
  const sender: Partial<HubSender> = { maxBodyBytes: 1_000_000, put };
  await outbox('postgresql', sender as HubSender, { swap } as Lake).put(event);

  const path = claimPath('postgresql', event.eventId);
  expect([...kept.keys()]).toEqual([path]);
  expect(kept.get(path) === event.body).toBe(true);
  expect(sent).toMatchObject([{ key: event.key, properties: { eventId: event.eventId, payloadRef: path } }]);
  expect(sent[0]?.body.toString()).toBe(
    '{"source":{"version":"1","connector":"postgresql","name":"shop","ts_ms":1764158400000,"snapshot":"false","db":"shop",' +
      '"ts_us":1764158400000123,"schema":"public","table":"long","relation":16384,"txId":755,"lsn":16,"commit_lsn":256,"history":1},' +
      `"op":"c","ts_ms":1764158400050,"transaction":{"id":"755:256","total_order":1},"payloadRef":"${path}"}`,
  );
});
