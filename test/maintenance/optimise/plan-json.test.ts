import { planPath } from '../../../src/lib/ledger/names';
import { type Plan } from '../../../src/lib/maintenance/optimise/plan';
import { formatPlan, parsePlan } from '../../../src/lib/maintenance/optimise/plan-json';

const folder = (shelf: string): string => `${shelf}/postgresql/2026/11/22`;
const stamp = 'data_20261122T120000000Z_3';
const sha256 = 'ab'.repeat(32);
const of = (
  path: string,
  count: number,
  bytes: number,
): { path: string; count: number; bytes: number; sha256: string } => ({
  path,
  count,
  bytes,
  sha256,
});

const plan: Plan = {
  id: 'a',
  source: 'postgresql',
  namespace: 'example.servicebus.windows.net',
  hub: 'changes',
  partition: '3',
  incarnation: 1,
  day: '2026/11/22',
  first: 0n,
  last: 9n,
  plannedAt: Date.UTC(2026, 10, 24),
  pages: 3,
  inputs: [
    { ...of(`${folder('bronze')}/${stamp}_0-4_4.json`, 4, 40), etag: '"0x1"' },
    { ...of(`${folder('quarantine')}/${stamp}_0-4_1.json`, 1, 15), etag: '"0x2"' },
    { ...of(`${folder('bronze')}/${stamp}_5-9_5.json`, 5, 50), etag: '"0x3"' },
  ],
  outputs: [
    {
      ...of(`${folder('bronze')}/${stamp}_0-9_9.json`, 9, 90),
      staged: `_system/staging/optimise/postgresql/2026-11-22/3/a_bronze_${stamp}_0-9_9.json`,
    },
    {
      ...of(`${folder('quarantine')}/${stamp}_0-9_1.json`, 1, 15),
      staged: `_system/staging/optimise/postgresql/2026-11-22/3/a_quarantine_${stamp}_0-9_1.json`,
    },
  ],
};
const path = planPath('postgresql', '2026/11/22', '3');

test('what is written is read back', () => {
  expect(parsePlan(formatPlan(plan), path)).toEqual(plan);
});

test('one of a newer format is told to be left to the version that wrote it', () => {
  const newer = formatPlan(plan).toString().replace('"format": 1', '"format": 2');
  expect(parsePlan(Buffer.from(newer), path)).toMatch(/format 2.*deploy it again/);
});

const text = formatPlan(plan).toString();

test.each<[string, string]>([
  ['no JSON', 'rubbish'],
  ['null', 'null'],
  ['cut short', text.slice(0, 400)],
  ['of another format', text.replace('"format": 1', '"format": 2')],
  ['of another partition', text.replace('"partition": "3"', '"partition": "4"')],
  ['of another day', text.replace('"day": "2026/11/22"', '"day": "2026/11/23"')],
  [
    'with an input of another day',
    text.replace(
      'bronze/postgresql/2026/11/22/data_20261122T120000000Z_3_5',
      'bronze/postgresql/2026/11/21/data_20261122T120000000Z_3_5',
    ),
  ],
  ['with an input of another partition', text.replace('_3_5-9_5', '_4_5-9_5')],
  ['with an input outside its range', text.replace('_3_5-9_5', '_3_15-19_5')],
  ['with an input that is no data file', text.replace(`${stamp}_5-9_5.json`, 'notes.txt')],
  ['with lines that do not add up', text.replaceAll('"count": 5', '"count": 4')],
  ['with bytes that do not add up', text.replace('"bytes": 50', '"bytes": 49')],
  ['with an output that hides a hole', text.replaceAll('0-9', '0-8').replace('"last": "9"', '"last": "8"')],
  [
    'with a staged file elsewhere',
    text.replace('_system/staging/optimise/postgresql/2026-11-22/3/a_bronze', 'bronze/x'),
  ],
  ['without a time', text.replace('2026-11-24T00:00:00.000Z', 'yesterday')],
  ['without a version of an input', text.replace('"etag": "\\"0x1\\""', '"etag": ""')],
])('a plan %s authorises nothing', (_, damaged) => {
  expect(damaged).not.toBe(text);
  expect(typeof parsePlan(Buffer.from(damaged), path)).toBe('string');
});
