/**
 * Bodies as the sources send them, shaped after the documentation of each format, about 1 KB each but for the one that
 * carries its schema. Values vary from event to event as those of an order table do.
 */
export interface BodyKind {
  readonly name: string;
  readonly make: (i: number) => string;
}

const CITIES = ['Leeds', 'Lisboa', 'Ljubljana', 'Lille', 'Lund', 'Linz', 'Lübeck', 'Lugano'];
const STATES = ['placed', 'paid', 'packed', 'shipped', 'delivered', 'returned'];
const START = Date.UTC(2026, 10, 22, 21);

function pick<T>(list: readonly T[], i: number): T {
  return list[i % list.length] as T;
}

/** A row of a shop's `orders` table, as a JSON converter writes it. */
function row(i: number): Record<string, unknown> {
  return {
    id: 4_000_000 + i,
    customer_id: 90_000 + ((i * 7919) % 50_000),
    status: pick(STATES, i),
    total: `${(i * 37) % 900}.${String((i * 13) % 100).padStart(2, '0')}`,
    currency: 'EUR',
    city: pick(CITIES, i >> 3),
    street: `${(i % 240) + 1} Mill Lane`,
    postcode: `LS${(i % 28) + 1} ${i % 9}QT`,
    email: `customer.${90_000 + ((i * 7919) % 50_000)}@shop.example`,
    note: i % 5 === 0 ? 'Ring twice, please leave with the neighbour at number 12 if nobody answers the door' : null,
    items: 1 + (i % 9),
    express: i % 4 === 0,
    created_at: (START + i * 11) * 1000,
    updated_at: (START + i * 17) * 1000,
  };
}

/** When the transaction of event `i` was committed, in milliseconds: four changes to a transaction. */
function committedAt(i: number): number {
  return START + (i >> 2) * 68;
}

function source(i: number): Record<string, unknown> {
  const millis = committedAt(i);
  return {
    version: '3.1.0.Final',
    connector: 'postgresql',
    name: 'shop',
    ts_ms: millis,
    snapshot: 'false',
    db: 'shop',
    sequence: `["${90_194_318_000 + i * 96}","${90_194_318_040 + i * 96}"]`,
    ts_us: millis * 1000 + ((i >> 2) % 1000),
    ts_ns: (millis * 1000 + ((i >> 2) % 1000)) * 1000,
    schema: 'public',
    table: 'orders',
    txId: 771_000 + (i >> 2),
    lsn: 90_194_318_040 + i * 96,
    xmin: null,
  };
}

function envelope(i: number): Record<string, unknown> {
  const update = i % 3 !== 0;
  return {
    before: update ? { ...row(i), status: pick(STATES, i + 5) } : null,
    after: row(i),
    source: source(i),
    transaction: null,
    op: update ? 'u' : 'c',
    ts_ms: START + i * 17 + 210,
    ts_us: (START + i * 17 + 210) * 1000,
    ts_ns: (START + i * 17 + 210) * 1_000_000,
  };
}

function field(name: string, type: string, optional: boolean): Record<string, unknown> {
  return { type, optional, field: name };
}

function struct(name: string, fieldName: string, fields: readonly Record<string, unknown>[]): Record<string, unknown> {
  return { type: 'struct', fields, optional: fieldName !== 'source', name, field: fieldName };
}

const ROW_FIELDS = Object.entries(row(1)).map(([name, value]) =>
  field(name, typeof value === 'number' ? 'int64' : typeof value === 'boolean' ? 'boolean' : 'string', name !== 'id'),
);
const SCHEMA = {
  type: 'struct',
  fields: [
    struct('shop.public.orders.Value', 'before', ROW_FIELDS),
    struct('shop.public.orders.Value', 'after', ROW_FIELDS),
    struct(
      'io.debezium.connector.postgresql.Source',
      'source',
      Object.entries(source(1)).map(([name, value]) =>
        field(name, typeof value === 'number' ? 'int64' : 'string', true),
      ),
    ),
    field('op', 'string', false),
    field('ts_ms', 'int64', true),
  ],
  optional: false,
  name: 'shop.public.orders.Envelope',
  version: 2,
};

function changeStream(i: number): Record<string, unknown> {
  const millis = START + i * 17;
  const id = { $oid: `6741${(0x7f00_0000_0000 + i).toString(16)}a1b2c3d4` };
  const token = `8267410A${i.toString(16).toUpperCase().padStart(8, '0')}2B042C0100296E5A100433C5E1B6A1`;
  return {
    _id: { _data: `${token}D64B0DAEF4B6E0C8B2F4C6463C6F7065726174696F6E54797065003C696E7365727400` },
    operationType: i % 3 === 0 ? 'insert' : 'update',
    clusterTime: { $timestamp: { t: Math.floor(millis / 1000), i: 1 + (i % 40) } },
    wallTime: { $date: new Date(millis).toISOString() },
    ns: { db: 'shop', coll: 'orders' },
    documentKey: { _id: id },
    fullDocument: {
      _id: id,
      customer: {
        id: 90_000 + (i % 50_000),
        name: 'Anne-Marie Kretchmar',
        email: `customer.${90_000 + (i % 50_000)}@shop.example`,
        address: {
          street: `${(i % 240) + 1} Mill Lane`,
          postcode: `LS${(i % 28) + 1} ${i % 9}QT`,
          city: pick(CITIES, i),
        },
      },
      status: pick(STATES, i),
      total: { $numberDecimal: `${(i * 37) % 900}.${String((i * 13) % 100).padStart(2, '0')}` },
      items: [
        { sku: `SKU-${i % 997}`, count: 1 + (i % 4), price: { $numberDecimal: '12.50' } },
        { sku: `SKU-${i % 991}`, count: 2, price: { $numberDecimal: '7.95' } },
      ],
      createdAt: { $date: new Date(millis - 86_400_000).toISOString() },
    },
    ...(i % 3 === 0 ? {} : { updateDescription: { updatedFields: { status: pick(STATES, i) }, removedFields: [] } }),
  };
}

function wal2json(i: number): Record<string, unknown> {
  const column = (name: string, type: string, value: unknown): Record<string, unknown> => ({ name, type, value });
  const committed = new Date(committedAt(i)).toISOString();
  return {
    action: 'U',
    xid: 771_000 + (i >> 2),
    timestamp: `${committed.slice(0, 10)} ${committed.slice(11, 23)}${String((i >> 2) % 1000).padStart(3, '0')}+00`,
    lsn: `15/${(0x1000_0000 + i * 96).toString(16).toUpperCase()}`,
    schema: 'public',
    table: 'orders',
    columns: Object.entries(row(i)).map(([name, value]) =>
      column(name, typeof value === 'number' ? 'bigint' : 'character varying(200)', value),
    ),
    identity: [column('id', 'bigint', 4_000_000 + i)],
  };
}

export const BODY_KINDS: readonly BodyKind[] = [
  { name: 'debezium', make: (i) => JSON.stringify(envelope(i)) },
  { name: 'debezium with schema', make: (i) => JSON.stringify({ schema: SCHEMA, payload: envelope(i) }) },
  { name: 'mongodb change stream', make: (i) => JSON.stringify(changeStream(i)) },
  { name: 'wal2json 2', make: (i) => JSON.stringify(wal2json(i)) },
];
