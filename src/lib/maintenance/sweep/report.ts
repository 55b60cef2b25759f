/** Why a file was not removed. */
export type Spared =
  /** Younger than what is swept, or of no known age. */
  | 'young'
  /** Its ledger commits it: it is to be published yet. */
  | 'pending'
  /** An optimise plan is to put it into its place. */
  | 'planned'
  /** There is no ledger of its partition: perhaps it is lost, and this file all that is left. */
  | 'no_ledger'
  | 'unreadable_ledger'
  | 'unreadable_plan'
  /** Not a name that this program writes. */
  | 'stranger'
  /** It went, or was written again, since it was listed. */
  | 'changed'
  /** A request failed. */
  | 'failed'
  | 'out_of_time';

export interface SweepReport {
  readonly dryRun: boolean;
  readonly lookedAt: number;
  /** In a dry run: what would be. */
  readonly removed: { readonly files: number; readonly bytes: number };
  readonly spared: Readonly<Partial<Record<Spared, number>>>;
  /** What could not be read or removed and why, for people: the first few. */
  readonly troubles: readonly string[];
  /** The time was up before all was looked at; the next run looks at the rest. */
  readonly isOutOfTime: boolean;
}

const TROUBLES_TOLD = 20;

/** A {@link SweepReport} in the making. */
export class Swept {
  isOutOfTime = false;
  #lookedAt = 0;
  #files = 0;
  #bytes = 0;
  readonly #spared: Partial<Record<Spared, number>> = {};
  readonly #troubles = new Set<string>();

  look(): void {
    this.#lookedAt += 1;
  }

  remove(bytes: number): void {
    this.#files += 1;
    this.#bytes += bytes;
  }

  spare(why: Spared, files = 1): void {
    if (files > 0) this.#spared[why] = (this.#spared[why] ?? 0) + files;
  }

  trouble(what: string): void {
    if (this.#troubles.size < TROUBLES_TOLD) this.#troubles.add(what);
  }

  report(dryRun: boolean): SweepReport {
    return {
      dryRun,
      lookedAt: this.#lookedAt,
      removed: { files: this.#files, bytes: this.#bytes },
      spared: this.#spared,
      troubles: [...this.#troubles],
      isOutOfTime: this.isOutOfTime,
    };
  }
}
