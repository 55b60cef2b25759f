/** A table: each row's cells by the column's heading, without back quotes. */
export type Row = Readonly<Record<string, string>>;

/** The table between `<!-- name:begin -->` and `<!-- name:end -->`. @throws Error where there is none */
export function tableOf(text: string, name: string): readonly Row[] {
  const between = new RegExp(`<!-- ${name}:begin -->([^]*?)<!-- ${name}:end -->`).exec(text)?.[1];
  if (between === undefined) throw new Error(`there is no table ${name}`);
  const [headings = [], , ...rows] = between
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map(cells);
  return rows.map((row) => Object.fromEntries(headings.map((heading, index) => [heading, row[index] ?? ''])));
}

function cells(line: string): string[] {
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('`', '').replaceAll('\\|', '|'));
}

/** The bodies of the fenced blocks in one of these languages, lines that end in a backslash joined with the next. */
export function fences(text: string, ...languages: readonly string[]): readonly string[] {
  return [...text.matchAll(/^```(\w*)\n([^]*?)^```$/gm)]
    .filter(([, language = '']) => languages.includes(language))
    .map(([, , body = '']) => body.replaceAll(/\\\n\s*/g, ' '));
}

/** A figure as the documents write it: `1,234.50`. */
export const number = (cell: string): number => Number(cell.replaceAll(',', '').replace('$', ''));
