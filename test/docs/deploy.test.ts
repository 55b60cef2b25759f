import { type Check, read } from './compare';
import { deployChecks } from './deploy-checks';
import { figureChecks } from './figures';
import { evaluate } from './formula';

const text = read('docs/deploy.md');
const CHECKS: Readonly<Record<string, Check>> = { ...deployChecks, ...figureChecks };

/** Per check, mistakes in the page that it must see: what is there, and what stands there instead. */
const MISTAKES: Readonly<Record<string, readonly (readonly [RegExp, string])[]>> = {
  'the table of parameters is the compiled template’s': [
    [/^\| `lakeSoftDeleteDays` +\| `14`/m, '| `lakeSoftDeleteDays` | `13`'],
    [/^\| `allowReplay`.*\n/m, ''],
    [/^\| `tags` /m, '| `labels` '],
    [/`hubRetentionDays`( +)\| `7`( +)\| 1 to 90/, '`hubRetentionDays`$1| `7`$2| 1 to 91'],
  ],
  'parameters in files of parameters exist, and what is required is given': [
    [/^param hubPartitionCount/m, 'param partitionCount'],
    [/^param location .*\n/m, ''],
    [/^using .*$/m, ''],
  ],
  'names in camel case are parameters, or known from elsewhere': [[/`hubPartitionCount`/, '`hubPartitions`']],
  'outputs that are read exist': [
    [/output LAKE_ACCOUNT_NAME/, 'output LAKE_ACCOUNT'],
    [/=\$HOST_STORAGE_ACCOUNT_NAME/, '=$HOST_STORAGE_NAME'],
  ],
  'settings that are named exist, for the app or its host': [
    [/EVENTHUB_RETENTION_DAYS=7/, 'EVENTHUB_RETENTION=7'],
    [/AzureWebJobsStorage__accountName/, 'AzureWebJobsStorage__account'],
    [/STORAGE_CONNECTION_STRING__clientId/, 'STORAGE_CONNECTION_STRING__clientID'],
  ],
  'overrides of host.json are those of its page': [[/__maxEventBatchSize/, '__maxBatchSize']],
  'npm scripts exist, and so do their commands and options': [
    [/npm run smoke$/m, 'npm run smokes'],
    [/npm run lake -- doctor/, 'npm run lake -- doktor'],
    [/repair --reopen/, 'repair --open'],
    [/npm run capture -- reset/, 'npm run capture -- restart'],
  ],
  'names of resources are the template’s': [[/`stlake…`/, '`lake…`']],
  'formats are those that the code writes': [
    [/`_system\/ledger\/`( +)\| 1/, '`_system/ledger/`$1| 2'],
    [/`_system\/gaps\/`/, '`_system/gap/`'],
  ],
  'the workflow’s variables are those that it reads, and its environments exist': [
    [/^\| `AZURE_TENANT_ID`.*\n/m, ''],
    [/environment:dev'/, "environment:test'"],
    [/-f publish=/, '-f deploy='],
    [/gh variable set AZURE_FUNCTION_APP/, 'gh variable set FUNCTION_APP'],
  ],
  'what azd is told is read by its file of parameters': [[/azd env set PRIVATE_NETWORK/, 'azd env set PRIVATE']],
  'files of the template that are named exist': [[/infra\/prod\.bicepparam/, 'infra/production.bicepparam']],
  'as many functions are listed as are registered': [[/Five functions/, 'Four functions']],
  'rehearsals that are named are there': [
    [/“a ledger is deleted”/, '“a ledger is eaten”'],
    [/rehearsals\/ledgers/, 'rehearsals/ledger'],
  ],
  'the gain in host.json’s batches is that of the cost table': [[/`full` 1,999/, '`full` 999']],
  'each cost is what its formula gives': [
    [/`unitHour`( +)\| 0.03/, '`unitHour`$1| 0.04'],
    [/`peak`( +)\| 3/, '`peak`$1| 30'],
    [/2,314\.78/, '2,314.79'],
    [/3 × batches/, '4 × batches'],
    [/`events` 10,000,000/, '`events` 20,000,000'],
  ],
  'each price is used, and each line is in the total': [
    [/ \+ compute \+/, ' +'],
    [/× logGB`/, '× 2`'],
  ],
  'what is apart from it, too': [[/130\.29/, '130.30']],
  'each size is what its formula gives': [
    [/(\| 100 +\| 10 +\| default +\| )1 /, '$12 '],
    [/4 × B × KB/, '2 × B × KB'],
    [/\| large events +\|/, '| huge events |'],
  ],
  'the template takes each size': [[/\| 4096 /, '| 6144 ']],
  'files an hour are those of the benchmark': [
    [/e × 3,600/, 'e × 3,000'],
    [/: 72, 710/, ': 72, 711'],
  ],
};

test.each(Object.entries(CHECKS))('%s', (_name, check) => {
  expect(check(text)).toEqual([]);
});

test('each check has mistakes to see, and no mistake is for a check that is gone', () => {
  expect(Object.keys(MISTAKES).sort()).toEqual(Object.keys(CHECKS).sort());
});

const cases = Object.entries(MISTAKES).flatMap(([name, mistakes]) =>
  mistakes.map(([pattern, instead]) => [name, pattern, instead] as const),
);

test.each(cases)('%s: %s is not overlooked', (name, pattern, instead) => {
  const worse = text.replace(pattern, instead);
  expect(worse).not.toBe(text);
  expect(CHECKS[name]?.(worse)).not.toEqual([]);
});

describe('formulas', () => {
  test.each([
    ['1 + 2 × 3', 7],
    ['(1 + 2) × 3 − 4', 5],
    ['8 ÷ 4 ÷ 2', 1],
    ['1,000,000 ÷ 4', 250_000],
    ['max(1, 2,000, 3) + min(4, 5) + ceil(1.2)', 2_006],
    ['a × max(b, 0.5)', 3],
  ])('%s is %d', (formula, value) => {
    expect(evaluate(formula, { a: 2, b: 1.5 })).toBe(value);
  });

  test.each(['c + 1', '1 +', '(1', '1 2', 'max 1', '2 * 3', ''])('%s is refused', (formula) => {
    expect(() => evaluate(formula, {})).toThrow();
  });
});
