import { type Random } from '../../events/random';
import { addedColumn, tablesWith } from './added-columns';
import { type Plan } from './plan';
import { ordinaryPlan } from './planner';
import { scheduleOf, specialPlan, type Appointment } from './schedule';
import { type ShopTable } from './table';
import { type Ending } from './transact';

export interface AgendaOptions {
  readonly changes: number;
  readonly largeRows: number;
  readonly largeRowBytes: number;
  /** Columns that earlier runs added. */
  readonly added: number;
}

/** What a workload does next, and what came of it so far. */
export class Agenda {
  readonly #random: Random;
  readonly #options: AgendaOptions;
  readonly #due: Appointment[];
  #added: number;
  #tables: readonly ShopTable[];
  #report: ShopReport = NOTHING_YET;

  constructor(random: Random, options: AgendaOptions) {
    this.#random = random;
    this.#options = options;
    this.#due = scheduleOf(options.changes, options.largeRows);
    this.#added = options.added;
    this.#tables = tablesWith(options.added);
  }

  get report(): ShopReport {
    return this.#report;
  }

  /** The next transaction; null when all has been done. */
  next(): Plan | null {
    const { changes, largeRowBytes } = this.#options;
    const [first] = this.#due;
    if (first !== undefined && first.afterChanges <= this.#report.changes) {
      this.#due.shift();
      const column = addedColumn(this.#added);
      return specialPlan(first.kind, this.#random, { tables: this.#tables, changes, column, largeRowBytes });
    }
    return this.#report.changes < changes || first !== undefined ? ordinaryPlan(this.#random, this.#tables) : null;
  }

  ended({ kind }: Plan, { outcome, changes }: Ending): void {
    const report = this.#report;
    if (outcome === 'rolled back') this.#report = { ...report, rolledBack: report.rolledBack + 1 };
    if (outcome === 'unknown') this.#report = { ...report, unknown: report.unknown + changes };
    if (outcome === 'unknown' && kind !== 'ordinary') this.#due.unshift({ kind, afterChanges: 0 });
    if (outcome !== 'committed') return;
    this.#report = {
      ...report,
      changes: report.changes + changes,
      transactions: report.transactions + 1,
      special: kind === 'ordinary' ? report.special : { ...report.special, [kind]: report.special[kind] + 1 },
    };
    if (kind === 'add column') this.#tables = tablesWith((this.#added += 1));
  }

  retried(): void {
    this.#report = { ...this.#report, retries: this.#report.retries + 1 };
  }
}

/** What a workload has done, as its clients know. */
export interface ShopReport {
  /** Rows that committed transactions inserted, updated and deleted; a change of a key counts as one, of a partition as two. */
  readonly changes: number;
  /** Row changes of transactions whose answer to COMMIT was lost: they may have happened or not, and come on top. */
  readonly unknown: number;
  /** Committed. */
  readonly transactions: number;
  /** On purpose. */
  readonly rolledBack: number;
  /** Transactions that began anew: after a conflict with another, or a lost connection. */
  readonly retries: number;
  /** Committed transactions of each kind. */
  readonly special: Readonly<Record<Exclude<Plan['kind'], 'ordinary'>, number>>;
}

const NOTHING_YET: ShopReport = {
  changes: 0,
  unknown: 0,
  transactions: 0,
  rolledBack: 0,
  retries: 0,
  special: { 'large transaction': 0, 'large row': 0, truncate: 0, 'add column': 0 },
};
