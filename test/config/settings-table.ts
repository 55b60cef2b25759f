import { SETTING_NAMES, SETTINGS } from '../../src/lib/config/settings';

const BEGIN = '<!-- settings:begin -->';
const END = '<!-- settings:end -->';

/** The settings as a Markdown table, aligned as prettier aligns it: in full, or the three columns of the README. */
export function settingsTable(form: 'full' | 'short'): string {
  const rows = SETTING_NAMES.map((name) => {
    const { type, default: value, meaning, example } = SETTINGS[name];
    const shownDefault = value === undefined ? '' : `\`${value}\``;
    return form === 'full'
      ? [`\`${name}\``, type, shownDefault, meaning, `\`${example}\``]
      : [`\`${name}\``, shownDefault, meaning];
  });
  const head =
    form === 'full' ? ['setting', 'type', 'default', 'meaning', 'example'] : ['setting', 'default', 'meaning'];
  return aligned([head, ...rows]);
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const [head = '', ...body] = rows.map((row) => line(row.map((cell, column) => cell.padEnd(widths[column] ?? 0))));
  return [head, line(widths.map((width) => '-'.repeat(width))), ...body].join('\n');
}

/** What stands between the markers of a document. */
export function betweenMarkers(document: string): string {
  const [, rest] = document.split(BEGIN);
  const [between] = rest?.split(END) ?? [];
  if (between === undefined) throw new Error(`The document lacks ${BEGIN} or ${END}.`);
  return between.trim();
}
