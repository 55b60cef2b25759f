import { keyOf } from './compare';
import { CommandError } from './errors';
import { eventParts, nsValue, type EventParts, type ToldOperation } from './event-parts';
import { idOf } from './documents';
import { type OplogEntry } from './oplog-entry';
import { documentOf, fields, TYPE, type RawField, type RawValue } from './raw';
import { eventToken, tokenDocument, type EventPosition, type ResumeToken } from './resume-token';
import { type StreamOptions } from './stream-options';
import { date, embedded, long, make, named, nothing, text, timestamp, uuidValue } from './values';

/** One event, before it is cut up for being too large. */
export interface ChangeEvent {
  readonly position: EventPosition;
  readonly token: ResumeToken;
  readonly document: Buffer;
  /** Why it cannot be delivered, should it be wanted. */
  readonly refusal: CommandError | null;
  readonly isClassic: boolean;
}

/** Finds the current version of a document; undefined where it is gone. */
export type Lookup = (uuid: Buffer, key: string) => Buffer | undefined;

/** An operation, and its number among those that its shard carried out together. */
export interface OfShard {
  readonly operation: ToldOperation;
  readonly txnOpIndex: number;
}

/** The event of one operation of an entry. */
export function changeEvent(
  entry: OplogEntry,
  { operation, txnOpIndex }: OfShard,
  options: StreamOptions,
  lookup: Lookup,
): ChangeEvent {
  const parts = eventParts(operation);
  const ts = ('place' in operation ? operation.place.ts : undefined) ?? entry.ts;
  const position = positionOf(ts, txnOpIndex, parts);
  const token = eventToken(position);
  const images = imagesOf(operation, options, lookup);
  const expanded = options.expanded;
  // The order of the server's fields.
  const document = make({
    to: operation.kind === 'rename' ? nsValue(operation.to) : undefined,
    ...transactionOf(entry),
    _id: embedded(tokenDocument(token)),
    operationType: text(parts.operationType),
    clusterTime: timestamp(ts),
    collectionUUID: expanded && parts.uuid !== null ? uuidValue(parts.uuid) : undefined,
    wallTime: date(entry.wallAt),
    fullDocument: images.fullDocument,
    ns: parts.ns,
    documentKey: parts.documentKey,
    operationDescription: expanded ? parts.description : undefined,
    updateDescription: updateDescription(operation, expanded),
    stateBeforeChange: operation.kind === 'modify' ? stateBefore(operation) : undefined,
    nsType: expanded && operation.kind === 'create' ? text(operation.nsType ?? 'collection') : undefined,
    fullDocumentBeforeChange: images.before,
  });
  const refusal = images.missing === null ? null : imageMissing(images.missing, parts, ts);
  return { position, token, document, refusal, isClassic: parts.isClassic };
}

/** The event after the one that ended a stream. */
export function invalidateEvent({ position }: ChangeEvent, { ts, wallAt }: OplogEntry): ChangeEvent {
  const invalid = { ...position, fromInvalidate: true };
  const token = eventToken(invalid);
  const document = make({
    _id: embedded(tokenDocument(token)),
    operationType: text('invalidate'),
    clusterTime: timestamp(ts),
    wallTime: date(wallAt),
  });
  return { position: invalid, token, document, refusal: null, isClassic: true };
}

function positionOf(ts: bigint, txnOpIndex: number, parts: EventParts): EventPosition {
  const { operationType, documentKey, description: operationDescription, uuid } = parts;
  const identifier = make({ operationType: text(operationType), documentKey, operationDescription });
  return { ts, txnOpIndex, fromInvalidate: false, uuid, identifier };
}

/** Retryable writes are in sessions too, but only transactions show it: a move between shards is one. */
function transactionOf({ session, operations }: OplogEntry): Record<string, RawValue> {
  if (session === null || (session.statement !== null && operations.length === 1)) return {};
  return { txnNumber: long(session.txnNumber), lsid: embedded(session.lsid) };
}

function updateDescription(operation: ToldOperation, expanded: boolean): RawValue | undefined {
  if (operation.kind !== 'update' || operation.description === null) return undefined;
  const { updatedFields, removedFields, truncatedArrays, disambiguatedPaths } = operation.description;
  return embedded(
    make({
      updatedFields: embedded(updatedFields),
      removedFields: { type: TYPE.array, bytes: removedFields },
      truncatedArrays: { type: TYPE.array, bytes: truncatedArrays },
      disambiguatedPaths: expanded ? embedded(disambiguatedPaths) : undefined,
    }),
  );
}

function stateBefore({ optionsBefore, uuid }: Extract<ToldOperation, { kind: 'modify' }>): RawValue {
  const options: RawField[] = [named('uuid', uuidValue(uuid)), ...fields(optionsBefore)];
  return embedded(make({ collectionOptions: embedded(documentOf(options)) }));
}

interface Images {
  readonly fullDocument: RawValue | undefined;
  readonly before: RawValue | undefined;
  readonly missing: 'pre' | 'post' | null;
}

function imagesOf(operation: ToldOperation, options: StreamOptions, lookup: Lookup): Images {
  if (operation.kind === 'insert') return { fullDocument: embedded(operation.after), before: undefined, missing: null };
  if (operation.kind !== 'update' && operation.kind !== 'delete')
    return { fullDocument: undefined, before: undefined, missing: null };
  const wantsBefore = options.beforeChange !== 'off';
  const before = operation.images ? embedded(operation.before) : nothing;
  const fullDocument = operation.kind === 'delete' ? undefined : fullDocumentOf(operation, options, lookup);
  const lacksBefore = options.beforeChange === 'required' && !operation.images;
  const lacksAfter = fullDocument?.type === TYPE.null && options.fullDocument === 'required';
  return {
    fullDocument,
    before: wantsBefore ? before : undefined,
    missing: lacksBefore ? 'pre' : lacksAfter ? 'post' : null,
  };
}

function fullDocumentOf(
  operation: Extract<ToldOperation, { kind: 'update' }>,
  { fullDocument }: StreamOptions,
  lookup: Lookup,
): RawValue | undefined {
  if (operation.description === null) return embedded(operation.after);
  switch (fullDocument) {
    case 'default':
      return undefined;
    case 'updateLookup': {
      // As it is now: later changes are in it, and it may be gone.
      const found = lookup(operation.uuid, keyOf(idOf(operation.after)));
      return found === undefined ? nothing : embedded(found);
    }
    case 'whenAvailable':
    case 'required':
      return operation.images ? embedded(operation.after) : nothing;
    default:
      return fullDocument satisfies never;
  }
}

function imageMissing(which: 'pre' | 'post', { operationType }: EventParts, ts: bigint): CommandError {
  const events = which === 'pre' ? 'update, delete and replace' : 'update';
  const when = `Timestamp(${String(ts >> 32n)}, ${String(ts & 0xffffffffn)})`;
  return new CommandError(
    47,
    `Change stream was configured to require a ${which}-image for all ${events} events, but the ${which}-image was not found for event: {operationType: "${operationType}", clusterTime: ${when}}`,
  );
}
