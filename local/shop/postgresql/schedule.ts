import { type Random } from '../../events/random';
import { newRow } from './create';
import { type AddedColumn, type Plan } from './plan';
import { largePlan } from './planner';
import { type ShopTable, type TableName } from './table';
import { tableNamed } from './tables';
import { largeJson } from './values';

export type SpecialKind = Exclude<Plan['kind'], 'ordinary'>;

/** Something that is done once so many changes have been committed. */
export interface Appointment {
  readonly afterChanges: number;
  readonly kind: SpecialKind;
}

/** One TRUNCATE, and one large transaction, for so many changes. */
const TRUNCATE_EVERY = 1_500;
const LARGE_EVERY = 5_000;

/** Together; with `people` goes `staff`, which inherits from it, and with `sales` its partitions. */
const TRUNCATED: readonly [readonly TableName[], ...(readonly TableName[])[]] = [
  ['promotions'],
  ['promotions', 'visits'],
  ['movements', '"x.y".z'],
  ['people'],
  ['sales'],
];

/** The special transactions of a run, spread over it, by when they are due. */
export function scheduleOf(changes: number, largeRows: number): Appointment[] {
  const spread = (kind: SpecialKind, count: number, phase: number): Appointment[] =>
    Array.from({ length: count }, (_, i) => ({ kind, afterChanges: Math.floor(((i + phase) / count) * changes) }));
  return [
    ...spread('add column', 1, 0.5),
    ...spread('truncate', Math.ceil(changes / TRUNCATE_EVERY), 0.6),
    ...spread('large transaction', Math.ceil(changes / LARGE_EVERY), 0.3),
    ...spread('large row', largeRows, 0.4),
  ].sort((a, b) => a.afterChanges - b.afterChanges);
}

export interface SpecialNeeds {
  readonly tables: readonly ShopTable[];
  /** Of the whole run. */
  readonly changes: number;
  readonly column: AddedColumn;
  readonly largeRowBytes: number;
}

export function specialPlan(kind: SpecialKind, random: Random, needs: SpecialNeeds): Plan {
  const plan = (steps: Plan['steps']): Plan => ({ kind, isolation: 'read committed', ending: 'commit', steps });
  switch (kind) {
    case 'large transaction':
      return largePlan(random, needs.tables, Math.min(1_000, needs.changes / 10));
    case 'truncate':
      return plan([{ kind: 'truncate', tables: random.pick(TRUNCATED) }]);
    case 'add column':
      // A change of the table follows, for only by the next change do readers learn of the column.
      return plan([{ kind: 'add column', table: 'orders', column: needs.column }, writeOrder(random, {})]);
    case 'large row':
      return plan([writeOrder(random, { details: largeJson(random, needs.largeRowBytes) })]);
    default:
      return kind satisfies never;
  }
}

function writeOrder(random: Random, values: Readonly<Record<string, string>>): Plan['steps'][number] {
  const table = tableNamed('orders');
  const place = random.below(table.places);
  const whole = { ...newRow(table, place, random), ...values };
  return { kind: 'write', table: 'orders', key: table.key(place), changed: { total: '1.50', ...values }, whole };
}
