import { randomUUID } from 'node:crypto';
import { Argument } from 'commander';
import { captureAll, RunningCapture } from '../lib/capture/all';
import { resetCapture } from '../lib/capture/reset';
import { type CaptureNews } from '../lib/capture/run';
import { type Config } from '../lib/config/config';
import { readConfig } from '../lib/config/read';
import { credentialFor } from '../lib/credential';
import { type Source } from '../lib/decode/event';
import { azureLake } from '../lib/lake/azure-lake';
import { openClients } from '../lib/lake/clients';
import { type Lake } from '../lib/ledger/port';
import { tellNews } from './capture-news';
import { main, newProgram } from './exit';
import { askHub } from './lake/hubs';

/** `npm run capture`: the same capture as the timer functions', as a process that goes on until it is told to stop. */

const SOURCES = { postgres: 'postgresql', mongodb: 'mongodb' } as const satisfies Record<string, Source>;
type SourceName = keyof typeof SOURCES;

/** At Ctrl-C what was read is sent and kept; then, or after so long, it ends. */
const GRACE_MS = 8_000;

export const program = newProgram(
  'npm run capture --',
  'Captures changes from the databases of CAPTURE_POSTGRES and CAPTURE_MONGODB into Event Hubs, until Ctrl-C. The settings are the app’s ' +
    'own, from the environment; docs/capture.md explains each, and what a database needs.',
).addHelpText(
  'after',
  '\nOne process, or the timer functions of the app: not both. Where both run, one of them stops and says so, and nothing is lost.',
);

for (const [command, source] of Object.entries(SOURCES)) {
  const databases = source === 'postgresql' ? 'PostgreSQL' : 'MongoDB';
  program
    .command(command)
    .description(`capture from ${databases}`)
    .argument('[names...]', 'which databases, by their names in the settings; all when left out')
    .option('--json', 'one JSON object a line, to be collected', false)
    .action((names: string[], { json }: { json: boolean }) => capture(source, names, json));
}

program
  .command('reset')
  .description('forget how far capture has come with a database: it begins anew, with a snapshot')
  .addArgument(new Argument('<source>').choices(Object.keys(SOURCES)))
  .argument('<name>', 'its name in the settings')
  .action(reset);

async function capture(source: Source, names: readonly string[], json: boolean): Promise<void> {
  const config = readConfig(process.env);
  const chosen = chosenOf(config, source, names);
  const lakeWithin = await lakeOf(config);
  // What is wrong at the start does not pass by itself: it ends the command, where later failures are waited out.
  await lakeWithin(new AbortController().signal).list('_system/capture')[Symbol.asyncIterator]().next();
  await askHub(config, source);
  const running = new RunningCapture(Infinity, Infinity);
  const stop = (): void => void running.stopSoon(GRACE_MS);
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const tell = (news: CaptureNews): void => tellNews(news, json);
  if (!json) console.error(`Capturing ${chosen.join(', ')} into ${config.hubs[source]}. Ctrl-C ends it.`);
  try {
    await captureAll(source, { config, lakeWithin, now: Date.now, tell }, running.until, chosen);
  } finally {
    running.end();
  }
}

async function reset(sourceName: SourceName, name: string): Promise<void> {
  const source = SOURCES[sourceName];
  const config = readConfig(process.env);
  const [database] = chosenOf(config, source, [name]);
  const lake = (await lakeOf(config))(new AbortController().signal);
  const aside = await resetCapture(lake, source, database ?? name, randomUUID());
  if (aside === null) {
    console.log(`Nothing is kept of ${name}: it begins anew as it is.`);
    return;
  }
  const slot = config.capture.postgresql.find((one) => source === 'postgresql' && one.name === name)?.slot;
  console.log(`Capture of ${name} begins anew with its next run. What was kept is now ${aside}.`);
  if (slot !== undefined) {
    console.log(
      `Where the replication slot ${slot} is still there, the run goes on from where it stands; to have it made anew: ` +
        `SELECT pg_drop_replication_slot('${slot}');`,
    );
  }
}

function chosenOf(config: Config, source: Source, names: readonly string[]): readonly string[] {
  const known = config.capture[source].map(({ name }) => name);
  const setting = source === 'postgresql' ? 'CAPTURE_POSTGRES' : 'CAPTURE_MONGODB';
  if (known.length === 0) throw new Error(`${setting} names no database: there is nothing to capture.`);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`${setting} names ${known.join(', ')}, not ${unknown.join(', ')}.`);
  return names.length === 0 ? known : names;
}

async function lakeOf(config: Config): Promise<(signal: AbortSignal) => Lake> {
  const clients = await openClients(config.storage, config.lake.fileSystem, credentialFor);
  return (signal) => azureLake(clients, config.requestMs, signal);
}

if (require.main === module) void main(program);
