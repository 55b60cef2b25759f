import { type Random } from '../../events/random';
import { type MongoPlan } from './plan';
import { largePlan, ordinaryPlan } from './planner';
import { type MongoEnding } from './transact';

export interface MongoAgendaOptions {
  readonly changes: number;
  readonly largeDocuments: number;
  readonly largeDocumentBytes: number;
}

/** What a workload does next, and what came of it so far. */
export class MongoAgenda {
  readonly #random: Random;
  readonly #options: MongoAgendaOptions;
  #large = 0;
  #report: CollectionsReport = {
    changes: 0,
    unknown: 0,
    writes: 0,
    transactions: 0,
    aborted: 0,
    retries: 0,
    largeDocuments: 0,
  };

  constructor(random: Random, options: MongoAgendaOptions) {
    this.#random = random;
    this.#options = options;
  }

  get report(): CollectionsReport {
    return this.#report;
  }

  /** The next one; null when all has been done. */
  next(): MongoPlan | null {
    const { changes, largeDocuments, largeDocumentBytes } = this.#options;
    const isLargeDue = this.#large < largeDocuments && this.#report.changes >= (changes * this.#large) / largeDocuments;
    if (isLargeDue) {
      this.#large += 1;
      return largePlan(this.#random, largeDocumentBytes);
    }
    return this.#report.changes < changes ? ordinaryPlan(this.#random) : null;
  }

  ended({ kind }: MongoPlan, { outcome, changes }: MongoEnding): void {
    const report = this.#report;
    if (outcome === 'aborted') this.#report = { ...report, aborted: report.aborted + 1 };
    if (outcome === 'unknown') this.#report = { ...report, unknown: report.unknown + 1 };
    if (outcome === 'unknown' && kind === 'large document') this.#large -= 1;
    if (outcome !== 'committed') return;
    this.#report = {
      ...report,
      changes: report.changes + changes,
      writes: report.writes + (kind === 'transaction' ? 0 : 1),
      transactions: report.transactions + (kind === 'transaction' ? 1 : 0),
      largeDocuments: report.largeDocuments + (kind === 'large document' ? 1 : 0),
    };
  }

  retried(): void {
    this.#report = { ...this.#report, retries: this.#report.retries + 1 };
  }
}

/** What a workload has done, as its clients know. */
export interface CollectionsReport {
  /** Documents inserted, updated, replaced and deleted; at least, where an answer was lost. */
  readonly changes: number;
  /** Writes whose answer was lost: they may have happened or not, and come on top. */
  readonly unknown: number;
  /** Outside of transactions. */
  readonly writes: number;
  /** Committed. */
  readonly transactions: number;
  /** On purpose. */
  readonly aborted: number;
  /** What began anew: after a conflict with another, or while the server was away. */
  readonly retries: number;
  readonly largeDocuments: number;
}
