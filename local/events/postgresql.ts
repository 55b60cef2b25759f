import { type GeneratedEvent } from './generated-event';
import { type Random } from './random';
import { type Row, type ShopChange, type Truncation } from './shop';

const LETTERS = { create: 'c', update: 'u', delete: 'd' } as const;

/** A change as Debezium's PostgreSQL connector tells it, now and then as wal2json does; a deletion brings a tombstone. */
export function postgresChange(change: ShopChange, random: Random): GeneratedEvent[] {
  const id = (change.after ?? change.before)?.id ?? 0n;
  const event = (body: string): GeneratedEvent => ({
    source: 'postgresql',
    partitionKey: `public.${change.table}:${id}`,
    properties: {},
    body: Buffer.from(body),
    expect: 'bronze',
  });
  if (random.in(0.03)) return [event(wal2json(change))];
  // An incremental snapshot reads rows while changes go on.
  const isRead = change.operation === 'create' && random.in(0.1);
  const payload = envelope(change, isRead ? 'r' : LETTERS[change.operation]);
  const told = event(random.in(0.1) ? `{"schema":${SCHEMA},"payload":${payload}}` : payload);
  return change.operation === 'delete' ? [told, event('')] : [told];
}

/** TRUNCATE as Debezium tells it: without a key, because it is about no row. */
export function postgresTruncate(truncation: Truncation): GeneratedEvent {
  const { committedAt } = truncation;
  return {
    source: 'postgresql',
    partitionKey: null,
    properties: {},
    body: Buffer.from(`{"source":${sourceOf(truncation, 'false')},"op":"t","ts_ms":${committedAt + 7}}`),
    expect: 'bronze',
  };
}

function envelope(change: ShopChange, letter: string): string {
  const { before, after, committedAt } = change;
  return (
    `{"before":${row(before)},"after":${row(after)},"source":${sourceOf(change, letter === 'r' ? 'incremental' : 'false')},` +
    `"transaction":null,"op":"${letter}","ts_ms":${committedAt + 7},"ts_us":${committedAt + 7}042,"ts_ns":${committedAt + 7}042000}`
  );
}

function sourceOf({ committedAt, position, table }: Truncation, snapshot: string): string {
  return (
    `{"version":"3.1.0.Final","connector":"postgresql","name":"shop","ts_ms":${committedAt},"snapshot":"${snapshot}","db":"shop",` +
    `"sequence":"[\\"${position - 1n}\\",\\"${position}\\"]","ts_us":${committedAt}123,"ts_ns":${committedAt}123456,"schema":"public",` +
    `"table":"${table}","txId":${position % 100_000n},"lsn":${position},"xmin":null}`
  );
}

const row = (of: Row | null): string => (of === null ? 'null' : `{"id":${of.id},${of.fields}}`);

/** Format 2: an object for each row. */
function wal2json({ operation, table, before, after, committedAt, position }: ShopChange): string {
  const id = (after ?? before)?.id ?? 0n;
  const action = { create: 'I', update: 'U', delete: 'D' }[operation];
  const lsn = `${(position >> 32n).toString(16)}/${(position & 0xffffffffn).toString(16)}`.toUpperCase();
  const time = new Date(committedAt).toISOString().replace('T', ' ').replace('Z', '123+00');
  const columns = `[{"name":"id","type":"bigint","value":${id}},{"name":"total","type":"numeric","value":1.0}]`;
  const values = after === null ? '' : `,"columns":${columns}`;
  const identity = before === null ? '' : `,"identity":[{"name":"id","type":"bigint","value":${id}}]`;
  return `{"action":"${action}","xid":${position % 100_000n},"timestamp":"${time}","lsn":"${lsn}","schema":"public","table":"${table}"${values}${identity}}`;
}

const SCHEMA =
  '{"type":"struct","fields":[{"type":"struct","fields":[{"type":"int64","optional":false,"field":"id"}],"optional":true,' +
  '"name":"shop.public.Value","field":"before"},{"type":"string","optional":false,"field":"op"}],"optional":false,' +
  '"name":"shop.public.Envelope","version":2}';
