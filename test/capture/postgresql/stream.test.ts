import { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { type Session } from '../../../src/lib/capture/postgresql/connect';
import { startReplication } from '../../../src/lib/capture/postgresql/stream';

/** A message of the server: its letter, its length and what it holds. */
function message(letter: string, content: Buffer): Buffer {
  const head = Buffer.from(`${letter}....`);
  head.writeInt32BE(4 + content.length, 1);
  return Buffer.concat([head, content]);
}

const COPY_BOTH = message('W', Buffer.from([0, 0, 0]));
/** A frame of XLogData, as long as a long row. */
const ROW = message('d', Buffer.concat([Buffer.from('w'), Buffer.alloc(24), Buffer.alloc(256 * 1024, 'x')]));

test('only a few long rows are read ahead of whoever takes them', async () => {
  let sent = 0;
  const socket = new Duplex({
    read() {
      this.push((sent += 1) === 1 ? COPY_BOTH : ROW);
    },
    write: (_chunk, _encoding, done) => done(),
  });
  socket.on('data', () => undefined);
  const client = {
    query: (copy: { submit(connection: object): void }) => {
      copy.submit({ stream: socket, query: () => undefined });
      return copy;
    },
  };
  const session = { client, broken: new Promise(() => undefined) } as unknown as Session;
  using stream = startReplication(
    session,
    { slot: 'slot', publications: ['change_lake'] },
    { from: 0n, confirmedLsn: 0n },
    Date.now,
  );
  const frames = stream.frames[Symbol.asyncIterator]();
  expect((await frames.next()).value).toMatchObject({ kind: 'data' });
  // Until nothing more is read.
  for (let before = -1; before !== sent; await setImmediate()) before = sent;
  expect(sent).toBeLessThan(10);
  stream.cut(new Error('over'));
});
