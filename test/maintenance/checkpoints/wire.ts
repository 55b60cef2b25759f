import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { type EventHubsAccess } from '../../../src/lib/config/config';
import { Secret } from '../../../src/lib/config/secret';

/** Access to whatever listens at a port of this machine, or at another address. */
export const accessTo = (port: number, host = 'localhost'): EventHubsAccess => ({
  kind: 'connectionString',
  connectionString: new Secret(
    `Endpoint=sb://${host}:${port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;`,
  ),
});

export interface Listening extends AsyncDisposable {
  readonly port: number;
}

/** A server on a free port whose connections are cut at the end of the test. */
export async function listening(onConnection: (socket: Socket) => void): Promise<Listening> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    onConnection(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Accepts and never answers. */
export const silent = (): Promise<Listening> => listening(() => undefined);

const STATUS = Buffer.from('status-code');
/** The format code of AMQP's 32-bit integers. */
const INT = 0x71;

/**
 * A relay to the namespace at `port` that turns one status into another on its way back: 202 is the answer to a token, 200
 * that to a question.
 */
export function withStatus(port: number, from: number, to: number): Promise<Listening> {
  return listening((client) => {
    const upstream = connect(port, '127.0.0.1').on('error', () => undefined);
    client.on('close', () => upstream.destroy()).on('data', (data) => upstream.write(data));
    upstream.on('data', (data) => {
      for (let at = data.indexOf(STATUS); at >= 0; at = data.indexOf(STATUS, at + 1)) {
        const value = at + STATUS.length;
        if (data[value] === INT && data.readInt32BE(value + 1) === from) data.writeInt32BE(to, value + 1);
      }
      client.write(data);
    });
  });
}
