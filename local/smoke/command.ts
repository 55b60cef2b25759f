import { Command } from 'commander';
import { wholeNumber } from '../platform/command';

/** What `npm run smoke` is told. */
export interface SmokeOptions {
  readonly postgresHub: string;
  readonly mongodbHub: string;
  readonly consumerGroup?: string;
  readonly fileSystem?: string;
  readonly changes: number;
  readonly seed: number;
  readonly instances: number;
  readonly keep: boolean;
  readonly json: boolean;
}

export const DEFAULT_HUBS = { postgresql: 'smoke-postgresql-changes', mongodb: 'smoke-mongodb-changes' } as const;

export const smokeCommand = new Command('npm run smoke --')
  .description(
    'Checks the promises against the namespace and the storage account of the settings (environment, or local.settings.json): sends ' +
      'change events to two hubs of its own, runs the functions of this build on this machine, judges what they wrote to a file ' +
      'system of its own, and deletes that. Never touches the hubs and the lake of the settings.',
  )
  .option('--postgres-hub <name>', 'a hub for this check alone', DEFAULT_HUBS.postgresql)
  .option('--mongodb-hub <name>', 'another one', DEFAULT_HUBS.mongodb)
  .option('--consumer-group <name>', 'in both hubs; left out: what EVENTHUB_CONSUMER_GROUP says')
  .option('--file-system <name>', 'an empty file system to use and to empty again; left out: one is made and deleted')
  .option('--changes <n>', 'change events to send', wholeNumber(1, 1_000_000), 2_000)
  .option('--instances <n>', 'instances of the app, each a process', wholeNumber(1, 16), 2)
  .option('--seed <n>', 'which events', wholeNumber(0, 2 ** 31), 1)
  .option('--keep', 'leave the file system there, to be looked at', false)
  .option('--json', 'print one JSON object last; what people read goes to standard error', false)
  .allowExcessArguments(false)
  .addHelpText(
    'after',
    '\nExit status: 0 every promise held; 1 something is missing, doubled or altered; 2 it could not be checked, the message says why; 130 Ctrl-C.' +
      '\nNeeds the right to send to and to receive from both hubs, and to make a file system (or to write to the given one).',
  );
