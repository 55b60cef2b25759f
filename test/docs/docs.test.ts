import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import packageJson from '../../package.json';

const root = path.resolve(__dirname, '../..');
const read = (file: string): Promise<string> => readFile(path.join(root, file), 'utf8');

async function documents(): Promise<string[]> {
  return [
    'README.md',
    ...(await readdir(path.join(root, 'docs'))).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`),
  ];
}

test('docs/errors.md has a section for each code that the code knows, and no other', async () => {
  const union = (await read('src/lib/errors.ts')).split('export type ErrorCode =')[1]?.split('\n\n')[0] ?? '';
  const codes = [...union.matchAll(/'([A-Z_]+)'/g)].map((match) => match[1]);
  const sections = [...(await read('docs/errors.md')).matchAll(/^## (.+)$/gm)].map((match) => match[1]);
  expect(codes.length).toBeGreaterThan(10);
  expect(sections.sort()).toEqual(codes.sort());
});

test('every npm script that the documents name exists', async () => {
  for (const file of await documents()) {
    const named = [...(await read(file)).matchAll(/npm run ([a-z:-]+)/g)].map((match) => match[1]);
    expect({ file, unknown: named.filter((name) => !Object.hasOwn(packageJson.scripts, name ?? '')) }).toEqual({
      file,
      unknown: [],
    });
  }
});

test('every document is linked from the README, and every link leads somewhere', async () => {
  const readme = await read('README.md');
  for (const file of await documents()) {
    if (file !== 'README.md') expect(readme).toContain(`(${file})`);
    const links = [...(await read(file)).matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) => match[1] ?? '');
    const broken = links.filter((link) => !existsSync(path.join(root, path.dirname(file), link)));
    expect({ file, broken }).toEqual({ file, broken: [] });
  }
});

test('every path of the project that the documents name exists', async () => {
  for (const file of await documents()) {
    const named = [...(await read(file)).matchAll(/`((?:src|local|test|bench|docs)\/[\w./-]*)`/g)].map(
      (match) => match[1],
    );
    const missing = named.filter((name) => !existsSync(path.join(root, name ?? '')));
    expect({ file, missing }).toEqual({ file, missing: [] });
  }
});
