import { once } from 'node:events';
import { createServer, type Server as NetServer } from 'node:net';
import { portError } from '../storage/listen';
import { serveConnection } from './connection';
import { type Server } from './context';
import { type Faults } from './faults';
import { type Sockets } from './sockets';

const HOST = '127.0.0.1';

/** @throws Error that names the port when it is taken */
export async function listenMongo(port: number): Promise<NetServer> {
  const listening = createServer();
  await new Promise<void>((resolve, reject) => {
    listening.once('error', (cause) => reject(portError(cause, HOST, port)));
    listening.listen(port, HOST, resolve);
  });
  return listening;
}

/** Serves every client that connects; to be called in the turn of the event loop in which it began to listen. */
export function serveMongo(listening: NetServer, server: Server, faults: Faults, sockets: Sockets): void {
  let connections = 0;
  listening.on('connection', (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.setNoDelay(true);
    serveConnection(socket, connections, server, faults);
  });
}

/** Stops listening and ends every connection. */
export async function closeServer(listening: NetServer, sockets: Sockets): Promise<void> {
  const closed = once(listening, 'close');
  listening.close();
  sockets.cutAll();
  await closed;
}
