import { setTimeout as pause } from 'node:timers/promises';
import { isResumable, isUnknownToServer } from './failure';
import { ALL_ABILITIES, lesser, type Abilities } from './watch';

/** How long a stream that broke is waited with before it is opened again: at once first, as drivers do. */
const PAUSES_MS = [0, 500, 1_000, 2_000];

/** Decides after an error whether the stream is opened again, and how. */
export class Patience {
  #abilities: Abilities = ALL_ABILITIES;
  #failures = 0;

  get abilities(): Abilities {
    return this.#abilities;
  }

  /** Something has come: the next error is the first again. */
  restore(): void {
    this.#failures = 0;
  }

  /**
   * Resolves when it is time to open the stream again.
   *
   * @throws error when that would not help, or has not helped several times in a row
   */
  async after(error: unknown, stop: AbortSignal): Promise<void> {
    if (isUnknownToServer(error)) {
      const abilities = lesser(this.#abilities);
      if (abilities === null) throw error;
      this.#abilities = abilities;
      return;
    }
    const ms = PAUSES_MS[this.#failures];
    if (!isResumable(error) || ms === undefined) throw error;
    this.#failures += 1;
    await pause(ms, undefined, { signal: stop }).catch(() => undefined);
  }
}
