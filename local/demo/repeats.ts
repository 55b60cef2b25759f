/** What stands in a line before the payload, which may hold the same words. Lines of another format count for nothing. */
const HEAD = /^\{"format":1,"source":("[a-z]+").*?"eventId":(null|"(?:[^"\\]|\\.)*"),"change":/;

/** No header is longer, and no line need be read further. */
const HEAD_BYTES = 16_384;

/** Counts lines whose `eventId` another line has, too. */
export class Repeats {
  count = 0;
  readonly #seen = new Set<string>();

  /** @param bytes a bronze file */
  note(bytes: Buffer): void {
    for (let start = 0; start < bytes.length;) {
      const end = bytes.indexOf('\n', start);
      const head = bytes.toString('latin1', start, Math.min(end, start + HEAD_BYTES));
      const [, source, eventId] = HEAD.exec(head) ?? [];
      start = end + 1;
      if (source === undefined || eventId === undefined || eventId === 'null') continue;
      const id = `${source}${eventId}`;
      if (this.#seen.has(id)) this.count += 1;
      this.#seen.add(id);
    }
  }
}
