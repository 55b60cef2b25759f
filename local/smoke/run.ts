import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { type Config } from '../../src/lib/config/config';
import { credentialFor } from '../../src/lib/credential';
import { type Source } from '../../src/lib/decode/event';
import { openClients } from '../../src/lib/lake/clients';
import { QUICK_PROFILE } from '../demo/app-profile';
import { CHECKPOINT_CONTAINER, untilIngested } from '../demo/ingested';
import { type Progress } from '../demo/progress';
import { sendAll } from '../demo/sender';
import { Tally } from '../demo/tally';
import { changeEvents } from '../events/events';
import { Fleet } from '../platform/fleet';
import { startStorage, type LocalStorage } from '../storage/storage';
import { judge, type Verdict } from '../verdict/judge';
import { readLake } from '../verdict/read-lake';
import { SentLog } from '../verdict/sent';
import { openEnds, type Ends } from './access';
import { type SmokeOptions } from './command';
import { openFileSystem, type LakeOfCheck } from './file-system';
import { prepareHubs, type HubFound } from './hubs';
import { Unfit } from './unfit';

/** Without an event landing for so long, the check is given up. */
const STALL_MS = 120_000;

/** What a check showed. */
export interface SmokeResult {
  readonly verdict: Verdict;
  readonly tally: Tally;
  readonly namespace: string;
  readonly account: string;
  readonly fileSystem: string;
  /** From the first event sent to the last one landed. */
  readonly flowMs: number;
}

/** What a check is made with. */
export interface SmokeSettings {
  readonly options: SmokeOptions;
  /** The settings as the app has them. */
  readonly env: NodeJS.ProcessEnv;
  readonly config: Config;
  readonly progress: Progress;
  /** Rejects at Ctrl-C. */
  readonly interrupted: Promise<never>;
}

/**
 * Sends to the hubs, runs the functions of this build against the namespace and the account, judges what they wrote, and takes
 * it away again. The host's own state (checkpoints, ownership) is kept on this machine: the account sees only the app's requests.
 *
 * @throws Unfit where it cannot be checked
 */
export async function runSmoke({ options, env, config, progress, interrupted }: SmokeSettings): Promise<SmokeResult> {
  const group = options.consumerGroup ?? config.consumerGroup;
  const hubs = { postgresql: options.postgresHub, mongodb: options.mongodbHub };
  const id = randomBytes(4).toString('hex');
  const plan = {
    name: options.fileSystem ?? `smoke-${id}`,
    isOwn: options.fileSystem === undefined,
    keep: options.keep,
  };
  mustBeApart(config, Object.values(hubs), plan.name);

  await using hostStorage = await startStorage({ port: 0, queuePort: null, tablePort: null });
  const checkpoints = await checkpointsOf(hostStorage);
  await using ends = await openEnds(config, hubs, group);
  const namespace = ends.postgresql.consumer.fullyQualifiedNamespace;
  await progress.step('Event Hubs', () => prepareHubs(ends, group, checkpoints), told.hubs(namespace));

  const clients = await openClients(config.storage, plan.name, credentialFor);
  await using lake = await progress.step('storage', () => openFileSystem(clients, plan), told.lake);

  const tally = new Tally();
  const start = (): Promise<Fleet> =>
    Fleet.start({
      script: path.join(__dirname, 'host-process.js'),
      app: path.resolve(__dirname, '..'),
      env: { ...env, ...QUICK_PROFILE, ...settingsOf(hubs, group, plan.name, hostStorage) },
      count: options.instances,
      httpPort: null,
      onEvent: (event) => tally.heard(event),
      onOutput: (line, instance) => progress.line(`  instance ${instance}: ${line}`),
    });
  await using fleet = await progress.step('functions', start, told.fleet);

  const sent = new SentLog(`${id}-`);
  const course = { ends, group, checkpoints, tally, sent };
  const flowMs = await Promise.race([flow(course, options, progress), interrupted]);
  await fleet.stop();
  progress.settle();
  // Others may use the hubs of the check, too: their events must be in order, but need not be known.
  const verdict = await judge(sent, readLake(clients.files), { foreignAllowed: true });
  return { verdict, tally, namespace, account: lake.account, fileSystem: lake.name, flowMs };
}

/** The check is not let near what the settings name: it would send to it, or delete it. */
function mustBeApart(config: Config, hubs: readonly string[], fileSystem: string): void {
  const taken = hubs.find((hub) => Object.values(config.hubs).some((name) => name.toLowerCase() === hub.toLowerCase()));
  const found = taken ?? (fileSystem === config.lake.fileSystem ? fileSystem : undefined);
  if (found === undefined) return;
  const cause = new Error('it is the one of the settings');
  throw new Unfit(`${found} is not for a check`, cause, 'Give one for the check alone.');
}

/** What the app is told beside the settings' connections. */
function settingsOf(
  hubs: Readonly<Record<Source, string>>,
  group: string,
  fileSystem: string,
  { connectionString }: LocalStorage,
): NodeJS.ProcessEnv {
  return {
    POSTGRES_EVENTHUB_NAME: hubs.postgresql,
    MONGODB_EVENTHUB_NAME: hubs.mongodb,
    EVENTHUB_CONSUMER_GROUP: group,
    LAKE_FILESYSTEM: fileSystem,
    AzureWebJobsStorage: connectionString,
  };
}

const told = {
  hubs: (namespace: string) => (found: readonly HubFound[]) =>
    `${namespace}: ${found.map(({ hub, partitions }) => `${hub} (${partitions} partitions)`).join(', ')}`,
  lake: ({ account, name }: LakeOfCheck) => `${account}: file system ${name}`,
  fleet: async (fleet: Fleet) => `${(await fleet.functions()).join(', ')} on ${fleet.count} instances`,
};

/** What the events of a check flow through. */
interface Course {
  readonly ends: Ends;
  readonly group: string;
  readonly checkpoints: Parameters<typeof untilIngested>[0]['checkpoints'];
  readonly tally: Tally;
  readonly sent: SentLog;
}

/** Sends, and waits until the functions have returned from all of it; resolves to the time that took. */
async function flow(
  { ends, group, checkpoints, tally, sent }: Course,
  { changes, seed }: SmokeOptions,
  progress: Progress,
): Promise<number> {
  const startedAt = performance.now();
  const number = (value: number): string => value.toLocaleString('en');
  let acknowledged = 0;
  const show = (): void =>
    progress.update(`${number(acknowledged)} of ${number(changes)} accepted, ${number(tally.written)} in the lake`);
  const onAcknowledged = (events: number): void => {
    acknowledged += events;
    show();
  };
  await sendAll([...changeEvents({ seed, count: changes })], { targets: ends, sent, onAcknowledged });
  const consumers = [ends.postgresql.consumer, ends.mongodb.consumer];
  await untilIngested({ hubs: consumers, group, checkpoints, onProgress: show, stallMs: STALL_MS });
  show();
  return performance.now() - startedAt;
}

async function checkpointsOf({ connectionString }: LocalStorage) {
  const container = BlobServiceClient.fromConnectionString(connectionString).getContainerClient(CHECKPOINT_CONTAINER);
  await container.createIfNotExists();
  return container;
}
