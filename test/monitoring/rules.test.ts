import { checkQuery } from '../../local/kql/check';
import { headerOf } from '../../local/kql/header';
import { at, loadPlan, ofType, PLAN_NAMES } from '../infra/plan';
import { undocumented } from './documented-metrics';
import { read, readQueries, vocabulary } from './queries';
import { criteriaOf, type LogCriterion, type MetricCriterion, minutesOf, namesIn, rulesOf } from './rules';

const types = read('infra/monitoring/types.bicep');
const names = { log: namesIn(types, 'log'), metric: namesIn(types, 'metric') };
const queries = readQueries();
const words = vocabulary();
// Longer ones first: one name may begin with another.
const rules = (plan: string) =>
  rulesOf(
    loadPlan(plan),
    [...names.log, ...names.metric].sort((a, b) => b.length - a.length),
  );
const prod = rules('prod');
const logRules = prod.filter(({ kind }) => kind === 'log');
const metricRules = prod.filter(({ kind }) => kind === 'metric');

test('each rule can be changed, and what can be changed is a rule', () => {
  const found = (kind: string): string[] =>
    [...new Set(PLAN_NAMES.flatMap(rules).flatMap((rule) => (rule.kind === kind ? [rule.name] : [])))].sort();
  expect(found('log')).toEqual([...names.log].sort());
  expect(found('metric')).toEqual([...names.metric].sort());
});

test('each query of a rule is its file, and each file of alerts is a rule', () => {
  const asked = Object.fromEntries(
    logRules.map(({ name, resource }) => [`alerts/${name}`, criteriaOf<LogCriterion>(resource)[0]?.query]),
  );
  expect(asked).toEqual(Object.fromEntries(Object.entries(queries).filter(([name]) => name.startsWith('alerts/'))));
});

describe.each(logRules.map((rule) => [rule.name, rule] as const))('%s', (name, { resource, resolves, operator }) => {
  const [criterion] = criteriaOf<LogCriterion>(resource);
  const { columns } = checkQuery(criterion?.query ?? '', words);

  test('measures a number of each combination of its dimensions, which are all of its other columns', () => {
    const measure = columns.find((column) => column.name === criterion?.metricMeasureColumn);
    expect(['int', 'long', 'real']).toContain(measure?.type);
    const others = columns.filter((column) => column !== measure);
    expect(criterion?.dimensions.map((dimension) => dimension.name)).toEqual(others.map((column) => column.name));
    expect(others.filter(({ type }) => type !== 'string')).toEqual([]);
  });

  test('takes title and advice from the head of its query', () => {
    const header = headerOf(queries[`alerts/${name}`] ?? '');
    expect(at(resource, 'properties.displayName')).toBe(header?.title);
    expect(at(resource, 'properties.description')).toContain(header?.act);
  });

  test('is told once in a while when it does not end by itself', () => {
    const mute = at(resource, 'properties.muteActionsDuration');
    if (resolves) expect(mute ?? null).toBeNull();
    else expect(minutesOf(String(mute))).toBeGreaterThanOrEqual(60);
  });

  test('compares the worst row', () => {
    expect(criterion?.timeAggregation).toBe(operator === 'GreaterThan' ? 'Maximum' : 'Minimum');
  });
});

test('only what cannot be undone stays until somebody closes it', () => {
  expect(prod.filter(({ resolves }) => !resolves).map(({ name, severity }) => [name, severity])).toEqual([
    ['lake-damaged', 0],
    ['completeness-lost', 0],
    ['history-lost', 0],
  ]);
});

test('the windows are those that the service takes, and none is shorter than what lies between two looks', () => {
  const taken = { log: [5, 15, 30, 60, 360, 1440, 2880], metric: [5, 15, 30, 60, 360, 1440] };
  expect(prod.filter(({ kind, window }) => !taken[kind].includes(minutesOf(window)))).toEqual([]);
  expect(prod.filter(({ frequency }) => ![5, 15, 30, 60].includes(minutesOf(frequency)))).toEqual([]);
  expect(prod.filter(({ window, frequency }) => minutesOf(frequency) > minutesOf(window))).toEqual([]);
});

