import { type Make } from './values';

/** Some columns of a row, as PostgreSQL reads them. */
export type Row = Readonly<Record<string, string | null>>;

/** As SQL writes it. */
export type TableName =
  | 'customers'
  | 'orders'
  | 'order_lines'
  | 'payments'
  | 'stock'
  | 'promotions'
  | 'visits'
  | 'movements'
  | 'people'
  | 'staff'
  | 'sales'
  | 'notices'
  | 'invoices'
  | '"x.y".z'
  | 'x."y.z"';

export interface ShopTable {
  readonly name: TableName;
  /** How many different keys its rows can have: that makes changes meet the same rows again. */
  readonly places: number;
  /** What changes find rows by; where PostgreSQL knows of no key, several rows may have the same. */
  readonly key: (place: number) => Row;
  /** The other columns. */
  readonly values: Readonly<Record<string, Make>>;
  /** Whether its rows are never updated nor deleted: PostgreSQL publishes no such change of a table without a replica identity. */
  readonly insertsOnly?: true;
  /** In which partition a row is; left out where there are none. */
  readonly partition?: (place: number) => number;
}
