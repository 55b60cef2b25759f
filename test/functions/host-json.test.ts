import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../..');

/** Every leaf of a JSON value as `path` → text. */
function leaves(value: unknown, path = ''): [string, string][] {
  if (typeof value !== 'object' || value === null) return [[path, String(value)]];
  return Object.entries(value).flatMap(([key, part]) => leaves(part, path === '' ? key : `${path}.${key}`));
}

test('docs/host-json.md tells every setting of host.json with its value, and no other', async () => {
  const settings = leaves(JSON.parse(await readFile(join(root, 'host.json'), 'utf8')));
  const document = await readFile(join(root, 'docs/host-json.md'), 'utf8');
  const [table = ''] = document.split('## Memory');
  const told = [...table.matchAll(/^\| `([^`]+)` +\| `([^`]+)` +\| \S/gm)].map(([, name, value]) => [name, value]);
  expect(told).toEqual(settings);
});

test('every profile keeps the minimum below the maximum and fetches two batches ahead', async () => {
  const document = await readFile(join(root, 'docs/host-json.md'), 'utf8');
  const row = (setting: string): number[] => {
    const cells = new RegExp(`AzureFunctionsJobHost__extensions__eventHubs__${setting}\`(.*)$`, 'm').exec(
      document,
    )?.[1];
    return [...(cells ?? '').matchAll(/`(\d+)`/g)].map(([, value]) => Number(value));
  };
  const [most, least, ahead] = [row('maxEventBatchSize'), row('minEventBatchSize'), row('prefetchCount')];
  expect(most).toHaveLength(3);
  for (const [profile, maximum] of most.entries()) {
    expect(least[profile]).toBeLessThan(maximum);
    expect(ahead[profile]).toBe(2 * maximum);
  }
});
