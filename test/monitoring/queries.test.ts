import { checkQuery } from '../../local/kql/check';
import { headerOf } from '../../local/kql/header';
import { METRICS } from '../../src/lib/observability/metrics';
import { type Delivery } from '../../src/lib/decode/event';
import { type Landing, reportOf } from '../../src/lib/report';
import { read, readQueries, vocabulary } from './queries';

const queries = readQueries();
const words = vocabulary();

test('the vocabulary has the codes that docs/errors.md explains', () => {
  const sections = [...read('docs/errors.md').matchAll(/^## (.+)$/gm)].map(([, code]) => code);
  expect([...words.codes].sort()).toEqual([...sections, 'UNEXPECTED'].sort());
});

test('the vocabulary has the fields of a batch’s line', () => {
  const delivery = { hub: 'h', partition: '0', events: [{ sequence: 1n, enqueuedAt: 0 }] } as unknown as Delivery;
  const landing = { ledger: { incarnation: 1 }, written: null } as Landing;
  const report = reportOf(delivery, landing, { startedAt: 0, publishedAt: 1, swapConflicts: 0 });
  expect([...(words.messages['batch'] ?? [])].sort()).toEqual(['source', ...Object.keys(report)].sort());
});

/** The only ones that look at a part of their time: a rule looks at a whole window. */
const TIMES: Readonly<Record<string, readonly string[]>> = {
  'alerts/daily-missed': ['TimeGenerated > ago(26h)'],
  'alerts/nothing-lands': ['TimeGenerated < ago(10m)'],
};

describe.each(Object.entries(queries))('%s', (name, text) => {
  test('parses, binds, and uses only names that the app sends', () => {
    expect(checkQuery(text, words).faults).toEqual([]);
  });

  test('says what it is, what it answers and what to do', () => {
    expect(headerOf(text)).not.toBeNull();
  });

  test('leaves the time to whoever runs it, and the drawing to whoever looks', () => {
    const times = [...text.matchAll(/TimeGenerated\s*(?:[<>]|between).*/g)].map(([found]) => found);
    expect(times).toEqual(TIMES[name] ?? []);
    if (name.startsWith('alerts/')) expect(text).not.toContain('render');
    if (text.includes('grain')) expect(text).toMatch(/^let grain = \d+[mhd];$/m);
  });
});

test('every metric is asked for by some query', () => {
  const asked = new Set(Object.values(queries).flatMap((text) => [...checkQuery(text, words).names]));
  expect(Object.keys(METRICS).filter((name) => !asked.has(name))).toEqual([]);
});

test('titles tell queries apart', () => {
  const titles = Object.values(queries).map((text) => headerOf(text)?.title);
  expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([]);
});
