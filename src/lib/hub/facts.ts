import { type EventHubsAccess } from '../config/config';
import { connectHub, namespaceOf } from './connect';
import { hubError } from './error';
import { type HubFacts } from './port';

/**
 * The facts of hubs as the namespace's `$management` tells them. The SDK is loaded at the first call, so that the start of
 * the app does not wait for it; a client lives for one call: the facts are asked for when a hub may have been made anew,
 * not for each batch.
 *
 * @param timeoutMs a call that is not answered by then throws EVENT_HUBS_FAILED
 */
export function hubFacts(access: EventHubsAccess, timeoutMs: number): HubFacts {
  return {
    async createdAt(hub) {
      const place = { namespace: namespaceOf(access), hub, timeoutMs };
      // The SDK's complaints about its arguments quote the connection string: they are no one's cause.
      const client = await connectHub(access, hub, timeoutMs).catch(() => Promise.reject(hubError(null, place)));
      try {
        const { createdOn } = await client.getEventHubProperties({ abortSignal: AbortSignal.timeout(timeoutMs) });
        return createdOn.getTime();
      } catch (thrown) {
        throw hubError(thrown, place);
      } finally {
        // Not waited for: a peer that has fallen silent would hold the answer back for a minute.
        client.close().catch(() => undefined);
      }
    },
  };
}
