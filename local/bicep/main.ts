import { resolve } from 'node:path';
import { Command } from 'commander';
import { messagesOf } from '../platform/messages';
import { compile } from './compile';
import { fetchCompiler, findCompiler } from './compiler';
import { LOCK, readLock, readOutputs, readSources, writeFiles } from './files';
import { lockOf, staleness } from './lock';

/** `npm run infra`: compiles infra/ and works out what each file of parameters would deploy. */

const command = new Command('npm run infra --')
  .description(
    'Compiles infra/main.bicep to infra/main.json, lints it, and works out what each file of parameters would deploy ' +
      '(infra/snapshots/). Fetches the Bicep compiler through the .NET SDK where it is not there yet.',
  )
  .option('--check', 'write nothing; say whether what is there is what the sources compile to', false)
  .addHelpText(
    'after',
    '\nExit status: 0 compiled, or up to date; 1 the compiler complains, or what is there is stale; 2 it could not be done.',
  );

async function main({ check }: { readonly check: boolean }): Promise<number> {
  const root = resolve(__dirname, '..');
  const program = (await findCompiler(process.env)) ?? (await fetchCompiler(process.env));
  const sources = await readSources(root);
  const { outputs, complaints } = await compile(program, sources);
  for (const complaint of complaints) console.error(complaint);
  if (complaints.length > 0) return 1;

  if (check) {
    const lock = await readLock(root);
    const stale = lock === null ? [`there is no ${LOCK}`] : staleness(lock, sources, await readOutputs(root));
    const other = lock === null ? [] : staleness(lock, sources, outputs).filter((line) => !stale.includes(line));
    for (const line of [...stale, ...other]) console.error(line);
    console.log(stale.length + other.length === 0 ? 'Up to date.' : 'Stale: npm run infra');
    return stale.length + other.length === 0 ? 0 : 1;
  }
  const lock = `${JSON.stringify(lockOf(sources, outputs), null, 2)}\n`;
  await writeFiles(root, { ...outputs, [LOCK]: lock });
  for (const path of [...Object.keys(outputs), LOCK]) console.log(path);
  return 0;
}

main(command.parse().opts<{ check: boolean }>()).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(messagesOf(error).join('\n'));
    process.exit(2);
  },
);
