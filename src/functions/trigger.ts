import { type FunctionTrigger, type RetryOptions } from '@azure/functions';
import { SETTINGS, type SettingName } from '../lib/config/settings';

type NameSetting = 'POSTGRES_EVENTHUB_NAME' | 'MONGODB_EVENTHUB_NAME' | 'EVENTHUB_CONSUMER_GROUP';
type ScheduleSetting = 'CAPTURE_SCHEDULE' | 'MAINTENANCE_WEEKLY_SCHEDULE' | 'MAINTENANCE_DAILY_SCHEDULE';

/**
 * The trigger of one hub: whole batches, every byte as sent. `dataType` is in no type of `app.eventHub`, hence an explicit
 * trigger: without it the host parses bodies and rounds 64-bit integers on the way.
 *
 * @param env the environment in which the host resolves `%SETTING%`
 */
export function changeTrigger(hub: NameSetting, env: NodeJS.ProcessEnv): FunctionTrigger {
  return {
    type: 'eventHubTrigger',
    name: 'events',
    dataType: 'binary',
    cardinality: 'many',
    connection: 'EVENTHUB_CONNECTION_STRING',
    eventHubName: expression(hub, env),
    consumerGroup: expression('EVENTHUB_CONSUMER_GROUP', env),
  };
}

/** When a timer runs, as the host resolves it. */
export const scheduleOf = (setting: ScheduleSetting, env: NodeJS.ProcessEnv): string => expression(setting, env);

/** Whether a setting is given: what it turns on is registered only then. */
export const isGiven = (setting: SettingName, env: NodeJS.ProcessEnv): boolean => (env[setting] ?? '').trim() !== '';

/** The host resolves `%SETTING%` from settings alone and knows no defaults: one not given is named by its default. */
function expression(setting: NameSetting | ScheduleSetting, env: NodeJS.ProcessEnv): string {
  return isGiven(setting, env) ? `%${setting}%` : SETTINGS[setting].default;
}

/**
 * The same batch again until it succeeds. Without a policy the host checkpoints past a batch whose handler throws; with a
 * count it does so once the count is reached. It waits in this process and holds up this partition alone.
 */
export const retryForEver: RetryOptions = {
  strategy: 'exponentialBackoff',
  maxRetryCount: -1,
  // The host takes whole seconds.
  minimumInterval: { seconds: 2 },
  maximumInterval: { minutes: 2 },
};
