import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { FUNCTION_TIMEOUT_SECONDS, timeSpanSeconds } from '../../src/lib/config/function-timeout';
import { checkConfig } from '../../src/lib/config/read';
import { SETTING_NAMES, SETTINGS } from '../../src/lib/config/settings';
import { betweenMarkers, settingsTable } from './settings-table';

const root = resolve(__dirname, '../..');
const read = (file: string): Promise<string> => readFile(join(root, file), 'utf8');

test('docs/settings.md holds the table of settings as the code has it', async () => {
  expect(betweenMarkers(await read('docs/settings.md'))).toBe(settingsTable('full'));
});

test('README.md holds the short table of settings as the code has it', async () => {
  expect(betweenMarkers(await read('README.md'))).toBe(settingsTable('short'));
});

test('the markers must be there', () => {
  expect(() => betweenMarkers('# no table')).toThrow('lacks');
});

describe('local.settings.json.example', () => {
  const hosts = ['FUNCTIONS_WORKER_RUNTIME', 'AzureWebJobsStorage'];
  let values: Record<string, string>;

  beforeAll(async () => {
    values = (JSON.parse(await read('local.settings.json.example')) as { Values: Record<string, string> }).Values;
  });

  test('has every setting but the identity form, which excludes the strings it gives, and no stranger', () => {
    const expected = SETTING_NAMES.filter((name) => !name.includes('__'));
    expect(Object.keys(values).sort()).toEqual([...hosts, ...expected].sort());
  });

  test('gives each default as the code has it', () => {
    const given = SETTING_NAMES.filter((name) => SETTINGS[name].default !== undefined);
    expect(given.map((name) => [name, values[name]])).toEqual(given.map((name) => [name, `${SETTINGS[name].default}`]));
  });

  test('is accepted', () => {
    expect(checkConfig(values).faults).toEqual([]);
  });
});

test('every example in the table fits its own setting', () => {
  for (const name of SETTING_NAMES) {
    const { example, secret } = SETTINGS[name];
    // A secret's example has a placeholder where the key goes.
    const text = secret ? example.replace('<key>', 'a2V5') : example;
    expect([name, checkConfig({ [name]: text }).faults.filter(({ setting }) => setting === name)]).toEqual([name, []]);
  }
});

test('the default attempt ends well before the function time-out of host.json, which the code knows', async () => {
  const { functionTimeout } = JSON.parse(await read('host.json')) as { functionTimeout: string };
  expect(timeSpanSeconds(functionTimeout)).toBe(FUNCTION_TIMEOUT_SECONDS);
  expect(SETTINGS.INGEST_ATTEMPT_SECONDS.default).toBeLessThan(FUNCTION_TIMEOUT_SECONDS / 2);
});

test.each<[string, number | null]>([
  ['00:10:00', 600],
  ['1.02:03:04', 93_784],
  ['-1', Infinity],
  ['10 minutes', null],
  ['10:00', null],
])('the time span %s is %s seconds', (text, seconds) => {
  expect(timeSpanSeconds(text)).toBe(seconds);
});
