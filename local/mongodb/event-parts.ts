import { type Namespace } from './command';
import { type DocumentOperation, type Operation } from './oplog-entry';
import { documentOf, field, fields, type RawField, type RawValue } from './raw';
import { documentKeyOf } from './sharding';
import { array, asDocument, bool, embedded, int, long, make, named, text, uuidValue } from './values';

/** An operation that change streams tell of. */
export type ToldOperation = Exclude<Operation, { kind: 'noop' | 'split' }>;

/** An operation in the words of change events. */
export interface EventParts {
  readonly operationType: string;
  readonly ns: RawValue;
  readonly uuid: Buffer | null;
  readonly documentKey: RawValue | undefined;
  /** Shown where expanded events are asked for; part of the token always. */
  readonly description: RawValue | undefined;
  /** Told in every stream, other than those that only expanded events name. */
  readonly isClassic: boolean;
}

/** Pure: what an operation is called and what it is about. */
export function eventParts(operation: ToldOperation): EventParts {
  switch (operation.kind) {
    case 'insert':
      return onDocument(operation.kind, operation, operation.after);
    case 'update': {
      const type = operation.description === null ? 'replace' : 'update';
      return onDocument(type, operation, operation.after);
    }
    case 'delete':
      return onDocument(operation.kind, operation, operation.before);
    case 'drop':
      if (operation.nsType !== undefined) return onView('drop', operation.ns, undefined);
      return onCollection('drop', operation, undefined, true);
    case 'rename': {
      const dropTarget = operation.dropped === null ? undefined : uuidValue(operation.dropped);
      return onCollection('rename', operation, make({ to: nsValue(operation.to), dropTarget }), true);
    }
    case 'dropDatabase': {
      const ns = embedded(make({ db: text(operation.db) }));
      const nobody = { uuid: null, documentKey: undefined, description: undefined };
      return { operationType: 'dropDatabase', ns, ...nobody, isClassic: true };
    }
    case 'create':
      if (operation.nsType !== undefined) return onView('create', operation.ns, viewed(operation));
      return onCollection('create', operation, created(operation.options), false);
    case 'createIndex':
      return onCollection('createIndexes', operation, make({ indexes: array([embedded(operation.index)]) }), false);
    case 'dropIndex':
      return onCollection('dropIndexes', operation, make({ indexes: array([embedded(operation.index)]) }), false);
    case 'modify':
      return onCollection('modify', operation, operation.changed, false);
    case 'shard': {
      const shardKey = embedded(operation.key);
      const [unique, numInitialChunks, presplitHashedZones] = [bool(false), long(0n), bool(false)];
      const described = make({ shardKey, unique, numInitialChunks, presplitHashedZones });
      return onCollection('shardCollection', operation, described, false);
    }
    default:
      return operation satisfies never;
  }
}

function onDocument(operationType: string, { ns, uuid, place }: DocumentOperation, document: Buffer): EventParts {
  const documentKey = embedded(documentOf(documentKeyOf(document, place?.key ?? [])));
  return { operationType, ns: nsValue(ns), uuid, documentKey, description: undefined, isClassic: true };
}

function onCollection(
  operationType: string,
  { ns, uuid }: { readonly ns: Namespace; readonly uuid: Buffer },
  described: Buffer | undefined,
  isClassic: boolean,
): EventParts {
  const description = described === undefined ? undefined : embedded(described);
  return { operationType, ns: nsValue(ns), uuid, documentKey: undefined, description, isClassic };
}

/** Views have no UUID, and only streams of expanded events show them. */
function onView(operationType: string, ns: Namespace, described: Buffer | undefined): EventParts {
  const description = described === undefined ? undefined : embedded(described);
  return { operationType, ns: nsValue(ns), uuid: null, documentKey: undefined, description, isClassic: false };
}

/** Before the name of a time series: the collection that holds it. */
export const BUCKETS = 'system.buckets.';

function viewed({ ns, nsType, options }: Extract<ToldOperation, { kind: 'create' }>): Buffer {
  if (nsType === 'view') return options;
  const timeField = field(asDocument(field(options, 'timeseries')) ?? options, 'timeField');
  const unpack = embedded(make({ timeField, bucketMaxSpanSeconds: int(3600) }));
  const pipeline = array([embedded(make({ $_internalUnpackBucket: unpack }))]);
  return make({ viewOn: text(`${BUCKETS}${ns.coll}`), pipeline });
}

export const nsValue = ({ db, coll }: Namespace): RawValue => embedded(make({ db: text(db), coll: text(coll) }));

/** The index that every collection has. */
export const ID_INDEX: Buffer = make({ v: int(2), key: embedded(make({ _id: int(1) })), name: text('_id_') });

const created = (options: Buffer): Buffer =>
  make(
    Object.fromEntries<RawField>([
      ...fields(options).map((option) => [option.name, option] as const),
      ['idIndex', named('idIndex', embedded(ID_INDEX))],
    ]),
  );
