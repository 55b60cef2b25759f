import { readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { styleText } from 'node:util';
import { messagesOf } from '../platform/messages';
import { packageCommand, type PackageOptions } from './command';
import { funcIgnore } from './func-ignore';
import { countByLicence, isPermitted, type BundledPackage } from './licences';
import { registeredBy } from './register';
import { BUNDLES, lacking, straysIn } from './strays';
import { stagePackage } from './stage';

/** `npm run package`: what `func azure functionapp publish` would send, staged and proved. */

/** The cold start reads it all; today it is well below. */
const BUDGET_BYTES = 12 * 1024 * 1024;

async function main({ out, maps, json }: PackageOptions): Promise<number> {
  const root = resolve(__dirname, '..');
  const staged = resolve(root, out);
  const publishes = funcIgnore(await readFile(join(root, '.funcignore'), 'utf8'));
  const files = await stagePackage(root, staged, publishes);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const packages = await bundledIn(root);
  const problems = [
    ...lacking(files),
    ...straysIn(files, maps),
    ...packages
      .filter(({ licence }) => !isPermitted(licence))
      .map(({ name, licence }) => `${name}: licence ${licence}`),
    ...(bytes > BUDGET_BYTES ? [`${bytes} bytes are more than the budget of ${BUDGET_BYTES}`] : []),
  ];
  let functions: string[] = [];
  try {
    functions = await registeredBy(staged, join(root, 'dist/worker-process.js'));
    if (functions.length === 0) problems.push('no function registers');
  } catch (error) {
    problems.push(`the functions do not register from it alone: ${messagesOf(error).join('; ')}`);
  }
  const isFit = problems.length === 0;
  if (json) {
    console.log(JSON.stringify({ ok: isFit, files, bytes, functions, packages, problems }));
    return isFit ? 0 : 1;
  }
  for (const file of files) console.log(`${file.bytes.toLocaleString('en').padStart(12)}  ${file.path}`);
  console.log(`${bytes.toLocaleString('en').padStart(12)}  bytes in ${files.length} files: ${relative(root, staged)}/`);
  console.log(`\nRegister from it alone: ${functions.join(', ')}`);
  const licences = countByLicence(packages).map(([licence, count]) => `${licence} ${count}`);
  console.log(`${packages.length} packages in the bundle: ${licences.join(', ')}`);
  for (const problem of problems) console.log(styleText('red', problem));
  console.log(
    isFit ? '\nFit to be published: func azure functionapp publish <app> --no-build' : '\nNot fit to be published.',
  );
  return isFit ? 0 : 1;
}

/** The packages in all that is published, each once. */
async function bundledIn(root: string): Promise<BundledPackage[]> {
  const lists = BUNDLES.map((file) => join(root, file.replace('dist/', 'dist/maps/') + '.packages.json'));
  const packages = (await Promise.all(lists.map((list) => readFile(list, 'utf8')))).flatMap(
    (text) => JSON.parse(text) as BundledPackage[],
  );
  return [...new Map(packages.map((one) => [`${one.name} ${one.version}`, one])).values()];
}

main(packageCommand.parse().opts<PackageOptions>()).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(messagesOf(error).join('\n'));
    process.exit(2);
  },
);
