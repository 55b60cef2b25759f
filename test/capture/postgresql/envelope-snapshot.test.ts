import { createHash } from 'node:crypto';
import { snapshotEncoder } from '../../../src/lib/capture/postgresql/envelope-snapshot';

const SOURCE = { name: 'shop', database: 'shop', systemId: '7431234567890123456', history: 1 };
const FACTS = { consistentPoint: 24_025_000n, takenAtUs: 1_764_158_400_000_123n };
const NOW_MS = 1_764_158_400_050;
const ID = { name: 'id', typeOid: 20, isKey: true };
const NOTE = { name: 'note', typeOid: 25, isKey: false };
const ORDERS = { oid: 16_384, schema: 'public', table: 'orders', columns: [ID, NOTE] };

test('a row of COPY becomes an event, byte for byte as it is agreed on', () => {
  const { key, eventId, body } = snapshotEncoder(SOURCE, FACTS, ORDERS)(
    Buffer.from('42\ta\\tb'),
    NOW_MS,
    Buffer.from('(0,1)'),
  );
  expect(key).toBe('public.orders/[42]');
  expect(eventId).toBe(`7431234567890123456/shop/1/00000000016E97A8/public.orders/${digest('[42]')}`);
  expect(body.toString()).toBe(
    '{"before":null,"after":{"id":42,"note":"a\\tb"},' +
      '"source":{"version":"1","connector":"postgresql","name":"shop","ts_ms":1764158400000,"snapshot":"true","db":"shop",' +
      '"ts_us":1764158400000123,"schema":"public","table":"orders","relation":16384,"lsn":24025000,"commit_lsn":24025000,"history":1},' +
      '"op":"r","ts_ms":1764158400050,"transaction":null}',
  );
});

test('without a key, a row’s id is of its place and its text, and its key is the table', () => {
  const encode = snapshotEncoder(SOURCE, FACTS, { ...ORDERS, columns: [{ ...ID, isKey: false }, NOTE] });
  const line = Buffer.from('16405(0,1)\t42\t\\N');
  const { key, eventId, body } = encode(Buffer.from('42\t\\N'), NOW_MS, line, 755);
  expect(key).toBe('public.orders');
  // The transaction that wrote it: a stream that has that transaction has the row, too.
  expect(JSON.parse(body.toString())).toMatchObject({ op: 'r', source: { snapshot: 'true', txId: 755 } });
  const another = encode(Buffer.from('43\t\\N'), NOW_MS, line, 4_294_967_295);
  expect(JSON.parse(another.body.toString())).toMatchObject({ after: { id: 43 }, source: { txId: 4_294_967_295 } });
  expect(eventId.split('/').at(-1)).toBe(digest('16405(0,1)\t42\t\\N'));
});

test('types that are not built in are written by their rows', () => {
  const columns = [ID, { ...NOTE, typeOid: 20_001 }];
  const types = [{ oid: 20_001, typtype: 'b', typcategory: 'A', typbasetype: 0, typelem: 23, typdelim: ',' }];
  const { body } = snapshotEncoder(
    SOURCE,
    FACTS,
    { ...ORDERS, columns },
    types,
  )(Buffer.from('1\t{2,NULL}'), NOW_MS, Buffer.alloc(0));
  expect(JSON.parse(body.toString())).toMatchObject({ after: { id: 1, note: [2, null] } });
});

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
