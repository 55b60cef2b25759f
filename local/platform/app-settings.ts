import { type PlatformConnectionStrings } from './platform';

/** The settings of the app that name parts of the platform; what is not given has the app's default. */
export interface NamedParts {
  readonly hubs: readonly [postgres: string, mongo: string];
  readonly consumerGroup: string;
  readonly repairGroup: string;
}

const given = (env: NodeJS.ProcessEnv, name: string, otherwise: string): string => {
  const value = env[name]?.trim() ?? '';
  return value === '' ? otherwise : value;
};

/** The names that the platform must know, from the app's settings. */
export function namedParts(env: NodeJS.ProcessEnv): NamedParts {
  return {
    hubs: [
      given(env, 'POSTGRES_EVENTHUB_NAME', 'postgresql-changes'),
      given(env, 'MONGODB_EVENTHUB_NAME', 'mongodb-changes'),
    ],
    consumerGroup: given(env, 'EVENTHUB_CONSUMER_GROUP', 'lake'),
    repairGroup: given(env, 'EVENTHUB_REPAIR_CONSUMER_GROUP', 'lake-repair'),
  };
}

/** Either form of a connection: what is set of one must not stand beside the other. */
const CONNECTIONS = /^(EVENTHUB_CONNECTION_STRING|STORAGE_CONNECTION_STRING|AzureWebJobsStorage)(__.+)?$/;

/**
 * The environment of the app on the local platform: `env`, with every connection replaced by the platform's own.
 *
 * @param hostStorage where the host keeps its checkpoints
 */
export function appEnvironment(
  env: NodeJS.ProcessEnv,
  { eventHubs, storage }: PlatformConnectionStrings,
  fileSystem: string,
  hostStorage: string,
): NodeJS.ProcessEnv {
  const others = Object.entries(env).filter(([name]) => !CONNECTIONS.test(name));
  return {
    ...Object.fromEntries(others),
    EVENTHUB_CONNECTION_STRING: eventHubs,
    STORAGE_CONNECTION_STRING: storage,
    AzureWebJobsStorage: hostStorage,
    LAKE_FILESYSTEM: fileSystem,
  };
}
