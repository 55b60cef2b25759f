/**
 * The packages that a bundle carries, with their licences: what esbuild read, by the package that it lies in.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A file inside the innermost package: `node_modules/a/node_modules/@b/c/index.js` → `node_modules/a/node_modules/@b/c`. */
const PACKAGE = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;

/** The names under which packages keep what their licence asks to be passed on. */
const TEXTS = /^(licen[cs]e|copying|notice|copyright|third.?party)/i;

/**
 * @param {string} root the project's folder
 * @param {import('esbuild').Metafile} metafile
 * @returns {Promise<{ name: string, version: string, licence: string, texts: string[] }[]>} by name, each package once
 */
export async function bundledPackages(root, metafile) {
  const folders = new Set(Object.keys(metafile.inputs).flatMap((input) => PACKAGE.exec(input)?.[0] ?? []));
  const packages = await Promise.all([...folders].map((folder) => readPackage(join(root, folder))));
  const once = new Map(packages.map((one) => [`${one.name}@${one.version}`, one]));
  return [...once.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** @param {string} folder */
async function readPackage(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const files = (await readdir(folder)).filter((file) => TEXTS.test(file)).sort();
  const texts = await Promise.all(files.map(async (file) => (await readFile(join(folder, file), 'utf8')).trim()));
  return { name, version, licence: typeof license === 'string' ? license : 'not told', texts };
}

/**
 * What is published beside the bundle: most licences ask that their text goes with the code.
 *
 * @param {Awaited<ReturnType<typeof bundledPackages>>} packages
 */
export function licenceText(packages) {
  const list = packages.map(({ name, version, licence }) => `${name} ${version}: ${licence}`);
  const texts = packages.flatMap(({ name, version, texts }) =>
    texts.length === 0 ? [] : ['='.repeat(100), `${name} ${version}`, '', ...texts],
  );
  return ['The packages in functions.js and their licences.', '', ...list, '', ...texts, ''].join('\n');
}
