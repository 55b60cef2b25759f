import { type EventHubsAccess } from '../config/config';
import { credentialFor } from '../credential';

/** Any group would do for a hub's properties: they are not read through one. */
export const NO_GROUP = '$Default';

/**
 * A client that asks once: its caller's caller tries again, with a pause that does not count against this call. The SDK is loaded
 * with the first, so that the start of the app does not wait for it.
 *
 * @throws what the SDK says of its arguments, which quotes the connection string: nobody's cause
 */
export async function connectHub(access: EventHubsAccess, hub: string, timeoutMs: number, group = NO_GROUP) {
  const { EventHubConsumerClient } = await import('@azure/event-hubs');
  const options = { retryOptions: { maxRetries: 0, timeoutInMs: timeoutMs } };
  if (access.kind === 'connectionString') {
    return new EventHubConsumerClient(group, access.connectionString.reveal(), hub, options);
  }
  const credential = await credentialFor(access.clientId);
  return new EventHubConsumerClient(group, access.fullyQualifiedNamespace, hub, credential, options);
}

/** The namespace's host, with its port where it has one. */
export function namespaceOf(access: EventHubsAccess): string {
  if (access.kind === 'identity') return access.fullyQualifiedNamespace;
  return /Endpoint=sb:\/\/([^/;]+)/.exec(access.connectionString.reveal())?.[1] ?? 'unknown';
}
