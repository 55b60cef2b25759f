import { type DataType } from './event-batch';
import { resolved } from './local-settings';
import { readRetryPolicy, type RetryPolicy } from './retry';
import { readRoute, type Route } from './route';
import { type FunctionMetadata } from './rpc';
import { isRecorded } from './schedule-status';
import { readSchedule, type Schedule } from './schedule';
import { triggerOf } from './worker';

/** What a registration asks of the host. */
export type FunctionPlan =
  | {
      readonly kind: 'eventHub';
      readonly name: string;
      /** The name of the setting with the connection. */
      readonly connection: string;
      readonly hub: string;
      readonly consumerGroup: string;
      readonly dataType: DataType;
      readonly policy: RetryPolicy;
    }
  | {
      readonly kind: 'timer';
      readonly name: string;
      readonly schedule: Schedule;
      readonly runOnStartup: boolean;
      /** Whether a schedule status is kept. */
      readonly isRecorded: boolean;
      readonly policy: RetryPolicy;
    }
  | { readonly kind: 'http'; readonly name: string; readonly route: Route; readonly isKeyed: boolean };

export type PlanOf<K extends FunctionPlan['kind']> = Extract<FunctionPlan, { kind: K }>;

/**
 * Reads a registration as the host does: `%SETTING%` in a binding is replaced by the setting.
 *
 * @throws Error that names the function and what it asks for in vain
 */
export function planOf(metadata: FunctionMetadata, env: NodeJS.ProcessEnv, now: number): FunctionPlan {
  const { name } = metadata;
  const { binding } = triggerOf(metadata);
  const text = (property: string): string | undefined => {
    const value = binding[property];
    return typeof value === 'string' && value !== '' ? resolved(value, env, `${property} of ${name}`) : undefined;
  };
  const required = (property: string): string => {
    const value = text(property);
    if (value === undefined) throw new Error(`The trigger of ${name} has no ${property}.`);
    return value;
  };
  const type = String(binding['type']);
  switch (type.toLowerCase()) {
    case 'eventhubtrigger':
      if (binding['cardinality'] !== 'many') throw new Error(`${name}: this host serves cardinality "many" alone.`);
      return {
        kind: 'eventHub',
        name,
        connection: required('connection'),
        hub: required('eventHubName'),
        consumerGroup: text('consumerGroup') ?? '$Default',
        dataType: dataTypeOf(binding['dataType'], name),
        policy: readRetryPolicy(name, metadata.retryOptions),
      };
    case 'timertrigger': {
      const schedule = readSchedule(required('schedule'), name);
      return {
        kind: 'timer',
        name,
        schedule,
        runOnStartup: binding['runOnStartup'] === true,
        isRecorded: binding['useMonitor'] !== false && isRecorded(schedule, now),
        policy: readRetryPolicy(name, metadata.retryOptions),
      };
    }
    case 'httptrigger': {
      const methods = Array.isArray(binding['methods']) ? binding['methods'].map(String) : [];
      const isKeyed = ['function', 'admin'].includes(String(binding['authLevel']).toLowerCase());
      return { kind: 'http', name, route: readRoute(text('route') ?? name, methods), isKeyed };
    }
    default:
      throw new Error(`${name} has a ${type}: this host serves Event Hubs, timer and HTTP triggers.`);
  }
}

function dataTypeOf(value: unknown, name: string): DataType {
  if (value === undefined || value === null || value === '') return 'undefined';
  if (value === 'binary' || value === 'string') return value;
  throw new Error(`${name}: dataType is ${JSON.stringify(value)}; expected binary or string.`);
}
