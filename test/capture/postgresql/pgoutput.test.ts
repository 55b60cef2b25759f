import fc from 'fast-check';
import { parseMessage } from '../../../src/lib/capture/postgresql/pgoutput';
import { PgoutputError } from '../../../src/lib/capture/postgresql/pgoutput-error';
import {
  NULL_VALUE,
  UNCHANGED_VALUE,
  type PgoutputMessage,
  type Tuple,
} from '../../../src/lib/capture/postgresql/pgoutput-messages';
import * as wire from './wire';

const HIGHEST_LSN = 2n ** 64n - 1n;
const ORDERS = {
  oid: 4_000_000_000,
  schema: 'public',
  table: 'Größe "x"',
  columns: [
    { name: 'id', typeOid: 20, isKey: true },
    { name: 'note', typeOid: 4_294_967_295 },
  ],
};

/** Each message as the documentation has it, and what it says. */
const MESSAGES: Readonly<Record<string, readonly [Buffer, unknown]>> = {
  Begin: [
    wire.begin({ commitLsn: HIGHEST_LSN, atUs: 1_764_158_400_000_123n, transactionId: 4_294_967_295 }),
    { kind: 'begin', commitLsn: HIGHEST_LSN, committedAtUs: 1_764_158_400_000_123n, transactionId: 4_294_967_295 },
  ],
  Commit: [
    wire.commit(2n ** 53n + 1n, 2n ** 53n + 9n, -1n),
    { kind: 'commit', commitLsn: 2n ** 53n + 1n, endLsn: 2n ** 53n + 9n, committedAtUs: -1n },
  ],
  Origin: [wire.origin(7n, 'elsewhere'), { kind: 'origin', commitLsn: 7n, name: 'elsewhere' }],
  Relation: [wire.relation(ORDERS), { kind: 'relation', ...ORDERS, replicaIdentity: 'default', columns: columns() }],
  'Relation of pg_catalog': [
    wire.relation({ ...ORDERS, schema: '', identity: 'f', columns: [] }),
    { kind: 'relation', ...ORDERS, schema: 'pg_catalog', replicaIdentity: 'full', columns: [] },
  ],
  Type: [wire.type(16_400, 'shop', 'mood'), { kind: 'type', oid: 16_400, schema: 'shop', name: 'mood' }],
  Insert: [
    wire.insert(16_384, ['42', '', null]),
    { kind: 'insert', relationOid: 16_384, after: ['42', '', NULL_VALUE] },
  ],
  'Insert without columns': [wire.insert(16_384, []), { kind: 'insert', relationOid: 16_384, after: [] }],
  Update: [
    wire.update(16_384, ['42', wire.UNCHANGED]),
    { kind: 'update', relationOid: 16_384, before: null, after: ['42', UNCHANGED_VALUE] },
  ],
  'Update with the old key': [
    wire.update(16_384, ['43', 'n'], ['K', ['42', null]]),
    { kind: 'update', relationOid: 16_384, before: { holds: 'key', values: ['42', NULL_VALUE] }, after: ['43', 'n'] },
  ],
  'Update with the old row': [
    wire.update(16_384, ['42', 'new'], ['O', ['42', 'old']]),
    { kind: 'update', relationOid: 16_384, before: { holds: 'row', values: ['42', 'old'] }, after: ['42', 'new'] },
  ],
  'Delete by key': [
    wire.remove(16_384, 'K', ['42', null]),
    { kind: 'delete', relationOid: 16_384, before: { holds: 'key', values: ['42', NULL_VALUE] } },
  ],
  'Delete with the row': [
    wire.remove(16_384, 'O', ['42', 'ö']),
    { kind: 'delete', relationOid: 16_384, before: { holds: 'row', values: ['42', 'ö'] } },
  ],
  Truncate: [wire.truncate([1, 2]), { kind: 'truncate', relationOids: [1, 2] }],
  Message: [
    wire.message({ transactional: true, lsn: 9n, prefix: 'p', content: Buffer.from([0, 255]) }),
    { kind: 'message', transactional: true, lsn: 9n, prefix: 'p', content: Buffer.from([0, 255]) },
  ],
  'Message outside of transactions': [
    wire.message({ transactional: false, lsn: 9n, prefix: '', content: Buffer.alloc(0) }),
    { kind: 'message', transactional: false, lsn: 9n, prefix: '', content: Buffer.alloc(0) },
  ],
};

