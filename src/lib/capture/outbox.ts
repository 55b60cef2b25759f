import { createHash } from 'node:crypto';
import { type Source } from '../decode/event';
import { type HubSender } from '../hub/sender';
import { claimPath } from '../ledger/names';
import { readInPieces } from '../ledger/pieces';
import { type Lake } from '../ledger/port';
import { referenceTo } from './claim';
import { type CapturedEvent, type ChangeSink } from './port';

/** Longer keys are left out: with them the properties would not fit. */
const LONGEST_KEY = 1024;

async function sha256Of(pieces: AsyncIterable<Buffer> | readonly Buffer[]): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}

/** Of which row the reference is: its line names it even where the file is gone. */
function rowKey({ key }: CapturedEvent): { readonly rowKey?: string } {
  return key.length > LONGEST_KEY ? {} : { rowKey: key };
}

/**
 * The sink in front of a hub: what is too large for Event Hubs is kept whole in the lake first, and the hub carries a reference.
 * The path comes from the event's id alone, so what is sent again finds its file there. The reference says the hash of what is there:
 * `verify --deep` compares them.
 */
export function outbox(source: Source, sender: HubSender, lake: Lake): ChangeSink {
  const keepWhole = async (event: CapturedEvent): Promise<void> => {
    const payloadRef = claimPath(source, event.eventId);
    const isThere = (await lake.swap(payloadRef, event.body, null)) === 'overtaken';
    // Sent again, it may be written differently: the file counts.
    const payloadSha256 = await sha256Of(isThere ? readInPieces(lake, payloadRef) : [event.body]);
    const body = referenceTo(event.facts(), payloadRef);
    await sender.put({
      key: event.key,
      body,
      properties: { eventId: event.eventId, payloadRef, payloadSha256, ...rowKey(event) },
    });
  };
  return {
    put(event) {
      if (event.body.length > sender.maxBodyBytes) return keepWhole(event);
      return sender.put({ key: event.key, body: event.body, properties: { eventId: event.eventId } });
    },
    flush: () => sender.flush(),
    get accepted() {
      return sender.accepted;
    },
  };
}
