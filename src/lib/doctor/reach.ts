import { lookup, resolveSrv } from 'node:dns/promises';
import { once } from 'node:events';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Endpoint } from './endpoints';

/** A name's addresses, or the code of what came instead (`ENOTFOUND`). */
export type Resolved = { readonly addresses: readonly string[] } | { readonly code: string };

/** As the app's own requests resolve it: by the system, its hosts file included. An address resolves to itself. */
export async function resolveName(host: string): Promise<Resolved> {
  try {
    const found = await lookup(host, { all: true });
    return { addresses: found.map(({ address }) => address) };
  } catch (error) {
    return { code: codeOf(error) };
  }
}

/** The servers behind a `mongodb+srv` address. */
export async function resolveServers(
  host: string,
): Promise<readonly { readonly host: string; readonly port: number }[] | { readonly code: string }> {
  try {
    return (await resolveSrv(`_mongodb._tcp.${host}`)).map(({ name, port }) => ({ host: name, port }));
  } catch (error) {
    return { code: codeOf(error) };
  }
}

/** `connected`, and over TLS if the endpoint speaks it; or at which step what came instead. */
export type Reached = 'connected' | { readonly step: 'tcp' | 'tls'; readonly code: string };

/** Opens a connection and closes it again; sends nothing. */
export async function reach({ host, port, tls }: Endpoint, signal: AbortSignal): Promise<Reached> {
  const tcp = await opened(connectTcp({ host, port }), 'connect', signal);
  if (tcp.code !== null) return { step: 'tcp', code: tcp.code };
  if (!tls) {
    tcp.socket.destroy();
    return 'connected';
  }
  const secure = await opened(
    connectTls({ socket: tcp.socket, servername: isIP(host) === 0 ? host : '' }),
    'secureConnect',
    signal,
  );
  tcp.socket.destroy();
  return secure.code === null ? 'connected' : { step: 'tls', code: secure.code };
}

async function opened(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<{ readonly socket: Socket; readonly code: string | null }> {
  try {
    await once(socket, event, { signal });
    if (event === 'secureConnect') socket.destroy();
    return { socket, code: null };
  } catch (error) {
    socket.on('error', () => undefined).destroy();
    return { socket, code: signal.aborted ? 'ETIMEDOUT' : codeOf(error) };
  }
}

/** The system's or OpenSSL's word for it. */
function codeOf(error: unknown): string {
  // A name with several addresses fails with one error for each.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const code = (first as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'an unknown failure';
}
