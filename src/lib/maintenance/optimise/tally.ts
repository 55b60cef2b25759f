import { createHash } from 'node:crypto';
import { type MaintenanceLake } from '../port';
import { InputGone, piecesOf } from './pieces';
import { type Content } from './plan';

const LINE_FEED = 0x0a;

/** Counts bytes and lines and hashes them, as they pass. */
export class Tally {
  readonly #hash = createHash('sha256');
  #bytes = 0;
  #count = 0;
  #lastByte = LINE_FEED;

  add(piece: Buffer): void {
    this.#hash.update(piece);
    this.#bytes += piece.length;
    for (let at = piece.indexOf(LINE_FEED); at !== -1; at = piece.indexOf(LINE_FEED, at + 1)) this.#count += 1;
    this.#lastByte = piece.at(-1) ?? this.#lastByte;
  }

  /** Whether the last line is whole: then another file's lines may follow. */
  get endsWithLine(): boolean {
    return this.#lastByte === LINE_FEED;
  }

  /** What has passed; may be asked once. */
  content(): Content {
    return { bytes: this.#bytes, count: this.#count, sha256: this.#hash.digest('hex') };
  }
}

/** Whether a version of the file at `path` holds exactly `expected`; null when there is no such file. */
export async function holds(lake: MaintenanceLake, path: string, expected: Content): Promise<boolean | null> {
  const found = await lake.look(path);
  if (found === null) return null;
  if (found.bytes !== expected.bytes) return false;
  const tally = new Tally();
  try {
    for await (const { bytes } of piecesOf(lake, [{ path, ...found }])) tally.add(bytes);
  } catch (error) {
    if (!(error instanceof InputGone)) throw error;
    return (await lake.look(path)) === null ? null : false;
  }
  const { count, sha256 } = tally.content();
  return count === expected.count && sha256 === expected.sha256;
}
