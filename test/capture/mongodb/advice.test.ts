import { createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { MongoClient } from 'mongodb';
import { freePort } from '../../../local/postgres/free-port';
import { adviceFor } from '../../../src/lib/capture/mongodb/advice';

test.each<[string, string, string]>([
  ['no such name', 'getaddrinfo ENOTFOUND db.example.com', 'Check the hosts in CARTS, and the DNS'],
  ['no SRV record', 'querySrv ENOTFOUND _mongodb._tcp.example.com', 'Check the hosts in CARTS, and the DNS'],
  ['a certificate of its own', 'self-signed certificate', "The server's certificate is of an authority"],
  ['an authority not known', 'unable to verify the first certificate', "The server's certificate is of an authority"],
  [
    "another's certificate",
    "Hostname/IP does not match certificate's altnames: …",
    "The server's certificate is of another",
  ],
  ['an old certificate', 'certificate has expired', "Renew the server's certificate"],
  [
    'no TLS there',
    'write EPROTO 1:error:0A00010B:SSL routines::wrong version number',
    'The server does not speak TLS there',
  ],
  ['no common TLS', 'SSL alert number 70', 'Server and app agree on no TLS'],
  ['no answer', 'Server selection timed out after 15000 ms', 'There was no answer in time'],
  ['a cut', 'connection 1 to 127.0.0.1:27017 closed', 'The connection broke'],
  ['else', 'odd', 'Check that the deployment has a primary and can be reached from here, at the hosts in CARTS.'],
])('%s', (_name, found, advice) => {
  expect(adviceFor('CARTS', false, found).startsWith(advice)).toBe(true);
});

test('a refused user', () => {
  expect(adviceFor('CARTS', true, '18 AuthenticationFailed, Authentication failed.')).toBe(
    'Check the user, the password and authSource in CARTS.',
  );
});

/** What the driver says of a server. */
async function wordsOf(port: number, options = ''): Promise<string> {
  await using client = new MongoClient(`mongodb://127.0.0.1:${port}/?${options}`, { serverSelectionTimeoutMS: 300 });
  return await client.connect().then(
    () => 'connected',
    (error: unknown) => (error as Error).message,
  );
}

test('the driver says what the advice goes by', async () => {
  expect(adviceFor('CARTS', false, await wordsOf(await freePort('127.0.0.1')))).toMatch(/^Check that the servers run/);
  const plain: Server = createServer((socket) => socket.on('error', () => undefined).end('no TLS here, but text'));
  await once(plain.listen(0, '127.0.0.1'), 'listening');
  const { port } = plain.address() as AddressInfo;
  expect(adviceFor('CARTS', false, await wordsOf(port, 'tls=true'))).toMatch(/^The server does not speak TLS there/);
  plain.close();
});
