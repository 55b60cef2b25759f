import { type Config } from '../../config/config';
import { namespaceOf } from '../../hub/connect';
import { sameName, type RecordName } from './name';

/** What is ours: nothing outside it is ever deleted. */
export interface Scope {
  /** The one namespace that can be asked: fully qualified, without a port, as records name it. */
  readonly namespace: string;
  readonly hubs: readonly string[];
  /** The group whose readers we are, in each of the hubs. */
  readonly consumerGroup: string;
}

/** Why a record is somebody else's. */
export type Foreign = 'other_namespace' | 'other_hub' | 'other_group';

export function ownScope({
  eventHubs,
  hubs,
  consumerGroup,
}: Pick<Config, 'eventHubs' | 'hubs' | 'consumerGroup'>): Scope {
  const namespace = namespaceOf(eventHubs).replace(/:\d+$/, '');
  return { namespace, hubs: Object.values(hubs), consumerGroup };
}

/** Whose hub a record is about, by name alone; null when it is one of ours. */
export function foreignHub(record: RecordName, scope: Scope): Foreign | null {
  if (!sameName(record.namespace, scope.namespace)) return 'other_namespace';
  return scope.hubs.some((hub) => sameName(hub, record.hub)) ? null : 'other_hub';
}
