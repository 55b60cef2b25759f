import { styleText } from 'node:util';
import Table from 'cli-table3';
import { type Verdict } from '../verdict/judge';
import { notShown, type ChaosCounts } from './chaos';
import { chaosOf, type DemoReport } from './report';
import { type ServerComparison } from './tables';

const number = (value: number): string => value.toLocaleString('en');

/** Each partition's range, for people. */
export function partitionTable({ partitions }: Verdict): string {
  const table = new Table({
    head: ['hub', 'partition', 'sequence numbers', 'events', 'quarantined', 'files', 'holes'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const { hub, partition, first, last, events, quarantined, files, holes } of partitions) {
    table.push([hub, partition, `${first}-${last}`, ...[events, quarantined, files, holes.length].map(number)]);
  }
  return table.toString();
}

/** The tables that PostgreSQL treats otherwise than most. */
export const TABLES_NOTE = [
  'Two PostgreSQL servers and two MongoDB deployments have a database of one name, with tables of the same names and keys.',
  'Among the tables are two without a key (visits, movements), one that inherits from another (staff from people), one with',
  'row level security (notices), one with generated columns (invoices), two whose names have dots, and a partitioned one',
  '(sales), captured by partition from the first server and as one table from the second, by a role that is no superuser.',
];

/** Each table of the databases beside what was rebuilt of it from the lake. */
export function tablesTable(tables: readonly ServerComparison[]): string {
  const table = new Table({
    head: ['server', 'table', 'rows', 'rebuilt from the lake', 'different'],
    colAligns: ['left', 'left', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const { server, name, rows, rebuilt, different } of tables)
    table.push([server, name, ...[rows, rebuilt, different].map(number)]);
  return table.toString();
}

/** The verdict in a sentence and its figures. */
export function verdictLines(report: DemoReport): string[] {
  const chaos = chaosOf(report);
  const figures = [
    ['sent', report.sent],
    ['landed', report.landed],
    ['quarantined', report.quarantined],
    ['duplicates', report.duplicates],
    ['missing', report.missing],
    ['altered', report.altered],
  ] as const;
  const told = (entries: readonly (readonly [string, number])[]): string =>
    `  ${entries.map(([name, value]) => `${name} ${styleText('bold', number(value))}`).join('   ')}`;
  return [
    report.ok
      ? styleText('green', 'Every event that Event Hubs accepted is in the lake exactly once, unaltered.')
      : styleText('red', 'The lake is not what was sent.'),
    told(figures),
    ...(report.unacknowledgedLanded === 0
      ? []
      : [`  and ${number(report.unacknowledgedLanded)} that were stored although the sender was not told, each once`]),
    ...(report.captured === undefined || report.repeated === undefined
      ? []
      : [
          told([
            ['captured', report.captured],
            ['sent again', report.repeated],
          ]),
        ]),
    ...(chaos === null ? [] : [told(Object.entries(chaos)), ...chaosDoubt(chaos)]),
    ...(report.tables === undefined ? [] : [tablesLine(report.tables)]),
    ...report.problems.slice(0, 20).map((problem) => styleText('red', `  ${JSON.stringify(problem)}`)),
  ];
}

function tablesLine(tables: readonly ServerComparison[]): string {
  const wrong = tables.filter(({ different }) => different > 0);
  const servers = new Set(tables.map(({ server }) => server)).size;
  if (wrong.length === 0) {
    return styleText(
      'green',
      `Each of the ${tables.length} tables of ${servers} servers, rebuilt from the lake, is the table in the database.`,
    );
  }
  const named = ({ server, name }: ServerComparison): string => `${name} of ${server}`;
  const examples = wrong.flatMap((table) =>
    table.examples.map((example) => `  ${named(table)}: ${JSON.stringify(example)}`),
  );
  return styleText('red', `Rebuilt from the lake, ${wrong.map(named).join(', ')} differ:\n${examples.join('\n')}`);
}

function chaosDoubt(chaos: ChaosCounts): string[] {
  const names = notShown(chaos);
  return names.length === 0 ? [] : [`  There was no occasion for: ${names.join(', ')}. More --changes give more.`];
}