describe.each(Object.entries(MESSAGES))('%s', (_name, [bytes, expected]) => {
  test('is read to the last field', () => {
    expect(readable(parseMessage(bytes))).toEqual(expected);
  });

  test('is refused when it is cut short anywhere, or goes on behind its end', () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(() => parseMessage(bytes.subarray(0, length))).toThrow(PgoutputError);
    }
    expect(() => parseMessage(Buffer.concat([bytes, Buffer.from([0])]))).toThrow('1 more than its format has');
  });
});

test('every replica identity has its name, and a letter that is none is refused', () => {
  const identities = ['d', 'n', 'f', 'i'].map((identity) => parseMessage(wire.relation({ ...ORDERS, identity })));
  const names = identities.map((message) => message.kind === 'relation' && message.replicaIdentity);
  expect(names).toEqual(['default', 'nothing', 'full', 'index']);
  expect(() => parseMessage(wire.relation({ ...ORDERS, identity: 'x' }))).toThrow(
    'expected a replica identity, found "x"',
  );
});

test('messages of later protocol versions are refused by their letter', () => {
  for (const first of ['S', 'E', 'c', 'A', 'b', 'P', 'K', 'r', 'p', '\0']) {
    expect(() => parseMessage(Buffer.concat([wire.letter(first), Buffer.alloc(64)]))).toThrow(
      'no message of protocol version 1 begins so',
    );
  }
});

test('binary values, which nobody asked for, are refused, and so is a tuple of another kind', () => {
  const binary = Buffer.concat([wire.letter('I'), wire.int32(1), wire.letter('N'), wire.int16(1), wire.letter('b')]);
  expect(() => parseMessage(binary)).toThrow('expected a value as text, found "b"');
  const old = Buffer.concat([wire.letter('I'), wire.int32(1), wire.letter('K'), wire.tuple([])]);
  expect(() => parseMessage(old)).toThrow('expected a new tuple, found "K"');
  const fresh = Buffer.concat([wire.letter('D'), wire.int32(1), wire.letter('N'), wire.tuple([])]);
  expect(() => parseMessage(fresh)).toThrow('expected an old tuple, found "N"');
});

test('values are views of what was received, not copies', () => {
  const bytes = wire.insert(1, ['42']);
  const message = parseMessage(bytes);
  expect(message.kind === 'insert' && message.after.bytes).toBe(bytes);
});

test('whatever bytes come, they are read or refused as PgoutputError', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('B', 'C', 'O', 'R', 'Y', 'I', 'U', 'D', 'T', 'M'),
      fc.uint8Array({ maxLength: 80 }),
      (first, rest) => {
        try {
          parseMessage(Buffer.concat([wire.letter(first), rest]));
        } catch (error) {
          expect(error).toBeInstanceOf(PgoutputError);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

function columns() {
  return ORDERS.columns.map((column) => ({ isKey: false, modifier: -1, ...column }));
}

/** The message with its tuples as lists of texts. */
function readable(message: PgoutputMessage): unknown {
  const known: Record<string, unknown> = { ...message };
  if ('after' in message) known['after'] = values(message.after);
  if ('before' in message && message.before !== null) {
    known['before'] = { holds: message.before.holds, values: values(message.before) };
  }
  return known;
}

function values({ bytes, starts, lengths }: Tuple): unknown[] {
  return lengths.map((length, index) => {
    const start = starts[index] ?? NaN;
    return length < 0 ? length : bytes.toString('utf8', start, start + length);
  });
}
