import { checkQuery } from '../../local/kql/check';
import { headerOf } from '../../local/kql/header';
import { codesIn } from '../../local/kql/vocabulary';
import { readQueries, vocabulary } from './queries';

const words = vocabulary();
const queries = readQueries();
const faultsOf = (text: string): readonly string[] => checkQuery(text, words).faults;

/** A query of ours with something in it replaced. @throws Error where it is not there: the mutation is out of date */
function changed(name: string, from: string, to: string): string {
  const text = queries[name] ?? '';
  if (!text.includes(from)) throw new Error(`${name}.kql has no ${from}`);
  return text.replaceAll(from, to);
}

describe('a mistake in a query is seen', () => {
  test.each([
    ['a syntax error', 'gaps', '| summarize', '| sumarize', /KS/],
    ['a bracket that is not closed', 'gaps', 'sum(Sum)', 'sum(Sum', /KS/],
    ['a column that the table lacks', 'gaps', 'sum(Sum)', 'sum(valueSum)', /'valueSum' does not refer/],
    ['a table that is not there', 'gaps', 'AppMetrics', 'customMetrics', /'customMetrics' does not refer/],
    ['a function that is not there', 'gaps', 'tostring(', 'totext(', /totext/],
    ['a column that was summarised away', 'gaps', 'by passedOver', 'by Sum', /'Sum' does not refer/],
    ['a metric that nobody sends', 'gaps', '"sequence_gap"', '"sequence_gaps"', /^sequence_gaps is no metric$/],
    ['such a metric in a list', 'throughput', '"events_written"', '"events_landed"', /^events_landed is no metric$/],
    [
      'such a metric in a condition',
      'health',
      'Sum, Name == "failures"',
      'Sum, Name == "errors"',
      /^errors is no metric$/,
    ],
    ['a dimension that no metric has', 'gaps', 'Properties.hub', 'Properties.eventHub', /^eventHub is no dimension of/],
    [
      'a dimension of other metrics',
      'gaps',
      'Properties.hub',
      'Properties.code',
      /^code is no dimension of sequence_gap$/,
    ],
    [
      'a dimension of some of its metrics',
      'health',
      'Properties.source',
      'Properties.partition',
      /^partition is no dimension of completeness_/,
    ],
    [
      'a level that is added up',
      'lag',
      'arg_max(TimeGenerated, Max)',
      'arg_max(TimeGenerated, Max), sum(Sum)',
      /partition_lag_events is a level/,
    ],
    ['a field that the line lacks', 'partitions', 'line.delayMs', 'line.delay', /^delay is no field of batch$/],
    ['a field of another line', 'partitions', 'line.delayMs', 'line.newlyLost', /^newlyLost is no field of batch$/],
    [
      'a field written in brackets',
      'completeness',
      'line["missing"]',
      'line["missed"]',
      /^missed is no field of completeness$/,
    ],
    [
      'a field within a field',
      'capture',
      'line.report.name',
      'line.report.database',
      /^report.database is no field of capture$/,
    ],
    ['a message that nobody logs', 'partitions', '"batch"', '"batches"', /^batches is no message$/],
    ['a message that is not named', 'partitions', 'line.message == "batch"', 'true', /names no message/],
    ['metrics that are not named', 'gaps', 'Name == "sequence_gap"', 'true', /names no metric/],
    ['a code that is none', 'alerts/lake-damaged', 'NAME_TAKEN', 'NAME_USED', /^NAME_USED is no code$/],
    ['a code in one word', 'alerts/history-lost', 'SOURCE_HISTORY_LOST', 'LOST', /^LOST is no code$/],
    ['a task that is none', 'alerts/daily-missed', '"daily"', '"nightly"', /^nightly is no value of task$/],
    ['an outcome that is none', 'alerts/maintenance-failed', '"failed"', '"broken"', /^broken is no value of outcome$/],
    ['a kind of news that is none', 'capture', '"captured"', '"sent"', /^sent is no value of kind$/],
    [
      'a property that exceptions lack',
      'failures',
      'Properties.hub',
      'Properties.eventHub',
      /^eventHub is no property$/,
    ],
    ['a key that is worked out', 'gaps', 'Properties.hub', 'Properties[Name]', /worked out/],
    ['two tables in one statement', 'gaps', 'AppMetrics', 'union AppMetrics, AppTraces', /one table each/],
    ['Name of another table', 'invocations', '| summarize', '| where Name == "x"\n| summarize', /not in AppMetrics/],
  ])('%s', (_what, name, from, to, fault) => {
    expect(faultsOf(changed(name, from, to))).toContainEqual(expect.stringMatching(fault));
  });

  test('a line that is read where it is not named', () => {
    const text =
      'let lines = AppTraces | extend line = parse_json(Message) | where line.message == "batch";\nlines | where line.gaps > 0';
    expect(faultsOf(text)).toEqual(['line.gaps is read in a statement that does not read AppTraces']);
  });

  test('faults of syntax tell their line', () => {
    expect(faultsOf('AppMetrics\n| where Name == "failures"\n| where Nmae == ""')).toContainEqual(
      expect.stringMatching(/^line 3: /),
    );
  });
});

describe('headers', () => {
  const whole = '// Title: T\n// Answers: What?\n// Do: This.\nUsage\n';
  test('are read', () => {
    expect(headerOf(whole)).toEqual({ title: 'T', answers: 'What?', act: 'This.' });
  });
  test.each([
    ['no title', whole.replace('// Title: T\n', '')],
    ['no question', whole.replace('What?', 'What.')],
    ['nothing to do', whole.replace('This.', '')],
    ['a comment more', whole.replace('Usage', '// x\nUsage')],
  ])('%s is none', (_what, text) => {
    expect(headerOf(text)).toBeNull();
  });
});

test('codes are read out of their union, comments or not', () => {
  const source = "export type ErrorCode =\n  /** One; or 'TWO'. */\n  | 'A_B'\n  | 'C';\n\nexport class X { y = 'Z' }";
  expect(codesIn(source)).toEqual(['A_B', 'C']);
});
