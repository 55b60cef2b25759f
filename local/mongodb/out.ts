import { randomUUID } from 'node:crypto';
import { refuseView, type Collection } from './collection';
import { type Namespace } from './command';
import { type Context } from './context';
import { missing } from './errors';
import { newObjectId } from './object-id';
import { documentOf, EMPTY, field, fields, type RawField } from './raw';
import { asDocument, asText, named } from './values';
import { createCollection } from './writer';

/** Where `$out` puts what it was given: a name in the same database, or a database and a name. */
export function outTarget(stage: RawField, db: string): Namespace {
  const target = asDocument(stage);
  const coll = asText(target === undefined ? stage : field(target, 'coll'));
  if (coll === undefined) throw missing('$out.coll');
  return { db: asText(target === undefined ? undefined : field(target, 'db')) ?? db, coll };
}

/**
 * Writes documents to a collection of its own, then renames that over the target, which ends there: the target's documents are not
 * deleted one by one, and the new ones are inserted under the other name. So does the server's `$out`.
 * https://github.com/mongodb/mongo/blob/master/src/mongo/db/pipeline/document_source_out.cpp
 */
export function writeOut(documents: readonly Buffer[], to: Namespace, context: Context): void {
  const { store, now } = context;
  const target = store.catalog.collection(to);
  refuseView(target);
  const temporary = { db: to.db, coll: `tmp.agg_out.${randomUUID()}` };
  createCollection(context, temporary, target?.options ?? EMPTY);
  const { ns, uuid, keepsImages: images } = store.catalog.collection(temporary) as Collection;
  for (const index of target?.indexes.values() ?? []) store.commit([{ kind: 'createIndex', ns, uuid, index }]);
  for (const document of documents) {
    const id = field(document, '_id') ?? newObjectId(now());
    const after = documentOf([named('_id', id), ...fields(document).filter(({ name }) => name !== '_id')]);
    store.commit([{ kind: 'insert', ns, uuid, images, after }]);
  }
  store.commit([{ kind: 'rename', ns, uuid, to, dropped: target?.uuid ?? null }]);
}
