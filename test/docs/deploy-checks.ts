import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import packageJson from '../../package.json';
import { SETTING_NAMES } from '../../src/lib/config/settings';
import { unknownWords } from './command-lines';
import { type Check, differences, matches, read, registered, root, without } from './compare';
import { fences, number, tableOf } from './markdown';

interface Parameter {
  readonly type: string;
  readonly defaultValue?: unknown;
  readonly allowedValues?: readonly unknown[];
  readonly minValue?: number;
  readonly maxValue?: number;
}
interface Template {
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly variables: { readonly names: Readonly<Record<string, string>> };
}
const template = JSON.parse(read('infra/main.json')) as Template;
export const PARAMETERS = Object.keys(template.parameters);

/** A default as the table has it: `rg-{environmentName}`, `[]`, `false`. */
function defaultText(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') return JSON.stringify(value);
  const [, pattern, parameter = ''] = /^\[format\('(.*)', parameters\('(\w+)'\)\)\]$/.exec(value) ?? [];
  return pattern === undefined ? value : pattern.replace('{0}', `{${parameter}}`);
}

function allowedText({ allowedValues, minValue, maxValue }: Parameter): string {
  if (allowedValues !== undefined) return allowedValues.join(', ');
  if (minValue === undefined) return '';
  return maxValue === undefined ? `${minValue} or more` : `${minValue} to ${maxValue}`;
}

const row = (cells: readonly string[]): string => cells.join(' | ');

