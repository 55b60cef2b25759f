import { type Config } from '../config/config';
import { type Source } from '../decode/event';
import { failed, type Trial } from './check';
import { databaseEndpoints } from './endpoints';
import { judgeReach } from './judge-network';
import { reach, resolveServers } from './reach';

/** Whether the databases that are captured can be reached: connections alone, nobody signs in. */
export function captureTrials({ capture }: Pick<Config, 'capture'>, connectMs: number): Trial[] {
  const databases: { source: Source; name: string; connectionString: { reveal(): string } }[] = [
    ...capture.postgresql.map((database) => ({ source: 'postgresql' as const, ...database })),
    ...capture.mongodb.map((database) => ({ source: 'mongodb' as const, ...database })),
  ];
  return databases.map(({ source, name, connectionString }) => ({
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
}
