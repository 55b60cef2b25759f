import { type Check, read } from './compare';
import { evaluate, type Values } from './formula';
import { number, type Row, tableOf } from './markdown';

/** The checks of the figures in docs/deploy.md: each cell is worked out anew from the formulas, prices and assumptions beside it. */

function valuesOf(text: string, name: string, column: string): Values {
  return Object.fromEntries(tableOf(text, name).map((row) => [row['name'] ?? '', number(row[column] ?? '')]));
}

/** As many digits behind the point as the cell shows. */
function differs(cell: string, value: number): string | null {
  const digits = cell.split('.')[1]?.length ?? 0;
  const text = value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return text.replaceAll(',', '') === cell.replaceAll(',', '') ? null : `${cell}, but it comes to ${text}`;
}

const fault = (where: string, cell: string, value: number): readonly string[] => {
  const found = differs(cell, value);
  return found === null ? [] : [`${where}: ${found}`];
};

function costFaults(text: string): readonly string[] {
  const rows = tableOf(text, 'costs');
  const columns = Object.keys(rows[0] ?? {}).filter((heading) => heading.startsWith('events '));
  const given = { ...valuesOf(text, 'prices', 'US$'), ...valuesOf(text, 'assumptions', 'value') };
  const faults = columns.flatMap((column) => {
    const [, events = '', full = ''] = /^events ([\d,]+), full ([\d,]+)$/.exec(column) ?? [];
    const values: Record<string, number> = { ...given, events: number(events), full: number(full) };
    return rows.flatMap(({ name = '', formula = '', [column]: cell = '' }) => {
      values[name] = evaluate(formula, values);
      return fault(`${name} at ${column}`, cell, values[name]);
    });
  });
  return columns.length < 5 ? [...faults, 'a column is missing'] : faults;
}

/** Every price and assumption is used, and every line is in the total. */
function unused(text: string): readonly string[] {
  const costs = tableOf(text, 'costs');
  const formulas = [...costs, ...tableOf(text, 'extras')].map(({ formula = '' }) => formula).join(' ');
  const names = ['prices', 'assumptions'].flatMap((table) => tableOf(text, table).map(({ name = '' }) => name));
  const money = costs.slice(2, -1).map(({ name = '' }) => name);
  const total = costs.at(-1)?.['formula'] ?? '';
  return [
    ...names.filter((name) => !new RegExp(`\\b${name}\\b`).test(formulas)).map((name) => `${name} is used nowhere`),
    ...money.filter((name) => !new RegExp(`\\b${name}\\b`).test(total)).map((name) => `${name} is not in the total`),
  ];
}

interface Profile {
  readonly batch: number;
  readonly ahead: number;
}

/** Batches and prefetching of each profile, from host.json and its page. */
function profiles(): ReadonlyMap<string, Profile> {
  const { maxEventBatchSize = 0, prefetchCount = 0 } = (
    JSON.parse(read('host.json')) as { extensions: { eventHubs: Record<string, number> } }
  ).extensions.eventHubs;
  const [, page = ''] = read('docs/host-json.md').split('## Profiles');
  const lines = page.split('\n').filter((line) => line.startsWith('|'));
  const cells = (line: string | undefined): string[] =>
    (line ?? '').split('|').map((cell) => cell.replaceAll('`', '').trim());
  const names = cells(lines[0]);
  const of = (key: string): string[] => cells(lines.find((line) => line.includes(`__${key}\``)));
  const [batches, aheads] = [of('maxEventBatchSize'), of('prefetchCount')];
  const found = names
    .slice(2, -1)
    .map((name, index): [string, Profile] => [
      name,
      { batch: Number(batches[index + 2]), ahead: Number(aheads[index + 2]) },
    ]);
  return new Map([['default', { batch: maxEventBatchSize, ahead: prefetchCount }], ...found]);
}

function sizingFaults(text: string): readonly string[] {
  const known = profiles();
  const rows = tableOf(text, 'sizing');
  const faults = rows.flatMap((row) => sizingRow(text, row, known));
  return rows.length < 5 ? [...faults, 'rows are missing'] : faults;
}

function sizingRow(text: string, row: Row, known: ReadonlyMap<string, Profile>): readonly string[] {
  const { e = '', KB = '', profile = '', INGEST_MEMORY_MIB = '' } = row;
  const found = known.get(profile);
  if (found === undefined) return [`there is no profile ${profile}`];
  const values: Record<string, number> = {
    ...{ e: number(e), KB: number(KB), B: found.batch, ahead: found.ahead, ingestMiB: number(INGEST_MEMORY_MIB) },
  };
  return tableOf(text, 'sizing-formulas').flatMap(({ name = '', formula = '' }) => {
    values[name] = evaluate(formula, values);
    return fault(`${name} at ${e} × ${KB} KB`, row[name] ?? '', values[name]);
  });
}

/** What the sizing table says must be something that the template takes. */
function refusedSizes(text: string): readonly string[] {
  const { parameters } = JSON.parse(read('infra/main.json')) as {
    parameters: Record<string, { minValue?: number; maxValue?: number; allowedValues?: number[] }>;
  };
  const columns = {
    units: 'eventHubsCapacity',
    partitions: 'hubPartitionCount',
    instanceMemoryMB: 'instanceMemoryMB',
    maximumInstanceCount: 'maximumInstanceCount',
  };
  return tableOf(text, 'sizing').flatMap((row) =>
    Object.entries(columns).flatMap(([column, name]) => {
      const value = number(row[column] ?? '');
      const { minValue = -Infinity, maxValue = Infinity, allowedValues = [value] } = parameters[name] ?? {};
      const isTaken = value >= minValue && value <= maxValue && allowedValues.includes(value);
      return isTaken ? [] : [`${name} does not take ${value}`];
    }),
  );
}

/** The formula for files must agree with what the benchmark counted, to 3 %. */
function strayFiles(text: string): readonly string[] {
  const [, ...counted] =
    /([\d,]+), ([\d,]+) and ([\d,]+) files an hour and partition/.exec(read('docs/benchmark.md')) ?? [];
  const quoted = /\]\(benchmark\.md\): ([\d,]+, [\d,]+ and [\d,]+) files an hour/.exec(text)?.[1];
  const formula = tableOf(text, 'sizing-formulas').find(({ name }) => name === 'files')?.['formula'] ?? '';
  const faults = [10, 100, 1_000].flatMap((e, index) => {
    const count = number(counted[index] ?? '');
    const files = evaluate(formula, { e, B: 128, partitions: 4 }) / 4;
    return Math.abs(files / count - 1) < 0.03 ? [] : [`${files} files at ${e}/s, the benchmark counted ${count}`];
  });
  return quoted === `${counted[0]}, ${counted[1]} and ${counted[2]}`
    ? faults
    : [...faults, 'the benchmark is misquoted'];
}

export const figureChecks: Readonly<Record<string, Check>> = {
  'each cost is what its formula gives': costFaults,
  'each price is used, and each line is in the total': unused,
  'what is apart from it, too': (text) => {
    const given = { ...valuesOf(text, 'prices', 'US$'), ...valuesOf(text, 'assumptions', 'value') };
    return tableOf(text, 'extras').flatMap(({ what = '', formula = '', 'a month': cell = '' }) =>
      fault(what, cell, evaluate(formula, given)),
    );
  },
  'each size is what its formula gives': sizingFaults,
  'the template takes each size': refusedSizes,
  'files an hour are those of the benchmark': strayFiles,
};
