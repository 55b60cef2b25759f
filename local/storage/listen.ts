import { type Server } from 'node:http';
import { type AddressInfo } from 'node:net';

/**
 * Listens and returns the port, which is `port` itself unless that is 0.
 *
 * @throws Error that names the port when it is taken
 */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(portError(cause, host, port)));
    server.listen(port, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Stops listening and ends every connection, busy ones too. */
export async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** Says which port could not be listened on, and what to do when another program has it. */
export function portError(cause: unknown, host: string, port: number): Error {
  const taken = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE';
  const message = taken
    ? `${host}:${port} is in use by another program: stop it or choose another port`
    : `cannot listen on ${host}:${port}: ${String(cause)}`;
  return new Error(message, { cause });
}
