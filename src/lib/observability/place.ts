import { type Source } from '../decode/event';
import { type MaintenanceTask } from './measure';

/** Where a failure happened, as far as it is known. */
export type Place = Readonly<Partial<Record<'source' | 'hub' | 'partition', string>>> & {
  readonly task?: MaintenanceTask;
};

/** Where a batch comes from, as the trigger tells; whatever it tells, for the batch may have failed for just that. */
export function placeOf(source: Source, triggerMetadata: unknown): Place {
  const { partitionContext } = fields(triggerMetadata);
  const { eventHubName, partitionId } = fields(partitionContext);
  return {
    source,
    ...(isName(eventHubName) ? { hub: eventHubName.toLowerCase() } : {}),
    ...(isName(partitionId) ? { partition: partitionId } : {}),
  };
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** What Event Hubs allows as a name of a hub, which no dimension may go beyond. */
function isName(value: unknown): value is string {
  return typeof value === 'string' && /^[\w.-]{1,256}$/.test(value);
}
