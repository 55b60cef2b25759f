import { join } from 'node:path';
import { startMongo, type LocalMongo } from '../mongodb/mongodb';
import { startPostgres, type LocalPostgres } from '../postgres/postgres';
import { openAll } from '../storage/closing';

/** How the databases are to be. Ports: 0 is any free one. */
export interface DatabaseSettings {
  readonly postgresPort: number;
  readonly mongodbPort: number;
  /** Where they keep their data between runs; null for nothing that stays. */
  readonly folder: string | null;
}

/** The sources of changes on this machine: a real PostgreSQL, and what stands in for a MongoDB replica set. */
export interface Databases extends AsyncDisposable {
  readonly postgres: LocalPostgres;
  readonly mongodb: LocalMongo;
  readonly connectionStrings: DatabaseConnectionStrings;
}

/** The form in which `--json` prints them. */
export interface DatabaseConnectionStrings {
  readonly postgres: string;
  readonly mongodb: string;
}

/** @throws Error that names the port when one is in use */
export async function startDatabases({ postgresPort, mongodbPort, folder }: DatabaseSettings): Promise<Databases> {
  const { value, close } = await openAll(async (keep) => {
    const mongodb = keep(
      await startMongo({ port: mongodbPort, folder: folder === null ? null : join(folder, 'mongodb') }),
    );
    const postgres = await startPostgres({
      ...(postgresPort === 0 ? {} : { port: postgresPort }),
      ...(folder === null ? {} : { folder: join(folder, 'postgres') }),
    }).catch((error: unknown) => {
      if (!String(error).includes('Address already in use')) throw error;
      throw new Error(`127.0.0.1:${postgresPort} is in use: choose another port`, { cause: error });
    });
    keep({ close: () => postgres[Symbol.asyncDispose]() });
    return { postgres, mongodb };
  });
  const { postgres, mongodb } = value;
  return {
    ...value,
    connectionStrings: { postgres: postgres.connectionString, mongodb: mongodb.uri },
    [Symbol.asyncDispose]: close,
  };
}

/**
 * The settings by which the app captures these databases; none where the developer's own name others.
 *
 * @param env the developer's own settings
 */
export function captureSettings(
  env: NodeJS.ProcessEnv,
  { postgres, mongodb }: DatabaseConnectionStrings,
): NodeJS.ProcessEnv {
  if (['CAPTURE_POSTGRES', 'CAPTURE_MONGODB'].some((name) => (env[name] ?? '').trim() !== '')) return {};
  return {
    CAPTURE_POSTGRES: '[{"name":"local","connection":"LOCAL_POSTGRES","create":true}]',
    LOCAL_POSTGRES: postgres,
    CAPTURE_MONGODB: '[{"name":"local","connection":"LOCAL_MONGODB"}]',
    LOCAL_MONGODB: mongodb,
    // One need not wait five minutes for the first run.
    CAPTURE_SCHEDULE: '*/30 * * * * *',
    CAPTURE_RUN_SECONDS: '29',
  };
}
