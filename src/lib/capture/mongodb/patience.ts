import { setTimeout as pause } from 'node:timers/promises';
import { isResumable, isUnknownToServer, messageOf } from './failure';
import { ALL_ABILITIES, lesser, type Abilities } from './watch';

/** How long a read that broke is waited with before it is begun again: at once first, as drivers do. */
const PAUSES_MS = [0, 500, 1_000, 2_000];

/** Decides after an error whether the read is begun again. */
export class Patience {
  #failures = 0;
  readonly #isPassing: (error: unknown) => boolean;

  /** @param isPassing whether another attempt may help */
  constructor(isPassing: (error: unknown) => boolean = isResumable) {
    this.#isPassing = isPassing;
  }

  /** Something has come: the next error is the first again. */
  restore(): void {
    this.#failures = 0;
  }

  /**
   * Resolves when it is time to begin again.
   *
   * @throws error when that would not help, or has not helped several times in a row
   */
  async after(error: unknown, stop: AbortSignal): Promise<void> {
    const ms = PAUSES_MS[this.#failures];
    if (!this.#isPassing(error) || ms === undefined) throw error;
    this.#failures += 1;
    await pause(ms, undefined, { signal: stop }).catch(() => undefined);
  }
}

/** The same for a change stream, which a server may refuse because it is older: then less is asked of it. */
export class StreamPatience extends Patience {
  #abilities: Abilities = ALL_ABILITIES;

  get abilities(): Abilities {
    return this.#abilities;
  }

  override async after(error: unknown, stop: AbortSignal): Promise<void> {
    if (!isUnknownToServer(error)) return super.after(error, stop);
    const abilities = lesser(this.#abilities, messageOf(error));
    if (abilities === null) throw error;
    this.#abilities = abilities;
  }
}