export const deployChecks: Readonly<Record<string, Check>> = {
  'the table of parameters is the compiled template’s': (text) =>
    differences(
      tableOf(text, 'parameters').map(({ parameter = '', default: value = '', allowed = '' }) =>
        row([parameter, value, allowed]),
      ),
      Object.entries(template.parameters).map(([name, parameter]) =>
        row([name, defaultText(parameter.defaultValue), allowedText(parameter)]),
      ),
    ),

  'parameters in files of parameters exist, and what is required is given': (text) => {
    const blocks = fences(text, 'bicep');
    const whole = blocks.filter((block) => block.startsWith('using '));
    const required = PARAMETERS.filter((name) => template.parameters[name]?.defaultValue === undefined);
    return [
      ...without(
        blocks.flatMap((block) => matches(block, /^param (\w+)/gm)),
        PARAMETERS,
        'parameter',
      ),
      ...whole.flatMap((block) =>
        required.filter((name) => !block.includes(`param ${name} =`)).map((name) => `${name} is not given`),
      ),
      ...(whole.length === 0 ? ['there is no file of parameters'] : []),
    ];
  },

  'names in camel case are parameters, or known from elsewhere': (text) =>
    without(
      matches(text, /`([a-z]+(?:[A-Z][A-Za-z]*)+)`/g),
      [
        ...PARAMETERS,
        ...registered(),
        ...matches(read('host.json'), /"(\w+)":/g),
        ...['prices', 'assumptions', 'costs', 'sizing-formulas'].flatMap((name) =>
          tableOf(text, name).map((each) => each['name'] ?? ''),
        ),
        ...['authLevel', 'disableLocalAuth', 'allowSharedKeyAccess', 'allowBlobPublicAccess', 'allowScripts'],
        ...['isHnsEnabled', 'partitionKey', 'eventId', 'bodyBase64', 'slotRetainedBytes'],
      ],
      'name',
    ),

  'outputs that are read exist': (text) =>
    without(
      [...matches(text, /\$\(output (\w+)\)/g), ...matches(text, /=\$([A-Z]+_[A-Z_]+)\b/g)],
      Object.keys(template.outputs),
      'output',
    ),

  'settings that are named exist, for the app or its host': (text) => {
    const app = read('infra/modules/app.bicep');
    const host = matches(app, /^ {2}((?:AzureWebJobs|APPLICATIONINSIGHTS)\w+):/gm);
    const ours =
      /(?<![\w$])((?:EVENTHUB|LAKE|INGEST|CAPTURE|MAINTENANCE|STORAGE|POSTGRES_EVENTHUB|MONGODB_EVENTHUB)_\w+)/g;
    const codes = matches(read('src/lib/errors.ts'), /'([A-Z_]+)'/g);
    return without(
      [...matches(text, ours), ...matches(text, /(AzureWebJobsStorage__\w+|APPLICATIONINSIGHTS_\w+)/g)],
      [...SETTING_NAMES, ...host, ...codes, ...Object.keys(template.outputs), ...matches(text, /^(\w+)=\$\(/gm)],
      'setting',
    );
  },

  'overrides of host.json are those of its page': (text) =>
    without(
      matches(text, /(AzureFunctionsJobHost__\w+)/g),
      matches(read('docs/host-json.md'), /`(AzureFunctionsJobHost__\w+)`/g),
      'override',
    ),

  'npm scripts exist, and so do their commands and options': (text) =>
    matches(text, /npm run ([^\n`|]+)/g).flatMap((line) => {
      const [script = '', ...words] = line.split(/[ ,;):]+/);
      if (!Object.hasOwn(packageJson.scripts, script)) return [`npm run ${script} does not exist`];
      const [dashes, ...rest] = words;
      return dashes === '--' ? unknownWords(script, rest) : [];
    }),

  'names of resources are the template’s': (text) =>
    differences(
      tableOf(text, 'names').map(({ name = '' }) => name),
      Object.values(template.variables.names).map((format) => format.replace(/^.*'(.*)\{0\}'.*$/, '$1…')),
    ),

  'formats are those that the code writes': (text) =>
    tableOf(text, 'formats').flatMap(({ file = '', format = '' }) => {
      const [path = '', name = ''] = FORMATS[file] ?? [];
      const written = path === '' ? undefined : new RegExp(`const ${name} = (\\d+);`).exec(read(path))?.[1];
      return written === format ? [] : [`${file}: the code writes ${String(written)}, not ${format}`];
    }),

  'the workflow’s variables are those that it reads, and its environments exist': (text) => {
    const workflow = read('.github/workflows/ci.yml');
    const { on } = parse(workflow) as {
      on: { workflow_dispatch: { inputs: { environment: { options: readonly string[] }; publish: unknown } } };
    };
    const { inputs } = on.workflow_dispatch;
    return [
      ...differences(
        tableOf(text, 'variables').map(({ variable = '' }) => variable),
        [...new Set(matches(workflow, /vars\.(\w+)/g))],
      ),
      ...without(matches(text, /gh variable set (\w+)/g), matches(workflow, /vars\.(\w+)/g), 'variable'),
      ...without(matches(text, /:environment:([\w-]+)'/g), inputs.environment.options, 'environment'),
      ...without(matches(text, /-f (\w+)=/g), Object.keys(inputs), 'input'),
    ];
  },

  'what azd is told is read by its file of parameters': (text) =>
    without(
      matches(text, /azd env set (\w+)/g),
      matches(read('infra/main.bicepparam'), /readEnvironmentVariable\('(\w+)'/g),
      'variable',
    ),

  'files of the template that are named exist': (text) =>
    matches(text, /((?:infra|\.github)\/[\w./-]+)/g)
      .map((path) => path.replace(/\.$/, ''))
      .filter((path) => !existsSync(join(root, path)))
      .map((path) => `${path} is not there`),

  'as many functions are listed as are registered': (text) => {
    const captures = registered().filter((name) => name.startsWith('capture')).length;
    const always = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'][
      registered().length - captures
    ];
    const said = /(\w+) functions are listed/.exec(text)?.[1]?.toLowerCase();
    return said === always ? [] : [`${String(said)} functions are said to be listed, not ${String(always)}`];
  },

  'rehearsals that are named are there': (text) => {
    const named = [...text.matchAll(/`(test\/rehearsals\/[\w.]+)`:([^.]*)\./g)];
    if (named.length === 0) return ['no rehearsal is named'];
    return named.flatMap(([, path = '', titles = '']) => {
      if (!existsSync(join(root, path))) return [`${path} is not there`];
      const code = read(path);
      return matches(titles.replaceAll(/\s+/g, ' '), /“([^”]+)”/g)
        .filter((title) => !code.includes(title))
        .map((title) => `${path} has no “${title}”`);
    });
  },

  'the gain in host.json’s batches is that of the cost table': (text) => {
    const { extensions } = JSON.parse(read('host.json')) as { extensions: { eventHubs: Record<string, number> } };
    const profile = /minEventBatchSize`\s*\|[^|]*\|\s*`(\d+)`/.exec(read('docs/host-json.md'))?.[1];
    const full = Object.keys(tableOf(text, 'costs')[0] ?? {}).map((heading) => /full ([\d,]+)$/.exec(heading)?.[1]);
    const found = [...new Set(full.filter((each) => each !== undefined).map(number))].map(String);
    return differences(found, [String(extensions.eventHubs['minEventBatchSize']), profile ?? 'no profile']);
  },
};

/** Which constant of which module is a file's format. */
const FORMATS: Readonly<Record<string, readonly [string, string]>> = {
  '_system/ledger/': ['src/lib/ledger/ledger-json.ts', 'LEDGER_FORMAT'],
  '_system/gaps/': ['src/lib/ledger/closed-gaps.ts', 'FORMAT'],
  '_system/optimise/': ['src/lib/maintenance/optimise/plan-json.ts', 'PLAN_FORMAT'],
  '_system/complete/': ['src/lib/maintenance/daily/marker.ts', 'FORMAT'],
  '_system/capture/': ['src/lib/capture/progress.ts', 'VERSION'],
  'lines of data files': ['src/lib/ledger/line-head.ts', 'LINE_FORMAT'],
};
