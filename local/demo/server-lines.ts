/**
 * The lines of a bronze file that are changes of one server.
 *
 * @param server its name, of letters, digits, `_` and `-` alone
 */
export function linesOf(server: string, bytes: Buffer): Buffer {
  const mark = Buffer.from(`"server":"${server}"`);
  if (!bytes.includes(mark)) return Buffer.alloc(0);
  const head = new RegExp(`,"change":\\{"operation":"[A-Za-z]+","server":"${server}"`);
  const lines = bytes.toString('utf8').split('\n');
  return Buffer.from(lines.flatMap((line) => (head.test(line) ? [`${line}\n`] : [])).join(''));
}
