import { nameOf, type Namespace } from './command';
import { idOf, type Documents } from './documents';
import { IdOrder } from './id-order';
import { CommandError } from './errors';
import { field, type RawValue } from './raw';
import { type Sharding } from './sharding';
import { asDocument, asFlag } from './values';

/** A document and when it was written last: a transaction must not overwrite what changed after it began. */
interface Stored {
  readonly document: Buffer;
  readonly writtenTs: bigint;
}

/** A time series is a view of the buckets that hold it. */
export type CollectionKind = 'collection' | 'view' | 'timeseries';

/** One collection as it stands. Only the catalog changes it, by applying entries of the oplog. */
export class Collection implements Documents {
  /** 16 bytes; it stays when the collection is renamed. */
  readonly uuid: Buffer;
  ns: Namespace;
  options: Buffer;
  /** Null where the collection is not sharded. */
  sharding: Sharding | null = null;
  /** Beside the one of `_id`. */
  readonly indexes = new Map<string, Buffer>();
  readonly #stored = new Map<string, Stored>();
  /** Null until somebody asks for it. */
  #order: IdOrder | null = null;

  constructor(ns: Namespace, uuid: Buffer, options: Buffer) {
    this.ns = ns;
    this.uuid = uuid;
    this.options = options;
  }

  get size(): number {
    return this.#stored.size;
  }

  get kind(): CollectionKind {
    if (field(this.options, 'viewOn') !== undefined) return 'view';
    return field(this.options, 'timeseries') === undefined ? 'collection' : 'timeseries';
  }

  /** Whether documents are remembered as they were before and after each change. */
  get keepsImages(): boolean {
    const setting = asDocument(field(this.options, 'changeStreamPreAndPostImages'));
    return setting !== undefined && asFlag(field(setting, 'enabled'));
  }

  get(key: string): Buffer | undefined {
    return this.#stored.get(key)?.document;
  }

  /** 0 where the document is not there. */
  writtenTs(key: string): bigint {
    return this.#stored.get(key)?.writtenTs ?? 0n;
  }

  *values(): Generator<Buffer> {
    for (const { document } of this.#stored.values()) yield document;
  }

  *byId(direction: 1 | -1, from: RawValue | null): Generator<Buffer> {
    this.#order ??= new IdOrder([...this.#stored].map(([key, { document }]) => ({ id: idOf(document), key })));
    for (const key of this.#order.keys(direction, from)) {
      const document = this.get(key);
      if (document !== undefined) yield document;
    }
  }

  put(key: string, document: Buffer, writtenTs: bigint): void {
    this.#order?.add(idOf(document), key);
    this.#stored.set(key, { document, writtenTs });
  }

  remove(key: string): void {
    this.#stored.delete(key);
  }
}

/** @throws CommandError where it is a view: it takes no writes and has no change stream */
export function refuseView(collection: Collection | undefined): void {
  if (collection === undefined || collection.kind === 'collection') return;
  const what = collection.kind === 'view' ? 'a view, not a collection' : 'a timeseries collection';
  throw new CommandError(166, `Namespace ${nameOf(collection.ns)} is ${what}`);
}
