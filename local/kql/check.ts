import { bind, type Column } from './language';
import { TABLES } from './tables';
import { type Uses, usesOf } from './uses';
import { type Vocabulary } from './vocabulary';

export interface Checked {
  /** What is wrong, a sentence each. */
  readonly faults: readonly string[];
  readonly columns: readonly Column[];
  /** Metrics, messages and codes that it names. */
  readonly names: ReadonlySet<string>;
}

/**
 * Whether a query is right: it parses, every column is one of its tables, and every metric, dimension, field of a line of log and
 * code is one that the app sends. What KQL calls dynamic takes any name, so these follow rules that can be checked: each statement reads one
 * table, names its metrics with `Name`, or its lines with `line.message`, and reads dimensions and fields as `Properties.x` and `line.x`.
 */
export function checkQuery(text: string, vocabulary: Vocabulary): Checked {
  const { root, faults, columns } = bind(text, TABLES);
  const statements = faults.length === 0 ? usesOf(root, TABLES) : [];
  const named = statements.flatMap(({ texts }) => texts);
  return {
    faults: [...faults, ...statements.flatMap((uses) => statementFaults(uses, vocabulary))],
    columns,
    names: new Set(named),
  };
}

function statementFaults(uses: Uses, vocabulary: Vocabulary): string[] {
  const [table, ...others] = uses.tables;
  return [
    ...others.map(
      (name) => `a statement reads ${table ?? ''} and ${name}: one table each, so that names can be checked`,
    ),
    ...uses.computed
      .filter((text) => /^(Properties|line)\b/.test(text))
      .map((text) => `${text}: its key is worked out, so that it cannot be checked`),
    ...codeFaults(uses, vocabulary),
    ...valueFaults(uses, vocabulary),
    ...(table === 'AppMetrics' ? metricFaults(uses, vocabulary) : nameFaults(uses)),
    ...(table === 'AppTraces' ? lineFaults(uses, vocabulary) : strayLines(uses)),
    ...(table === 'AppExceptions' ? unknown(keysOf(uses, 'Properties'), vocabulary.exceptions, 'property') : []),
    ...(table === 'AppTraces' || table === 'AppRequests'
      ? unknown(keysOf(uses, 'Properties'), vocabulary.host, "property of the host's")
      : []),
  ];
}

function metricFaults(uses: Uses, { metrics }: Vocabulary): string[] {
  const names = comparedWith(uses, 'Name');
  if (names.length === 0) return ['a statement reads AppMetrics and names no metric'];
  const known = names.flatMap((name) => {
    const metric = Object.hasOwn(metrics, name) ? metrics[name] : undefined;
    return metric === undefined ? [] : [{ name, ...metric }];
  });
  const levels = known.filter(({ kind }) => kind === 'level').map(({ name }) => name);
  return [
    ...unknown(names, Object.keys(metrics), 'metric'),
    ...known.flatMap(({ name, dimensions }) => unknown(keysOf(uses, 'Properties'), dimensions, `dimension of ${name}`)),
    ...(uses.names.includes('Sum') ? levels.map((name) => `${name} is a level: levels are not added up`) : []),
  ];
}

function lineFaults(uses: Uses, { messages }: Vocabulary): string[] {
  const fields = keysOf(uses, 'line').filter((key) => key !== 'message');
  const names = comparedWith(uses, 'line.message');
  if (names.length === 0) return ['a statement reads AppTraces and names no message of a line'];
  return [
    ...unknown(names, Object.keys(messages), 'message'),
    ...names
      .filter((name) => Object.hasOwn(messages, name))
      .flatMap((name) => unknown(fields, messages[name] ?? [], `field of ${name}`)),
  ];
}

/** Lines are read where they are parsed and named, not in what follows. */
function strayLines(uses: Uses): string[] {
  return keysOf(uses, 'line').map((key) => `line.${key} is read in a statement that does not read AppTraces`);
}

/** Other tables have a column `Name`, too. */
function nameFaults(uses: Uses): string[] {
  return comparedWith(uses, 'Name').map((name) => `Name is compared with ${name}, but not in AppMetrics`);
}

/** Whatever is written as a code has to be one, and so does whatever a code is compared with. */
function codeFaults(uses: Uses, { codes }: Vocabulary): string[] {
  const written = uses.texts.filter((text) => /^[A-Z]+(_[A-Z]+)+$/.test(text));
  const compared = ['code', 'Properties.code', 'line.code'].flatMap((subject) => comparedWith(uses, subject));
  return unknown([...written, ...compared], codes, 'code');
}

function valueFaults(uses: Uses, { values }: Vocabulary): string[] {
  return Object.entries(values).flatMap(([name, known]) =>
    [name, `Properties.${name}`, `line.${name}`].flatMap((subject) =>
      unknown(comparedWith(uses, subject), known, `value of ${name}`),
    ),
  );
}

const comparedWith = ({ compared }: Uses, wanted: string): string[] =>
  compared.flatMap(({ subject, values }) => (subject === wanted ? values : []));

const keysOf = ({ paths }: Uses, wanted: string): string[] =>
  paths.flatMap(({ root, key }) => (root === wanted ? [key] : []));

function unknown(found: readonly string[], known: readonly string[], what: string): string[] {
  return [...new Set(found)].filter((name) => !known.includes(name)).map((name) => `${name} is no ${what}`);
}
