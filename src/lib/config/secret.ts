import { inspect } from 'node:util';

const HIDDEN = '[secret]';

/** A text that no log shows: printing, joining, inspecting and JSON all give `[secret]`; only `reveal()` gives it back. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    Object.freeze(this);
  }

  /** The text itself: for the SDK client that needs it, and for nothing else. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}
