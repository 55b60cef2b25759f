import { type Command, type Namespace } from './command';
import { candidatesIn } from './candidates';
import { compare } from './compare';
import { type Context } from './context';
import { type Documents } from './documents';
import { notBuilt } from './errors';
import { compileFilter } from './filter';
import { valueAt } from './paths';
import { EMPTY, field, fields, type RawValue } from './raw';
import { oplogDocuments } from './oplog-documents';
import { seenTs, sightOf } from './read-time';
import { type SessionUse } from './sessions';
import { configDocuments } from './shard-commands';
import { documentsAt } from './snapshot';
import { asDocument, asNumber, asText, asTimestamp, nothing } from './values';

/** What a read sees, and the moment it sees where the client wants to read that again. */
export interface View {
  readonly documents: Documents;
  readonly atTs: bigint | null;
}

const NO_DOCUMENTS: Documents = { get: () => undefined, values: () => [] };

/** The collection as the command's transaction or read concern has it. */
export function viewOf(command: Command, ns: Namespace, context: Context, use: SessionUse): View {
  const { store, replicaSet } = context;
  if (ns.db === 'config' && replicaSet.kind === 'mongos')
    return { documents: configDocuments(ns.coll, context), atTs: null };
  if (ns.db === 'local' && ns.coll === 'oplog.rs')
    return { documents: oplogDocuments(store.oplog, store.term), atTs: null };
  const collection = store.catalog.collection(ns);
  const concern = command.document('readConcern');
  const isSnapshot = concern !== undefined && asText(field(concern, 'level')) === 'snapshot';
  const visibleTs = seenTs(sightOf(command, context), store);
  const atTs =
    isSnapshot && use.kind !== 'transaction' ? (asTimestamp(field(concern, 'atClusterTime')) ?? visibleTs) : null;
  if (collection === undefined) return { documents: NO_DOCUMENTS, atTs };
  if (use.kind === 'transaction') return { documents: use.transaction.documents(collection), atTs };
  return { documents: documentsAt(store, collection, atTs ?? visibleTs), atTs };
}

/** What a query finds, in that order; no more than `atMost`. */
export function search(
  documents: Documents,
  query: Buffer,
  order: Buffer | undefined,
  atMost: number,
): readonly Buffer[] {
  const matches = compileFilter(query);
  const direction = order === undefined ? null : idDirection(order);
  const inOrder = direction === null ? undefined : documents.byId?.(direction, lowestId(query));
  if (inOrder === undefined) return sorted(candidatesIn(documents, query).filter(matches), order).slice(0, atMost);
  const found: Buffer[] = [];
  for (const document of inOrder) {
    if (found.length >= atMost) break;
    if (matches(document)) found.push(document);
  }
  return found;
}

/** Of `{_id: 1}` and `{_id: -1}`; null for any other order. */
function idDirection(order: Buffer): 1 | -1 | null {
  const [first, ...others] = fields(order);
  const direction = first?.name === '_id' && others.length === 0 ? asNumber(first) : undefined;
  return direction === 1 || direction === -1 ? direction : null;
}

/** What a query wants `_id` to be greater than, or as great as. */
function lowestId(query: Buffer): RawValue | null {
  const operators = asDocument(field(query, '_id')) ?? EMPTY;
  return field(operators, '$gt') ?? field(operators, '$gte') ?? null;
}

/** Sorts by the fields that `order` names, 1 upwards and -1 downwards; `$natural` is the order of insertion. */
export function sorted(documents: readonly Buffer[], order: Buffer | undefined): readonly Buffer[] {
  const keys = fields(order ?? EMPTY).map((key) => ({ name: key.name, direction: asNumber(key) }));
  if (keys.length === 0) return documents;
  if (keys.some(({ direction }) => direction !== 1 && direction !== -1)) throw notBuilt('that order of a sort');
  const [first] = keys;
  if (first?.name === '$natural') return first.direction === 1 ? documents : documents.toReversed();
  const valued = documents.map((document) => ({
    document,
    values: keys.map(({ name }) => valueAt(document, name) ?? nothing),
  }));
  valued.sort((a, b) => {
    for (const [index, { direction }] of keys.entries()) {
      const difference = compare(a.values[index] as typeof nothing, b.values[index] as typeof nothing);
      if (difference !== 0) return direction === 1 ? difference : -difference;
    }
    return 0;
  });
  return valued.map(({ document }) => document);
}
