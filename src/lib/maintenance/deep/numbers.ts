import { type Range } from '../../ranges';

/** Where the numbers of one file come from, those of a piece at a time. */
export interface NumberStream {
  readonly path: string;
  readonly numbers: AsyncGenerator<readonly bigint[]>;
}

export interface TellNumbers {
  readonly missing: (range: Range) => void;
  /** @param path the file that has it again */
  readonly twice: (sequence: bigint, path: string) => void;
}

/**
 * Merges the ascending numbers of a run's files and tells which of its numbers are in none of them, or in both. Holds the
 * numbers of one piece of each file. Reads every stream to its end, and closes them all when one fails.
 */
export async function joinNumbers(streams: readonly NumberStream[], run: Range, tell: TellNumbers): Promise<void> {
  const open = streams.map((stream) => new Reader(stream));
  let next = run.first;
  try {
    for (;;) {
      for (const reader of open) await reader.fill();
      const live = open.filter((reader) => !reader.isDone);
      if (live.length === 0) break;
      while (live.every((reader) => reader.hasMore)) {
        const least = live.reduce((a, b) => (b.head < a.head ? b : a));
        const number = least.take();
        if (number < next) tell.twice(number, least.path);
        else {
          if (number > next) tell.missing({ first: next, last: number - 1n });
          next = number + 1n;
        }
      }
    }
    if (next <= run.last) tell.missing({ first: next, last: run.last });
  } finally {
    await Promise.all(open.map((reader) => reader.close()));
  }
}

class Reader {
  readonly path: string;
  readonly #stream: AsyncGenerator<readonly bigint[]>;
  #batch: readonly bigint[] = [];
  #at = 0;
  #isDone = false;

  constructor({ path, numbers }: NumberStream) {
    this.path = path;
    this.#stream = numbers;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  get hasMore(): boolean {
    return this.#at < this.#batch.length;
  }

  get head(): bigint {
    return this.#batch[this.#at] as bigint;
  }

  take(): bigint {
    const number = this.head;
    this.#at += 1;
    return number;
  }

  /** Asks for more where nothing is left. */
  async fill(): Promise<void> {
    while (!this.#isDone && !this.hasMore) {
      const next = await this.#stream.next();
      this.#isDone = next.done === true;
      this.#batch = next.done === true ? [] : next.value;
      this.#at = 0;
    }
  }

  async close(): Promise<void> {
    await this.#stream.return(undefined);
  }
}
