import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { dependencyFaults, type LockedPackages, type Manifest } from '../../local/package/dependencies';

const root = resolve(__dirname, '../..');

const json = async <T>(file: string): Promise<T> => JSON.parse(await readFile(join(root, file), 'utf8')) as T;

test('every dependency keeps to the policy', async () => {
  const { packages } = await json<{ packages: LockedPackages }>('package-lock.json');
  expect(Object.keys(packages).length).toBeGreaterThan(500);
  expect(dependencyFaults(await json<Manifest>('package.json'), packages)).toEqual([]);
});

const sound = { license: 'MIT', integrity: 'sha512-x' };

test.each<[string, LockedPackages, string]>(
  [
    [
      'a licence that does not permit it',
      { ...sound, license: 'GPL-3.0' },
      'a: licence GPL-3.0, and it is part of the product',
    ],
    [
      "a tool's licence in the product",
      { ...sound, license: 'MPL-2.0' },
      'a: licence MPL-2.0, and it is part of the product',
    ],
    ['a tool with a licence of nobody', { integrity: 'x', dev: true }, 'a: licence not told'],
    ['a package without checksum', { license: 'MIT' }, 'a: no checksum'],
    ['a package from elsewhere', { ...sound, resolved: 'git+ssh://example/a.git' }, 'a: from git+ssh://example/a.git'],
    ['a deprecated one', { ...sound, deprecated: 'use b' }, 'a: deprecated: use b'],
  ].map(
    ([name, found, fault]) =>
      [name, { 'node_modules/b/node_modules/a': found }, fault] as [string, LockedPackages, string],
  ),
)('%s is told', (_, locked, fault) => {
  expect(dependencyFaults({ dependencies: {}, devDependencies: {} }, locked)).toEqual([fault]);
});

test("a tool's own licences are no fault of a tool", () => {
  const locked = { 'node_modules/a': { ...sound, license: 'MPL-2.0', dev: true } };
  expect(dependencyFaults({ dependencies: {}, devDependencies: {} }, locked)).toEqual([]);
});

test.each(['^1.0.0', 'latest', '1.x', 'git+https://example/a.git'])('a range such as %s is told', (range) => {
  expect(dependencyFaults({ dependencies: { a: range }, devDependencies: {} }, {})).toEqual([
    `a: ${range} is not one version`,
  ]);
});
