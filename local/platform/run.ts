import { type PlatformOptions } from './command';
import { startDatabases, type Databases } from './databases';
import { type NamedParts } from './app-settings';
import { messagesOf } from './messages';
import { startPlatform, type Platform } from './platform';
import { openStateFolder } from './state-folder';

/**
 * Starts the platform as the command line says, with the hubs that the app's settings name.
 *
 * @param isReady what else must be up before the health answer is 200
 */
export async function openPlatform(
  options: PlatformOptions,
  parts: NamedParts,
  isReady: () => boolean = () => true,
): Promise<Platform> {
  const folder = options.memory ? null : options.folder;
  if (folder !== null) await openStateFolder(folder, options.fresh);
  const { blobPort, queuePort, tablePort, amqpPort, healthPort, fileSystem, partitions, latency } = options;
  return await startPlatform({
    ...{ blobPort, queuePort, tablePort, amqpPort, healthPort, fileSystem, partitions, folder },
    hubs: [...parts.hubs, ...options.hub],
    consumerGroup: parts.consumerGroup,
    repairGroup: parts.repairGroup,
    latencyMs: latency,
    isReady,
    log: console.error,
  });
}

/** The status page of functions that run at `http`. */
export const statusPageAt = (http: string): string => `${http}/api/status`;

/** Starts the databases as the command line says; null where it wants none. */
export async function openDatabases(options: PlatformOptions): Promise<Databases | null> {
  if (!options.databases) return null;
  const { postgresPort, mongodbPort, memory, folder } = options;
  return await startDatabases({ postgresPort, mongodbPort, folder: memory ? null : folder });
}

/** Answers 200 while the platform runs, and what runs on it; 503 before. */
export function healthOf({ eventHubs }: Platform): string {
  return `http://127.0.0.1:${String(eventHubs.healthPort)}/health`;
}

/** What is where, in a few words. */
export function addresses(platform: Platform, databases: Databases | null, options: PlatformOptions): string {
  const { storage, eventHubs } = platform;
  const sources =
    databases === null
      ? ''
      : `PostgreSQL at ${databases.connectionStrings.postgres}, MongoDB at ${databases.connectionStrings.mongodb}, `;
  const kept = options.memory ? 'nothing is kept' : `state in ${options.folder}`;
  return (
    `Event Hubs at amqp://127.0.0.1:${eventHubs.port} (health ${healthOf(platform)}), ` +
    `storage with the Data Lake API at ${storage.blobEndpoint} (queues ${String(storage.queuePort)}, tables ` +
    `${String(storage.tablePort)}), file system "${options.fileSystem}", ${sources}${kept}`
  );
}

const PORT_OPTIONS = {
  '--blob-port': 'blobPort',
  '--queue-port': 'queuePort',
  '--table-port': 'tablePort',
  '--amqp-port': 'amqpPort',
  '--health-port': 'healthPort',
  '--http-port': 'httpPort',
  '--postgres-port': 'postgresPort',
  '--mongodb-port': 'mongodbPort',
} as const;

/** The error's message; where a port is in use, with the option that changes it. */
export function explained(error: unknown, options: PlatformOptions & { readonly httpPort?: number }): string {
  const message = messagesOf(error).join('\n');
  const found = Object.entries(PORT_OPTIONS).find(
    ([, name]) => options[name] !== 0 && message.includes(`127.0.0.1:${String(options[name])} `),
  );
  if (found === undefined) return message;
  return `${message} with ${found[0]} <port>, or take any free ones with --free-ports.`;
}
