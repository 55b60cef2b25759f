import { type Row, type TableName } from './table';

/** One thing that a transaction does. */
export type Step =
  /** Updates a row; where there is none, inserts it. */
  | { readonly kind: 'write'; readonly table: TableName; readonly key: Row; readonly changed: Row; readonly whole: Row }
  /** One statement with several rows. */
  | { readonly kind: 'insert'; readonly table: TableName; readonly rows: readonly Row[] }
  /** Rows that are there already are deleted before. */
  | { readonly kind: 'copy'; readonly table: TableName; readonly rows: readonly Row[]; readonly keys: readonly Row[] }
  /** A change of keys; a row that is in the way is deleted before. `each` is how many changes each row counts as. */
  | { readonly kind: 'move'; readonly table: TableName; readonly from: Row; readonly to: Row; readonly each: 1 | 2 }
  | { readonly kind: 'delete'; readonly table: TableName; readonly key: Row }
  /** One order in 41, by one statement, which leaves their long notes as they are. */
  | { readonly kind: 'sweep'; readonly state: string; readonly remainder: number }
  /** By one statement. */
  | { readonly kind: 'truncate'; readonly tables: readonly TableName[] }
  | { readonly kind: 'add column'; readonly table: TableName; readonly column: AddedColumn }
  | { readonly kind: 'message'; readonly transactional: boolean; readonly content: string }
  /** In a savepoint that is rolled back. */
  | { readonly kind: 'undone'; readonly steps: readonly Step[] };

export interface AddedColumn {
  readonly name: string;
  readonly type: 'text' | 'numeric' | 'timestamptz';
}

/** A transaction. */
export interface Plan {
  /** What is noteworthy of it. */
  readonly kind: 'ordinary' | 'large transaction' | 'large row' | 'truncate' | 'add column';
  readonly isolation: 'read committed' | 'repeatable read' | 'serializable';
  readonly ending: 'commit' | 'rollback';
  readonly steps: readonly Step[];
}
