import { type Catalog } from './catalog';
import { type Namespace } from './command';
import { keyOf } from './compare';
import { idOf } from './documents';
import {
  type DocumentOperation,
  type EntrySession,
  type Operation,
  type OplogEntry,
  type ShardPlace,
  type UpdateDescription,
  type ViewKind,
} from './oplog-entry';
import { field, type RawValue } from './raw';
import {
  array,
  asArray,
  asBinary,
  asDate,
  asDocument,
  asDocuments,
  asFlag,
  asLong,
  asNumber,
  asText,
  asTimestamp,
  bool,
  date,
  embedded,
  int,
  long,
  make,
  text,
  timestamp,
  uuidValue,
} from './values';

/** What one record of the journal says. */
export type JournalRecord =
  { readonly kind: 'entry'; readonly entry: OplogEntry } | { readonly kind: 'truncated'; readonly keptEntries: number };

export const encodeTruncated = (keptEntries: number): Buffer => make({ truncated: int(keptEntries) });

/** The documents as they were before are left out: whoever reads the journal from its beginning has them. */
export function encodeEntry({ ts, wallAt, operations, session }: OplogEntry): Buffer {
  return make({
    ts: timestamp(ts),
    wall: date(wallAt),
    session: session === null ? undefined : embedded(encodeSession(session)),
    operations: array(operations.map((operation) => embedded(encodeOperation(operation)))),
  });
}

/** @param catalog as it stood before the entry */
export function decodeRecord(record: Buffer, catalog: Catalog): JournalRecord {
  const kept = asNumber(field(record, 'truncated'));
  if (kept !== undefined) return { kind: 'truncated', keptEntries: kept };
  const session = asDocument(field(record, 'session'));
  const written = new Map<string, Buffer>();
  const before = (uuid: Buffer, id: RawValue): Buffer => {
    const key = keyOf(id);
    const found = written.get(uuid.toString('hex') + key) ?? catalog.collectionOf(uuid)?.get(key);
    return found ?? damaged('a document that was changed is not there');
  };
  const operations = (asDocuments(field(record, 'operations')) ?? []).map((document) => {
    const operation = decodeOperation(document, before);
    if (operation.kind === 'insert' || operation.kind === 'update')
      written.set(operation.uuid.toString('hex') + keyOf(idOf(operation.after)), operation.after);
    return operation;
  });
  return {
    kind: 'entry',
    entry: {
      ts: need(asTimestamp(field(record, 'ts'))),
      wallAt: need(asDate(field(record, 'wall'))),
      operations,
      session: session === undefined ? null : decodeSession(session),
    },
  };
}

const encodeSession = ({ lsid, txnNumber, statement }: EntrySession): Buffer =>
  make({ lsid: embedded(lsid), txn: long(txnNumber), stmt: statement === null ? undefined : int(statement) });

const decodeSession = (document: Buffer): EntrySession => ({
  lsid: need(asDocument(field(document, 'lsid'))),
  txnNumber: need(asLong(field(document, 'txn'))),
  statement: asNumber(field(document, 'stmt')) ?? null,
});

function encodeOperation(operation: Operation): Buffer {
  const kind = text(operation.kind);
  switch (operation.kind) {
    case 'insert':
      return make({ kind, ...onDocument(operation), after: embedded(operation.after) });
    case 'update': {
      const { after, description } = operation;
      const described = description === null ? undefined : embedded(encodeDescription(description));
      return make({ kind, ...onDocument(operation), after: embedded(after), described });
    }
    case 'delete':
      return make({ kind, ...onDocument(operation), id: idOf(operation.before) });
    case 'create':
      return make({ kind, ...on(operation), ...ofKind(operation), options: embedded(operation.options) });
    case 'modify': {
      const [options, before] = [embedded(operation.options), embedded(operation.optionsBefore)];
      return make({ kind, ...on(operation), options, before, changed: embedded(operation.changed) });
    }
    case 'drop':
      return make({ kind, ...on(operation), ...ofKind(operation) });
    case 'rename': {
      const { to, dropped } = operation;
      const replaced = dropped === null ? undefined : uuidValue(dropped);
      return make({ kind, ...on(operation), toDb: text(to.db), toColl: text(to.coll), dropped: replaced });
    }
    case 'createIndex':
    case 'dropIndex':
      return make({ kind, ...on(operation), index: embedded(operation.index) });
    case 'shard':
      return make({ kind, ...on(operation), key: embedded(operation.key) });
    case 'split':
      return make({ kind, ...on(operation), middle: embedded(operation.middle) });
    case 'dropDatabase':
      return make({ kind, db: text(operation.db) });
    case 'noop':
      return make({ kind, message: text(operation.message), term: int(operation.term) });
    default:
      return operation satisfies never;
  }
}

