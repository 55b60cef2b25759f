import { randomUUID } from 'node:crypto';
import { Argument } from 'commander';
import { captureAll, RunningCapture } from '../lib/capture/all';
import { continueFromSlot } from '../lib/capture/postgresql/continue';
import { formatLsn } from '../lib/capture/postgresql/lsn';
import { parseState, stateJson } from '../lib/capture/postgresql/state';
import { openProgress } from '../lib/capture/progress';
import { beginAtHistory, resetCapture } from '../lib/capture/reset';
import { type CaptureNews } from '../lib/capture/run';
import { type Config } from '../lib/config/config';
import { readConfig } from '../lib/config/read';
import { credentialFor } from '../lib/credential';
import { type Source } from '../lib/decode/event';
import { azureLake } from '../lib/lake/azure-lake';
import { openClients } from '../lib/lake/clients';
import { type Lake } from '../lib/ledger/port';
import { tellNews } from './capture-news';
import { main, newProgram, wholeNumber } from './exit';
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
  .option(
    '--continue-from-slot',
    'PostgreSQL: go on from where the slot stands, in the same history, without a snapshot',
  )
  .option('--history <number>', 'the number of the new history, where the lake has lost its markers', (text) =>
    Number(wholeNumber(1, 999_999_999)(text)),
  )
  .option('--json', 'what was done as one JSON object', false)
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

interface ResetOptions {
  readonly continueFromSlot?: true;
  readonly history?: number;
  readonly json: boolean;
}

async function reset(sourceName: SourceName, name: string, options: ResetOptions): Promise<void> {
  const { history, json } = options;
  const source = SOURCES[sourceName];
  const config = readConfig(process.env);
  chosenOf(config, source, [name]);
  const database = config.capture.postgresql.find((one) => source === 'postgresql' && one.name === name);
  const say = (fields: Readonly<Record<string, unknown>>, ...sentences: string[]): void =>
    console.log(json ? JSON.stringify({ source, name, ...fields }) : sentences.join('\n'));
  if (options.continueFromSlot === true) {
    if (database === undefined || history !== undefined)
      throw new Error('--continue-from-slot is for PostgreSQL, and begins no history: leave --history out.');
    const progress = await openProgress(await lakeNow(config), source, name, { parse: parseState, json: stateJson });
    const { fromLsn, toLsn } = await continueFromSlot(database, progress);
    const [from, to] = [formatLsn(fromLsn), formatLsn(toLsn)];
    const done = `Capture of ${name} goes on from ${to} with its next run, in history ${progress.history}. The record stood at ${from}.`;
    say({ history: progress.history, from, to }, done);
    return;
  }
  const lake = await lakeNow(config);
  const last = history === undefined ? null : await beginAtHistory(lake, source, name, history);
  if (last !== null) throw new Error(`History ${last} of ${name} was begun: a new one is ${last + 1} or later.`);
  const keptAs = await resetCapture(lake, source, name, randomUUID());
  const done =
    keptAs === null
      ? `Nothing is kept of ${name}: its next run begins anew as it is.`
      : `Capture of ${name} begins anew with its next run. What was kept is now ${keptAs}.`;
  const slot = database?.slot;
  const about =
    slot === undefined || keptAs === null
      ? []
      : [
          `Where the replication slot ${slot} is still there, the run goes on from where it stands; to have it made anew: ` +
            `SELECT pg_drop_replication_slot('${slot}');`,
        ];
  say({ keptAs }, done, ...about);
}

const lakeNow = async (config: Config): Promise<Lake> => (await lakeOf(config))(new AbortController().signal);

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
