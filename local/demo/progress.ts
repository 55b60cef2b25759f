import { clearLine, cursorTo } from 'node:readline';
import { styleText } from 'node:util';

/** How often progress is told where it cannot be told in place. */
const PLAIN_EVERY_MS = 2_000;

/** What is told while something goes on: lines that stay, and below them one that changes. */
export class Progress {
  readonly #out: NodeJS.WriteStream;
  readonly #startedAt = performance.now();
  #current: string | null = null;
  #toldAt = -Infinity;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  /** A line that stays. */
  line(text = ''): void {
    this.#clear();
    this.#out.write(`${text}\n`);
    this.#show();
  }

  /** Something that was done, and how long it took. */
  done(what: string, detail: string, ms: number): void {
    const seconds = `${(ms / 1000).toFixed(1)} s`;
    this.line(`  ${styleText('green', '✓')} ${what.padEnd(12)} ${detail.padEnd(72)} ${styleText('dim', seconds)}`);
  }

  /** Does something, and tells what came of it and how long it took. */
  async step<T>(what: string, act: () => Promise<T>, told: (result: T) => string | Promise<string>): Promise<T> {
    const startedAt = performance.now();
    const result = await act();
    this.done(what, await told(result), performance.now() - startedAt);
    return result;
  }

  /** The line that changes; on a terminal in place, else now and then. */
  update(text: string): void {
    this.#current = `  ${text}   ${styleText('dim', `${((performance.now() - this.#startedAt) / 1000).toFixed(0)} s`)}`;
    if (this.#out.isTTY) {
      this.#clear();
      this.#show();
    } else if (performance.now() - this.#toldAt >= PLAIN_EVERY_MS) {
      this.#out.write(`${this.#current}\n`);
      this.#toldAt = performance.now();
    }
  }

  /** The changing line as it is now stays. */
  settle(): void {
    if (this.#current === null) return;
    this.#clear();
    this.#out.write(`${this.#current}\n`);
    this.#current = null;
  }

  #clear(): void {
    if (!this.#out.isTTY || this.#current === null) return;
    clearLine(this.#out, 0);
    cursorTo(this.#out, 0);
  }

  #show(): void {
    if (this.#out.isTTY && this.#current !== null) this.#out.write(this.#current);
  }
}