const on = ({ ns, uuid }: { readonly ns: Namespace; readonly uuid: Buffer }) => ({
  db: text(ns.db),
  coll: text(ns.coll),
  uuid: uuidValue(uuid),
});

const ofKind = ({ nsType }: { readonly nsType?: ViewKind }) => ({
  nsType: nsType === undefined ? undefined : text(nsType),
});

const onDocument = (operation: DocumentOperation) => ({
  ...on(operation),
  images: bool(operation.images),
  place: operation.place === undefined ? undefined : embedded(encodePlace(operation.place)),
});

const encodePlace = ({ key, shard, ts }: ShardPlace): Buffer =>
  make({ key: array(key.map(text)), shard: int(shard), ts: ts === undefined ? undefined : timestamp(ts) });

function decodePlace(document: Buffer): ShardPlace {
  const ts = asTimestamp(field(document, 'ts'));
  const key = (asArray(field(document, 'key')) ?? []).map((name) => need(asText(name)));
  return { key, shard: need(asNumber(field(document, 'shard'))), ...(ts === undefined ? {} : { ts }) };
}

function decodeOperation(document: Buffer, before: (uuid: Buffer, id: RawValue) => Buffer): Operation {
  const kind = need(asText(field(document, 'kind'))) as Operation['kind'];
  const part = (name: string) => asDocument(field(document, name));
  const db = () => need(asText(field(document, 'db')));
  const place = () => ({
    ns: { db: db(), coll: need(asText(field(document, 'coll'))) },
    uuid: need(asBinary(field(document, 'uuid'))),
  });
  const nsType = () => {
    const given = asText(field(document, 'nsType'));
    return given === undefined ? {} : { nsType: given as ViewKind };
  };
  const placed = part('place');
  const images = {
    images: asFlag(field(document, 'images')),
    ...(placed === undefined ? {} : { place: decodePlace(placed) }),
  };
  switch (kind) {
    case 'insert':
      return { kind, ...place(), ...images, after: need(part('after')) };
    case 'update': {
      const at = place();
      const after = need(part('after'));
      const described = part('described');
      const description = described === undefined ? null : decodeDescription(described);
      return { kind, ...at, ...images, before: before(at.uuid, idOf(after)), after, description };
    }
    case 'delete': {
      const at = place();
      return { kind, ...at, ...images, before: before(at.uuid, need(field(document, 'id'))) };
    }
    case 'create':
      return { kind, ...place(), ...nsType(), options: need(part('options')) };
    case 'modify':
      return {
        kind,
        ...place(),
        options: need(part('options')),
        optionsBefore: need(part('before')),
        changed: need(part('changed')),
      };
    case 'drop':
      return { kind, ...place(), ...nsType() };
    case 'rename': {
      const to = { db: need(asText(field(document, 'toDb'))), coll: need(asText(field(document, 'toColl'))) };
      return { kind, ...place(), to, dropped: asBinary(field(document, 'dropped')) ?? null };
    }
    case 'createIndex':
    case 'dropIndex':
      return { kind, ...place(), index: need(part('index')) };
    case 'shard':
      return { kind, ...place(), key: need(part('key')) };
    case 'split':
      return { kind, ...place(), middle: need(part('middle')) };
    case 'dropDatabase':
      return { kind, db: db() };
    case 'noop':
      return {
        kind,
        message: asText(field(document, 'message')) ?? '',
        term: asNumber(field(document, 'term')) ?? 0,
      };
    default:
      return kind satisfies never;
  }
}

const encodeDescription = (description: UpdateDescription): Buffer =>
  make({
    updated: embedded(description.updatedFields),
    removed: { type: 4, bytes: description.removedFields },
    truncated: { type: 4, bytes: description.truncatedArrays },
    paths: embedded(description.disambiguatedPaths),
  });

const decodeDescription = (document: Buffer): UpdateDescription => ({
  updatedFields: need(asDocument(field(document, 'updated'))),
  removedFields: need(field(document, 'removed')).bytes,
  truncatedArrays: need(field(document, 'truncated')).bytes,
  disambiguatedPaths: need(asDocument(field(document, 'paths'))),
});

const need = <T>(value: T | undefined): T => value ?? damaged('a part is missing');

function damaged(what: string): never {
  throw new Error(what);
}
