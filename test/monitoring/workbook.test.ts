import { headerOf } from '../../local/kql/header';
import { at, loadPlan, ofType } from '../infra/plan';
import { type Drawn, undocumentedDrawn } from './documented-metrics';
import { read, readQueries } from './queries';

interface Item {
  readonly type: number;
  readonly name: string;
  readonly content: {
    readonly json?: string;
    readonly query?: string;
    readonly title?: string;
    readonly visualization?: string;
    readonly timeContextFromParameter?: string;
    readonly crossComponentResources?: readonly string[];
    readonly resourceType?: string;
    readonly resourceIds?: readonly string[];
    readonly metrics?: readonly Drawn[];
    readonly parameters?: readonly { readonly name: string; readonly type: number }[];
  };
}

const TEXT = 1;
const QUERY = 3;
const PARAMETERS = 9;
const METRICS = 10;

const plan = loadPlan('prod');
const [workbook] = ofType(plan, 'Microsoft.Insights/workbooks');
const text = String(at(workbook, 'properties.serializedData'));
const { items } = JSON.parse(text) as { items: readonly Item[] };
const asked = items.filter(({ type }) => type === QUERY);
const drawn = items.filter(({ type }) => type === METRICS);
const queries = Object.fromEntries(Object.entries(readQueries()).filter(([name]) => !name.startsWith('alerts/')));

test('it is what the file says, with every query and every resource put in', () => {
  expect(text).not.toMatch(/"query:|<\w+Id>/);
  const source = JSON.parse(read('infra/monitoring/workbook.json')) as { items: readonly Item[] };
  expect(source.items.map(({ name }) => name)).toEqual(items.map(({ name }) => name));
});

test('each query is its file, whose grain follows the time range', () => {
  const found = Object.fromEntries(asked.map(({ name, content }) => [name, content.query]));
  const wanted = Object.entries(queries).map(([name, query]) => [
    name,
    query.replace(/^let grain = \d+[mh];$/m, 'let grain = {TimeRange:grain};'),
  ]);
  expect(found).toEqual(Object.fromEntries(wanted));
});

test('each query has the title that its file bears, and is drawn as its end says', () => {
  for (const { name, content } of asked) {
    const query = queries[name] ?? '';
    expect({ name, title: content.title }).toEqual({ name, title: headerOf(query)?.title });
    const drawing = /\| render (\w+)\n$/.exec(query)?.[1] ?? 'table';
    expect({ name, drawing: content.visualization }).toEqual({ name, drawing });
  }
});

test('everything follows the one time range', () => {
  expect(items.flatMap(({ content }) => content.parameters ?? []).map(({ name, type }) => [name, type])).toEqual([
    ['TimeRange', 4],
  ]);
  const others = [...asked, ...drawn].filter(({ content }) => content.timeContextFromParameter !== 'TimeRange');
  expect(others.map(({ name }) => name)).toEqual([]);
});

test('queries ask the workspace, and metrics resources that are deployed', () => {
  const ids = new Set(plan.resources.map(({ id }) => id));
  const workspace = ofType(plan, 'Microsoft.OperationalInsights/workspaces')[0]?.id;
  expect(asked.filter(({ content }) => content.crossComponentResources?.join() !== workspace)).toEqual([]);
  for (const { name, content } of drawn) {
    const stray = (content.resourceIds ?? []).filter(
      (id) => !ids.has(id) || !id.toLowerCase().includes(`/${content.resourceType ?? '-'}/`),
    );
    expect({ name, resources: content.resourceIds?.length, stray }).toEqual({
      ...{ name, resources: name === 'storage-requests' ? 2 : 1, stray: [] },
    });
  }
});

test('each metric of the platform is documented', () => {
  const all = drawn.flatMap(({ content }) => content.metrics ?? []);
  expect(all.length).toBeGreaterThan(15);
  expect(all.flatMap(undocumentedDrawn)).toEqual([]);
});

test.each([
  ['a name', { metric: 'microsoft.eventhub/namespaces--IncomingMessage' }, /no metric IncomingMessage/],
  ['a category', { metric: 'microsoft.eventhub/namespaces-Transaction-IncomingMessages' }, /of the category ""/],
  ['an aggregation', { aggregation: 4 }, /no Average/],
  ['a dimension', { splitBy: 'Hub' }, /no dimension Hub/],
])('what is not documented is seen: %s', (_what, wrong, fault) => {
  const right = {
    ...{ namespace: 'microsoft.eventhub/namespaces', aggregation: 1 },
    metric: 'microsoft.eventhub/namespaces--IncomingMessages',
  };
  expect(undocumentedDrawn(right)).toEqual([]);
  expect(undocumentedDrawn({ ...right, ...wrong })).toContainEqual(expect.stringMatching(fault));
});

test('it is read from the top: is it well, the four key figures, where, what is missing, why, and what it costs', () => {
  const headings = items.flatMap(({ type, content }) =>
    type === TEXT ? [/^##? (.*)/.exec(content.json ?? '')?.[1]] : [],
  );
  expect(headings).toEqual([
    ...['change-lake', 'Is it well?', 'The four key metrics', 'Which partition?', 'Is anything missing?', 'Capture'],
    ...['What failed?', 'Maintenance', 'What does it cost?'],
  ]);
  expect(items[1]?.type).toBe(PARAMETERS);
  const names = items.map(({ name }) => name);
  const key = names.slice(names.indexOf('key-head'), names.indexOf('partitions-head'));
  expect(key).toEqual(expect.arrayContaining(['hub-events', 'lake-write-latency', 'processing-delay', 'error-rate']));
});
