import { type Config } from '../../config/config';
import { namespaceOf } from '../../hub/connect';
import { sameName, type RecordName } from './name';

/** What is ours: nothing outside it is ever deleted. */
export interface Scope {
  /** The one namespace that can be asked: fully qualified, without a port, as records name it. */
  readonly namespace: string;
  /** What the lake calls it, where that is another name. */
  readonly namespaceInLake?: string;
  readonly hubs: readonly string[];
  /** The group whose readers we are, in each of the hubs. */
  readonly consumerGroup: string;
}

/** Why a record is somebody else's. */
export type Foreign = 'other_namespace' | 'other_hub' | 'other_group';

/** What the lake calls the namespace: in ledgers, lines and ids. The host's records bear its host name, whatever the lake calls it. */
export const namespaceInLake = (config: Pick<Config, 'eventHubs' | 'namespaceName'>): string =>
  config.namespaceName ?? hostNameOf(config).toLowerCase();

type Named = Pick<Config, 'eventHubs'> & Partial<Pick<Config, 'namespaceName'>>;

const hostNameOf = ({ eventHubs }: Named): string => namespaceOf(eventHubs).replace(/:\d+$/, '');

export function ownScope(config: Named & Pick<Config, 'hubs' | 'consumerGroup'>): Scope {
  const { namespaceName = null, hubs, consumerGroup } = config;
  const scope = { namespace: hostNameOf(config), hubs: Object.values(hubs), consumerGroup };
  return namespaceName === null ? scope : { ...scope, namespaceInLake: namespaceName };
}

/** Whose hub a record is about, by name alone; null when it is one of ours. */
export function foreignHub(record: RecordName, scope: Scope): Foreign | null {
  if (!sameName(record.namespace, scope.namespace)) return 'other_namespace';
  return scope.hubs.some((hub) => sameName(hub, record.hub)) ? null : 'other_hub';
}
