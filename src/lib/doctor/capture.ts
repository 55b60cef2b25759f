import { type Config } from '../config/config';
import { connect } from '../capture/postgresql/connect';
import { type PostgresDatabase } from '../capture/postgresql/database';
import { readCandidates, withoutUpdates } from '../capture/postgresql/publication-tables';
import { type Source } from '../decode/event';
import { PipelineError } from '../errors';
import { failed, ok, warning, type Finding, type Trial } from './check';
import { databaseEndpoints } from './endpoints';
import { judgeReach } from './judge-network';
import { reach, resolveServers } from './reach';

/** Whether the databases that are captured can be reached, and whether the updates of PostgreSQL's published tables come. */
export function captureTrials({ capture }: Pick<Config, 'capture'>, connectMs: number): Trial[] {
  const databases: { source: Source; name: string; connectionString: { reveal(): string } }[] = [
    ...capture.postgresql.map((database) => ({ source: 'postgresql' as const, ...database })),
    ...capture.mongodb.map((database) => ({ source: 'mongodb' as const, ...database })),
  ];
  const reached: Trial[] = databases.map(({ source, name, connectionString }) => ({
    id: `capture-${source}-${name}`,
    title: `a connection to the database ${name}`,
    needs: ['settings'],

    onTimeout: 'Check the firewall between, and that the database listens',
    run: async (signal) => {
      const { srv, endpoints: named } = databaseEndpoints(`database ${name}`, connectionString.reveal());
      const servers = srv === null ? named : await resolveServers(srv);
      if ('code' in servers) {
        return failed(
          `no servers are named for ${srv ?? ''} (${servers.code})`,
          'Check the name in the mongodb+srv address',
        );
      }
      const endpoints = servers.map((server) => ({ what: `database ${name}`, tls: false, ...server }));
      if (endpoints.length === 0)
        return failed('the address names no server', 'Write it as scheme://user:password@host:port/database');
      const ends = AbortSignal.any([signal, AbortSignal.timeout(connectMs)]);
      const tried = endpoints.map(async (endpoint) => ({ endpoint, reached: await reach(endpoint, ends) }));
      return judgeReach(await Promise.all(tried), 'the firewall between, and the address that the database listens at');
    },
  }));
  return [...reached, ...capture.postgresql.map(updatesTrial)];
}

function updatesTrial(database: PostgresDatabase): Trial {
  const { name } = database;
  return {
    id: `capture-postgresql-${name}-updates`,
    title: `updates and deletes in the published tables of ${name}`,
    needs: [`capture-postgresql-${name}`],
    onTimeout: 'Check what the database is busy with',
    run: async () => {
      try {
        await using session = await connect(database, 'query');
        return updatesFinding(withoutUpdates(await readCandidates(session.client, database)));
      } catch (error) {
        if (!(error instanceof PipelineError)) throw error;
        return failed(`${error.code}, the tables cannot be read`, error.message);
      }
    },
  };
}

/** @param tables whose updates do not come, or are refused in the application */
export function updatesFinding(tables: ReturnType<typeof withoutUpdates>): Finding {
  if (tables.length === 0) return ok('those of all published tables are captured');
  const statements = tables.map(({ statement }) => statement).join(' ');
  const refused = tables.filter(({ isRefused }) => isRefused).map(({ table }) => table);
  const others = tables.filter(({ isRefused }) => !isRefused).map(({ table }) => table);
  const missing = others.length === 0 ? [] : [`no updates and deletes are captured of ${others.join(', ')}`];
  if (refused.length === 0) return warning(missing.join('; '), statements);
  const found = `PostgreSQL refuses the application's updates and deletes of ${refused.join(', ')}, which are published without a replica identity`;
  return failed([found, ...missing].join('; '), statements);
}
