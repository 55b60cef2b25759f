import { type Removal, type Stay } from './judge';
import { type Foreign } from './scope';

/** What was done with one blob, and why. */
export type Action = { readonly name: string; readonly detail: string | null } & (
  | { readonly did: 'removed' | 'would_remove'; readonly reason: Removal }
  | { readonly did: 'left'; readonly reason: Stay }
  | { readonly did: 'foreign'; readonly reason: Foreign }
);

export type Counts<Reason extends string> = Readonly<Partial<Record<Reason, number>>>;

export interface CleanUp {
  readonly dryRun: boolean;
  /** False when the time was up before all was looked at; the next run looks at the rest. */
  readonly complete: boolean;
  /** All that follow, added up. */
  readonly lookedAt: number;
  /** In a dry run: what would be. */
  readonly removed: Counts<Removal>;
  readonly left: Counts<Stay>;
  readonly foreign: Counts<Foreign>;
  /** Hubs of ours that are gone: their ledgers in the lake are to be archived. */
  readonly toArchive: readonly { readonly namespace: string; readonly hub: string }[];
}

/** Counts actions as they happen. */
export class Tally {
  lookedAt = 0;
  readonly removed: Partial<Record<Removal, number>> = {};
  readonly left: Partial<Record<Stay, number>> = {};
  readonly foreign: Partial<Record<Foreign, number>> = {};

  add(action: Action): void {
    this.lookedAt += 1;
    switch (action.did) {
      case 'removed':
      case 'would_remove':
        this.removed[action.reason] = (this.removed[action.reason] ?? 0) + 1;
        return;
      case 'left':
        this.left[action.reason] = (this.left[action.reason] ?? 0) + 1;
        return;
      case 'foreign':
        this.foreign[action.reason] = (this.foreign[action.reason] ?? 0) + 1;
        return;
      default:
        return action satisfies never;
    }
  }
}

/** How many a result's reasons add up to. */
export const total = (counts: Counts<string>): number =>
  Object.values(counts).reduce<number>((sum, count) => sum + (count ?? 0), 0);
