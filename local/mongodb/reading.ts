import { type Command, type Namespace } from './command';
import { candidatesIn } from './candidates';
import { type Collection } from './collection';
import { keyOf } from './compare';
import { type Context } from './context';
import { type Documents } from './documents';
import { compileFilter } from './filter';
import { EMPTY, field, fields, type RawValue } from './raw';
import { oplogDocuments } from './oplog-documents';
import { runStages } from './pipeline';
import { seenTs, sightOf } from './read-time';
import { type SessionUse } from './sessions';
import { sorted } from './sorting';
import { stageOf } from './stages';
import { configDocuments } from './shard-commands';
import { documentsAt } from './snapshot';
import { asDocument, asDocuments, asNumber, asText, asTimestamp, nothing } from './values';

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
  const viewed = collection === undefined ? null : viewedBy(collection);
  if (viewed !== null) {
    const below = viewOf(command, viewed.ns, context, use);
    const documents = runStages(below.documents.values(), viewed.stages);
    const get = (key: string) => documents.find((document) => keyOf(field(document, '_id') ?? nothing) === key);
    return { documents: { get, values: () => documents }, atTs: below.atTs };
  }
  const visibleTs = seenTs(sightOf(command, context), store);
  const atTs =
    isSnapshot && use.kind !== 'transaction' ? (asTimestamp(field(concern, 'atClusterTime')) ?? visibleTs) : null;
  if (collection === undefined) return { documents: NO_DOCUMENTS, atTs };
  if (use.kind === 'transaction') return { documents: use.transaction.documents(collection), atTs };
  return { documents: documentsAt(store, collection, atTs ?? visibleTs), atTs };
}

/** What a view shows; null for a collection, and for a time series, whose buckets stay empty. */
function viewedBy({ ns: { db }, kind, options }: Collection) {
  if (kind !== 'view') return null;
  const stages = (asDocuments(field(options, 'pipeline')) ?? []).map(stageOf);
  return { ns: { db, coll: asText(field(options, 'viewOn')) ?? '' }, stages };
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
