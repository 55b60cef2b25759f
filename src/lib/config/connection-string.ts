import { Unfit } from './fault';

/**
 * Reads `Name=value;Name=value`. The SDKs take names in their exact case, so another case is a fault, not a match.
 *
 * @param known the names that may occur
 * @param expected how the whole should look, for messages
 * @throws Unfit naming known parts only: a part with its `=` lost would otherwise show its value as its name
 */
export function readParts<Name extends string>(
  text: string,
  known: readonly Name[],
  expected: string,
): ReadonlyMap<Name, string> {
  const parts = new Map<Name, string>();
  for (const [index, part] of text.split(';').entries()) {
    if (part.trim() === '') continue;
    const equals = part.indexOf('=');
    const written = (equals < 0 ? part : part.slice(0, equals)).trim();
    const name = known.find((candidate) => candidate.toLowerCase() === written.toLowerCase());
    if (name === undefined) {
      throw new Unfit(`a part, number ${index + 1}, that is none of ${known.join(', ')}`, expected);
    }
    if (equals < 0) throw new Unfit(`${name} without a value`, expected);
    if (name !== written) throw new Unfit(`${name} in another case`, expected, `Write the part as ${name}`);
    if (parts.has(name)) throw new Unfit(`${name} twice`, expected);
    parts.set(name, part.slice(equals + 1).trim());
  }
  return parts;
}

/** The names of `wanted` that are missing or empty, joined for a message; null when none is. */
export function missingParts<Name extends string>(
  parts: ReadonlyMap<Name, string>,
  wanted: readonly Name[],
): string | null {
  const missing = wanted.filter((name) => (parts.get(name) ?? '') === '');
  return missing.length === 0 ? null : `no ${missing.join(', no ')}`;
}

/** Whether `text` can be a key as Azure writes keys: base64, not empty. */
export const isKey = (text: string): boolean => /^[A-Za-z0-9+/]+={0,2}$/.test(text);

/** Whether `text` is `scheme://host[:port][/path]` with a scheme out of `schemes`. */
export function isUri(text: string, schemes: readonly string[]): boolean {
  if (!URL.canParse(text)) return false;
  const uri = new URL(text);
  return schemes.includes(uri.protocol.slice(0, -1)) && uri.host !== '' && uri.search === '' && uri.username === '';
}
