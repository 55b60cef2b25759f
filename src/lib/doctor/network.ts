import { type Config } from '../config/config';
import { type Trial } from './check';
import { namespaceEndpoint, storageEndpoints, type Endpoint } from './endpoints';
import { judgeNames, judgeReach } from './judge-network';
import { reach, resolveName } from './reach';

/** Whether the names of the namespace and of the lake's account resolve, and whether connections open there. */
export function networkTrials(
  { eventHubs, storage }: Pick<Config, 'eventHubs' | 'storage'>,
  connectMs: number,
): Trial[] {
  const lake = distinct(storageEndpoints(storage));
  return [
    namesTrial('dns-event-hubs', 'the name of the Event Hubs namespace', [namespaceEndpoint(eventHubs)], HUBS),
    namesTrial('dns-storage', "the names of the lake's account", lake, LAKE),
    reachTrial(
      'reach-event-hubs',
      'a connection to Event Hubs',
      [namespaceEndpoint(eventHubs)],
      'dns-event-hubs',
      HUBS,
      connectMs,
    ),
    reachTrial('reach-storage', "connections to the lake's account", lake, 'dns-storage', LAKE, connectMs),
  ];
}

const HUBS = 'EVENTHUB_CONNECTION_STRING';
const LAKE = 'STORAGE_CONNECTION_STRING';

function namesTrial(id: string, title: string, endpoints: readonly Endpoint[], setting: string): Trial {
  return {
    ...{ id, title, needs: ['settings'] },
    onTimeout: 'The name service does not answer: check the DNS servers of this network',
    run: async () => {
      const names = endpoints.map(async (endpoint) => ({ endpoint, resolved: await resolveName(endpoint.host) }));
      return judgeNames(await Promise.all(names), setting);
    },
  };
}

function reachTrial(
  id: string,
  title: string,
  endpoints: readonly Endpoint[],
  needed: string,
  setting: string,
  connectMs: number,
): Trial {
  const allow = `the firewall between, the service's own network rules, and ${setting}, which names it`;
  return {
    ...{ id, title, needs: [needed] },
    onTimeout: `Check ${allow}`,
    run: async (signal) => {
      const ends = AbortSignal.any([signal, AbortSignal.timeout(connectMs)]);
      const tried = endpoints.map(async (endpoint) => ({ endpoint, reached: await reach(endpoint, ends) }));
      return judgeReach(await Promise.all(tried), allow);
    },
  };
}

/** Both faces of an emulator are at one place. */
const distinct = (endpoints: readonly Endpoint[]): Endpoint[] =>
  endpoints.filter(
    ({ host, port }, index) => endpoints.findIndex((each) => each.host === host && each.port === port) === index,
  );
