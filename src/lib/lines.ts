const LINE_FEED = 0x0a;

/**
 * Far above what an event can make (1 MB, in base64, with its header): what is longer is no line of ours, and is not held in
 * memory.
 */
export const MAX_LINE_BYTES = 32 << 20;

/** A line without its line feed; null in place of one that is too long to be held. */
export type Line = Buffer | null;

/** Cuts a file's pieces into lines, whatever the pieces' boundaries; holds one line beside the piece. */
export class LineCutter {
  readonly #maxBytes: number;
  #held: Buffer[] = [];
  #heldBytes = 0;

  constructor(maxBytes = MAX_LINE_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that end in `piece`. They are views of it: to be used before the next piece is asked for. */
  *cut(piece: Buffer): Generator<Line> {
    let from = 0;
    for (let at = piece.indexOf(LINE_FEED); at !== -1; at = piece.indexOf(LINE_FEED, from)) {
      const end = piece.subarray(from, at);
      from = at + 1;
      yield this.#heldBytes === 0 ? this.#short(end) : this.#joined(end);
    }
    if (from < piece.length) this.#hold(piece.subarray(from));
  }

  /** Whether bytes follow the last line feed: the last line is torn. */
  get isTorn(): boolean {
    return this.#heldBytes > 0;
  }

  #short(line: Buffer): Line {
    return line.length > this.#maxBytes ? null : line;
  }

  #joined(end: Buffer): Line {
    this.#hold(end);
    const line = this.#heldBytes > this.#maxBytes ? null : Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    return line;
  }

  #hold(part: Buffer): void {
    this.#heldBytes += part.length;
    // Once it is too long nothing of it is needed.
    if (this.#heldBytes > this.#maxBytes) this.#held = [];
    else this.#held.push(part);
  }
}