describe('metrics of the platform', () => {
  test.each(metricRules.map((rule) => [rule.resource.name, rule] as const))('%s is documented', (_name, rule) => {
    const asked = criteriaOf<MetricCriterion>(rule.resource).map((criterion) => ({
      ...{ type: criterion.metricNamespace, metric: criterion.metricName, dimensions: criterion.dimensions },
      aggregation: criterion.timeAggregation,
    }));
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.flatMap(undocumented)).toEqual([]);
    // The service refuses a namespace of another type than its resource.
    expect(asked.map(({ type }) => type)).toEqual(asked.map(() => at(rule.resource, 'properties.targetResourceType')));
  });

  test.each([
    ['a metric that is not there', { metric: 'ThrottledRequest' }, /no metric ThrottledRequest$/],
    ['a metric of another service', { metric: 'Availability' }, /no metric Availability/],
    ['an aggregation', { aggregation: 'Average' }, /has no Average/],
    ['a dimension', { dimensions: [{ name: 'Hub', values: [] }] }, /no dimension Hub/],
    [
      'a value of a dimension',
      {
        ...{ type: 'Microsoft.Storage/storageAccounts', metric: 'Transactions' },
        dimensions: [{ name: 'ResponseType', values: ['ServerBusy'] }],
      },
      /never ServerBusy$/,
    ],
  ])('what is not documented is seen: %s', (_what, wrong, fault) => {
    const right = { type: 'Microsoft.EventHub/namespaces', metric: 'ThrottledRequests', aggregation: 'Total' };
    expect(undocumented({ ...right, dimensions: [] })).toEqual([]);
    expect(undocumented({ ...right, dimensions: [], ...wrong })).toContainEqual(expect.stringMatching(fault));
  });

  test('limits of throughput are a percentage of what auto-inflate may reach', () => {
    const limitOf = (name: string): number | undefined => metricRules.find((rule) => rule.name === name)?.threshold;
    // 20 units, 300 seconds, four fifths.
    expect(limitOf('hub-bytes-in')).toBe(20 * 1_000_000 * 300 * 0.8);
    expect(limitOf('hub-events-in')).toBe(20 * 1_000 * 300 * 0.8);
    expect(limitOf('hub-bytes-out')).toBe(20 * 2_000_000 * 300 * 0.8);
    const premium = rules('everything').map(({ name }) => name);
    expect(premium.filter((name) => ['hub-bytes-in', 'hub-events-in', 'hub-bytes-out'].includes(name))).toEqual([]);
    expect(premium).toContain('hub-cpu');
    expect(prod.map(({ name }) => name)).not.toContain('hub-cpu');
  });

  test('each hub is watched for events that nobody reads', () => {
    const watched = metricRules
      .filter(({ name }) => name === 'hub-unread')
      .map(({ resource }) =>
        criteriaOf<MetricCriterion>(resource).map(({ metricName, dimensions }) => [metricName, dimensions[0]?.values]),
      );
    const hub = (name: string) => [
      ['IncomingMessages', [name]],
      ['OutgoingMessages', [name]],
    ];
    expect(watched).toEqual([hub('postgresql-changes'), hub('mongodb-changes')]);
  });
});

describe('who is told', () => {
  const groupOf = (name: string, rule: { severity: number; groups: readonly string[] }): boolean =>
    rule.groups.some((group) => group.startsWith(name));

  test('everything goes to the primary contacts', () => {
    expect(prod.filter(({ groups }) => groups.length !== 1)).toEqual([]);
    expect(rules('everything').filter((rule) => !groupOf('ag-', rule))).toEqual([]);
  });

  test('severities 0 and 1 go to the emergency contacts, too, and no others do', () => {
    const urgent = rules('everything').filter((rule) => groupOf('ag-urgent-', rule));
    expect(new Set(urgent.map(({ severity }) => severity))).toEqual(new Set([0, 1]));
    expect(rules('everything').filter(({ severity }) => severity < 2)).toEqual(urgent);
  });

  test('by mail and text message, and by nothing that would hold a secret', () => {
    for (const plan of PLAN_NAMES.map(loadPlan)) {
      const receivers = ofType(plan, 'Microsoft.Insights/actionGroups').flatMap(({ properties }) =>
        Object.keys(properties).filter((key) => key.endsWith('Receivers')),
      );
      expect(receivers.filter((kind) => !['emailReceivers', 'smsReceivers'].includes(kind))).toEqual([]);
    }
    expect(prod.filter(({ resource }) => JSON.stringify(resource.properties).includes('webHook'))).toEqual([]);
  });

  test('a change of a rule is what is deployed', () => {
    const changed = rules('everything').find(({ name }) => name === 'quarantine');
    const { severity, threshold, window, frequency } = changed ?? {};
    expect({ severity, threshold, window, frequency }).toEqual({
      ...{ severity: 2, threshold: 100, window: 'PT6H', frequency: 'PT30M' },
    });
    expect(rules('everything').map(({ name }) => name)).not.toContain('hub-user-errors');
  });
});
