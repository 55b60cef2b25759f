import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type ClientRequest } from 'node:http';
import { type LakeClients } from './clients';

/** Requests whose ids are remembered: far more than are ever under way at once. */
const MAX_IDS = 4_096;

const CHANNEL = 'http.client.request.start';

/**
 * Tells of each request to the lake that is sent again: the SDKs do that inside and tell nobody. They give a request an id
 * (`x-ms-client-request-id`) and send it again under the same one; Node tells of every request that this process makes.
 *
 * @returns what ends it
 */
export function watchRetries({ blobs, files }: LakeClients, onRetry: () => void): () => void {
  const hosts = new Set([new URL(blobs.url).host, new URL(files.url).host]);
  const seen = new Set<string>();
  const watch = (message: unknown): void => {
    const { request } = message as { readonly request: ClientRequest };
    const [host, id] = [request.getHeader('host'), request.getHeader('x-ms-client-request-id')];
    if (typeof host !== 'string' || typeof id !== 'string' || !hosts.has(host)) return;
    if (seen.has(id)) onRetry();
    seen.add(id);
    if (seen.size > MAX_IDS) for (const oldest of seen.keys()) return void seen.delete(oldest);
  };
  subscribe(CHANNEL, watch);
  return () => void unsubscribe(CHANNEL, watch);
}
