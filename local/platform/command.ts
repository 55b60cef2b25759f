import { Command, InvalidArgumentError, Option } from 'commander';
import { DEFAULT_FOLDER } from './state-folder';

/** What `npm run local` and `npm start` are told on the command line. */
export interface PlatformOptions {
  readonly blobPort: number;
  readonly queuePort: number;
  readonly tablePort: number;
  readonly amqpPort: number;
  readonly healthPort: number;
  readonly postgresPort: number;
  readonly mongodbPort: number;
  readonly databases: boolean;
  readonly freePorts: boolean;
  readonly partitions: number;
  readonly hub: readonly string[];
  readonly fileSystem: string;
  readonly folder: string;
  readonly memory: boolean;
  readonly fresh: boolean;
  readonly latency: number;
  readonly json: boolean;
}

/** Parses a whole number from `least` to `most`. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
  };
}

export const port = wholeNumber(0, 65_535);

/** The options that both commands have; a port of 0 is any free one. */
export function platformCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--blob-port <port>', 'Blob and Data Lake APIs', port, 10_000)
    .option('--queue-port <port>', 'Queue API', port, 10_001)
    .option('--table-port <port>', 'Table API', port, 10_002)
    .option('--amqp-port <port>', 'Event Hubs', port, 5672)
    .option('--health-port <port>', 'health, and faults of Event Hubs', port, 5300)
    .option('--postgres-port <port>', 'PostgreSQL', port, 15_432)
    .option('--mongodb-port <port>', 'MongoDB', port, 37_017)
    .option('--no-databases', 'without PostgreSQL and MongoDB, and so without capture')
    .option('--free-ports', 'any free port for everything', false)
    .option('--partitions <n>', 'partitions of each hub that is made', wholeNumber(1, 32), 4)
    .addOption(
      new Option('--hub <name...>', 'more hubs than the two of the settings, made if they are not there').default(
        [],
        'none',
      ),
    )
    .option('--file-system <name>', "the lake's file system, made if it is not there", 'data')
    .option('--folder <path>', 'where state is kept between runs', DEFAULT_FOLDER)
    .option('--memory', 'keep nothing', false)
    .option('--fresh', 'forget the state of earlier runs first', false)
    .option('--latency <ms>', 'answer each storage request so much later', wholeNumber(0, 60_000), 0)
    .option('--json', 'print one JSON object with the connection strings when ready', false)
    .allowExcessArguments(false)
    .addHelpText('after', '\nA port of 0 is any free one. Everything listens on 127.0.0.1 alone; Ctrl-C ends it.');
}

/** The options with every port 0 where `--free-ports` asks for it. */
export function withFreePorts<T extends PlatformOptions>(options: T): T {
  if (!options.freePorts) return options;
  const none = { blobPort: 0, queuePort: 0, tablePort: 0, amqpPort: 0, healthPort: 0 };
  return { ...options, ...none, postgresPort: 0, mongodbPort: 0 };
}
