/** What stands before the value of each field, for {@link fieldsOf}. */
export function labelsOf(keys: readonly string[]): readonly Buffer[] {
  return keys.map((key, i) => Buffer.from(`${i === 0 ? '{' : ','}"${key}":`));
}

/**
 * The values of a line's fields as they stand there, byte for byte: a JSON parser would round their numbers. Null unless the line
 * has exactly the fields of `labels`, in this order and with nothing between them. What a value holds is not looked at; the last
 * one is all that is left.
 */
export function fieldsOf(line: Buffer, labels: readonly Buffer[]): Buffer[] | null {
  const values: Buffer[] = [];
  let at = 0;
  for (const [i, label] of labels.entries()) {
    const start = at + label.length;
    if (!line.subarray(at, start).equals(label)) return null;
    at = i === labels.length - 1 ? line.length - 1 : endOfValue(line, start);
    if (at <= start) return null;
    values.push(line.subarray(start, at));
  }
  return line[at] === CLOSE_OBJECT ? values : null;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Where the value that begins at `start` ends: at the comma or the bracket that is not its own, or where the line does. */
function endOfValue(line: Buffer, start: number): number {
  let depth = 0;
  for (let at = start; at < line.length; at += 1) {
    const byte = line[at];
    if (byte === QUOTE) at = closingQuote(line, at);
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth += 1;
    else if (depth === 0 && (byte === COMMA || byte === CLOSE_OBJECT || byte === CLOSE_ARRAY)) return at;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth -= 1;
  }
  return line.length;
}

function closingQuote(line: Buffer, open: number): number {
  for (let at = open + 1; at < line.length; at += 1) {
    if (line[at] === BACKSLASH) at += 1;
    else if (line[at] === QUOTE) return at;
  }
  return line.length;
}
