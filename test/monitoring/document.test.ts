import hostJson from '../../host.json';
import { loadPlan } from '../infra/plan';
import { read, readQueries, vocabulary } from './queries';
import { namesIn, rulesOf } from './rules';
import { lineRows, metricRows, queryRows, ruleRows, tableIn } from './tables';

const page = read('docs/monitoring.md');
const queries = readQueries();
const words = vocabulary();
const columns = (rows: readonly (readonly string[])[], count: number): string[][] =>
  rows.map((row) => row.slice(0, count));

test('every metric is there, with unit, dimensions and meaning as the code has them', () => {
  const rows = tableIn(page, 'metric');
  expect(columns(rows, 4)).toEqual(metricRows());
  // And with what is normal, and what to do.
  expect(rows.filter((row) => row.length !== 6 || row.slice(4).includes(''))).toEqual([]);
});

test('every line of log is there with its fields', () => {
  expect(columns(tableIn(page, 'message'), 2)).toEqual(lineRows(words));
});

test('every query is linked, with its question', () => {
  expect(columns(tableIn(page, 'query'), 2)).toEqual(queryRows(queries));
});

test('every alert is there as it is deployed by default', () => {
  const types = read('infra/monitoring/types.bicep');
  const names = [...namesIn(types, 'log'), ...namesIn(types, 'metric')].sort((a, b) => b.length - a.length);
  // What depends on the tier, or on Event Hubs Capture, is in the plan that turns everything on.
  const rules = [...rulesOf(loadPlan('azd'), names), ...rulesOf(loadPlan('everything'), names)];
  expect(columns(tableIn(page, 'alert'), 6)).toEqual(ruleRows(rules));
});

test('the KQL that is shown is that of the files', () => {
  const shown = [...page.matchAll(/```kql\n([\s\S]*?)```/g)].map(([, text]) => text ?? '');
  expect(shown.length).toBeGreaterThan(2);
  expect(shown.filter((text) => !Object.values(queries).includes(text))).toEqual([]);
});

test('every file of KQL and every command of the operator’s tool that it names is there', () => {
  const files = [...page.matchAll(/`([\w-]+)\.kql`/g)].flatMap(([, name]) => name ?? []);
  expect(files.filter((name) => !Object.hasOwn(queries, name))).toEqual([]);

  const tool = `${read('src/cli/lake.ts')}${read('src/cli/lake/quarantine-commands.ts')}`;
  const commands = [...tool.matchAll(/\.command\('([\w-]+)'\)/g)].flatMap(([, name]) => name ?? []);
  const texts = [page, ...Object.values(queries)];
  const named = texts.flatMap((text) => [...text.matchAll(/npm run lake -- ([\w-]+)(?: ([a-z]+))?/g)]);
  expect(named.length).toBeGreaterThan(20);
  const unknown = named.filter(
    ([, name = '', sub]) => !commands.includes(name) || (name === 'quarantine' && !commands.includes(sub ?? '')),
  );
  expect(unknown.map(([text]) => text)).toEqual([]);
});

test('what it says of sampling is what host.json has', () => {
  const { samplingSettings } = hostJson.logging.applicationInsights;
  expect(page).toContain(`\`${samplingSettings.excludedTypes}\``);
  expect(hostJson).not.toHaveProperty('telemetryMode');
});

test('a table that is not there is told', () => {
  expect(() => tableIn(page, 'nothing of the kind')).toThrow('no table begins with');
});
