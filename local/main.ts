import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { DataLakeServiceClient } from '@azure/storage-file-datalake';
import { Command, InvalidArgumentError } from 'commander';
import { delay, startFaultProxy } from './storage/faults';
import { startStorage, type LocalStorage } from './storage/storage';

/**
 * `npm run local`: the storage side of the platform on this machine, until Ctrl-C. What `func start`, Storage Explorer and
 * the SDKs find at Azurite's ports, with the Data Lake API that Azurite lacks.
 */

interface Options {
  readonly blobPort: number;
  readonly queuePort: number;
  readonly tablePort: number;
  readonly fileSystem: string;
  readonly folder: string;
  readonly memory: boolean;
  readonly fresh: boolean;
  readonly latency: number;
  readonly json: boolean;
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) throw new InvalidArgumentError('Expected 0 to 65535.');
  return value;
}

function milliseconds(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 60_000)) throw new InvalidArgumentError('Expected 0 to 60000.');
  return value;
}

const command = new Command('npm run local --')
  .description('Starts a storage account on 127.0.0.1: Azurite, and the Data Lake API in front of it.')
  .option('--blob-port <port>', 'Blob and Data Lake APIs; 0 for any free port', port, 10_000)
  .option('--queue-port <port>', 'Queue API', port, 10_001)
  .option('--table-port <port>', 'Table API', port, 10_002)
  .option('--file-system <name>', "the lake's file system, made if it is not there", 'data')
  .option('--folder <path>', 'where state is kept between runs', '.platform/storage')
  .option('--memory', 'keep nothing', false)
  .option('--fresh', 'forget the state of earlier runs first', false)
  .option('--latency <ms>', 'answer each request so much later, as a network would', milliseconds, 0)
  .option('--json', 'print one JSON object with the connection string when ready', false)
  .allowExcessArguments(false);

/** Makes the lake's file system; one that is there is the same to us. */
async function makeFileSystem(storage: LocalStorage, name: string): Promise<void> {
  await DataLakeServiceClient.fromConnectionString(storage.connectionString)
    .getFileSystemClient(name)
    .createIfNotExists();
}

async function main(): Promise<void> {
  const options = command.parse().opts<Options>();
  const folder = options.memory ? null : options.folder;
  if (options.fresh && folder !== null) await rm(folder, { recursive: true, force: true });
  const { blobPort, queuePort, tablePort } = options;
  await using storage = await startStorage({ port: blobPort, queuePort, tablePort, folder, log: console.error });
  await makeFileSystem(storage, options.fileSystem);
  await using far = options.latency > 0 ? await startFaultProxy({ host: '127.0.0.1', port: storage.port }) : null;
  far?.add({ operation: 'any', times: Infinity, action: delay(options.latency) });
  if (options.json) {
    const { connectionString } = storage;
    console.log(JSON.stringify({ storage: far === null ? connectionString : far.through(connectionString) }));
  } else {
    const kept = folder === null ? 'nothing is kept' : `kept in ${folder}`;
    console.log(
      `Ready: storage with the Data Lake API at ${storage.blobEndpoint} (queues ${storage.queuePort}, tables ` +
        `${storage.tablePort}), file system "${options.fileSystem}", ${kept}. Ctrl-C ends it.`,
    );
  }
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  console.error(`${message}\nAnother port: --blob-port, --queue-port or --table-port (npm run local -- --help).`);
  process.exitCode = 1;
});
