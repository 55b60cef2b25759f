import { METRICS } from '../../src/lib/observability/metrics';
import { headerOf } from '../../local/kql/header';
import { type Vocabulary } from '../../local/kql/vocabulary';
import { at } from '../infra/plan';
import { type Rule } from './rules';

/** Rows of the tables of docs/monitoring.md, as code and templates have them: what stands there twice is compared with these. */

export type Row = readonly string[];

/** Rows of a table in Markdown whose head begins with `first`; code marks are left out. @throws Error where there is none */
export function tableIn(markdown: string, first: string): Row[] {
  const lines = markdown.split('\n');
  const head = lines.findIndex((line) => cells(line)[0] === first);
  if (head === -1) throw new Error(`no table begins with ${first}`);
  const end = lines.findIndex((line, index) => index > head && !line.startsWith('|'));
  return lines.slice(head + 2, end === -1 ? undefined : end).map(cells);
}

const cells = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('`', ''));

/** metric, unit, by, meaning */
export const metricRows = (): Row[] =>
  Object.entries(METRICS).map(([name, { unit, dimensions, meaning }]) => [name, unit, dimensions.join(', '), meaning]);

/** message, fields */
export const lineRows = ({ messages }: Vocabulary): Row[] =>
  Object.entries(messages).map(([message, fields]) => [message, fields.join(', ')]);

/** query, question; those of rules are in the table of rules. */
export const queryRows = (queries: Readonly<Record<string, string>>): Row[] =>
  Object.entries(queries)
    .filter(([name]) => !name.startsWith('alerts/'))
    .map(([name, text]) => [`[${name}](../infra/monitoring/queries/${name}.kql)`, headerOf(text)?.answers ?? '']);

/** alert, when, severity, fires at, looks at, ends by itself */
export function ruleRows(rules: readonly Rule[]): Row[] {
  const first = rules.filter(({ name }, index) => rules.findIndex((rule) => rule.name === name) === index);
  const sorted = [...first].sort((a, b) => a.severity - b.severity || (a.name < b.name ? -1 : 1));
  return sorted.map((rule) => [
    rule.kind === 'log' ? `[${rule.name}](../infra/monitoring/queries/alerts/${rule.name}.kql)` : rule.name,
    titleOf(rule),
    String(rule.severity),
    `${rule.operator === 'GreaterThan' ? '>' : '<'} ${shownThreshold(rule)}`,
    `${shownTime(rule.window)}, every ${shownTime(rule.frequency)}`,
    rule.resolves ? 'yes' : 'no',
  ]);
}

/** What a metric's rule is called is the first sentence of its description; one that is there for each hub names the hub. */
function titleOf({ kind, resource }: Rule): string {
  if (kind === 'log') return String(at(resource, 'properties.displayName'));
  const [title = ''] = String(at(resource, 'properties.description')).split('. ');
  return title.replace('postgresql-changes', 'a hub');
}

function shownThreshold({ name, threshold }: Rule): string {
  if (/^hub-(bytes|events)-(in|out)$/.test(name)) return '80 %';
  if (name === 'lake-capacity') return `${(threshold / 2 ** 30).toLocaleString('en')} GiB`;
  return threshold.toLocaleString('en');
}

const shownTime = (duration: string): string =>
  duration.replace(/^PT?(\d+)([MHD])$/, (_all, count: string, unit: 'M' | 'H' | 'D') => {
    return `${count} ${{ M: 'min', H: 'h', D: 'd' }[unit]}`;
  });
