import { type Document, type Int32, type Long, type ObjectId } from 'mongodb';

export type CollectionName = 'carts' | 'reviews';

export type DocumentId = Long | ObjectId | string | { readonly order: Long; readonly line: Int32 };

export interface ShopDocument extends Document {
  readonly _id: DocumentId;
}

/** One thing that changes documents. */
export type Write =
  /** Updates a document; where there is none, inserts it. */
  | { readonly kind: 'update'; readonly to: CollectionName; readonly update: Document; readonly whole: ShopDocument }
  /** The whole document, whether it was there or not. */
  | { readonly kind: 'replace'; readonly to: CollectionName; readonly whole: ShopDocument }
  /** Documents that are there already are deleted before. */
  | { readonly kind: 'insert'; readonly to: CollectionName; readonly documents: readonly ShopDocument[] }
  /** Some fields of all carts in one state. */
  | { readonly kind: 'sweep'; readonly to: 'carts'; readonly state: string }
  | { readonly kind: 'delete'; readonly to: CollectionName; readonly id: DocumentId };

/** Writes that happen together or not at all; or, outside of a transaction, one write. */
export interface MongoPlan {
  readonly kind: 'write' | 'transaction' | 'large document';
  readonly ending: 'commit' | 'abort';
  readonly writes: readonly Write[];
}
