import { type Source } from '../decode/event';
import { type HubSender } from '../hub/sender';
import { claimPath } from '../ledger/names';
import { type Lake } from '../ledger/port';
import { referenceTo } from './claim';
import { type CapturedEvent, type ChangeSink } from './port';

/** Longer keys are left out: with them the properties would not fit. */
const LONGEST_KEY = 1024;

/** Of which row the reference is: its line names it even where the file is gone. */
function rowKey({ key }: CapturedEvent): { readonly rowKey?: string } {
  return key.length > LONGEST_KEY ? {} : { rowKey: key };
}

/**
 * The sink in front of a hub: what is too large for Event Hubs is kept whole in the lake first, and the hub carries a reference.
 * The path comes from the event's id alone, so what is sent again finds its file there.
 */
export function outbox(source: Source, sender: HubSender, lake: Lake): ChangeSink {
  const keepWhole = async (event: CapturedEvent): Promise<void> => {
    const payloadRef = claimPath(source, event.eventId);
    await lake.swap(payloadRef, event.body, null);
    const body = referenceTo(event.facts(), payloadRef);
    await sender.put({ key: event.key, body, properties: { eventId: event.eventId, payloadRef, ...rowKey(event) } });
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
