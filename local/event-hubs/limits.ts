/** How a hub is made. */
export interface HubConfig {
  readonly name: string;
  readonly partitionCount: number;
  /** `$Default` is there whether named or not. */
  readonly consumerGroups: readonly string[];
  readonly retentionMs: number;
}

/** Of an event and of a batch, as the service's Standard and the emulator have it. */
export const MAX_MESSAGE_BYTES = 1_048_576;

/** The emulator's. */
const MAX_HUBS = 10;
const MAX_PARTITIONS = 32;
const MAX_CONSUMER_GROUPS = 20;

export const DEFAULT_GROUP = '$Default';

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,254}[A-Za-z0-9])?$/;

/**
 * Checks a hub that is to be made beside `present` others, and completes it with the consumer group that each hub has.
 *
 * @throws Error that names the hub, what was found and what is expected
 */
export function checkedHub(config: HubConfig, present: number): HubConfig {
  const { name, partitionCount, retentionMs } = config;
  const fail = (found: string, expected: string): never => {
    throw new Error(`hub ${name}: found ${found}; expected ${expected}`);
  };
  if (!NAME.test(name)) fail('that name', 'letters, digits, dots, hyphens and underscores, 256 at most');
  if (present >= MAX_HUBS) fail(`${present} other hubs`, `${MAX_HUBS} at most in all`);
  if (!Number.isInteger(partitionCount) || partitionCount < 1 || partitionCount > MAX_PARTITIONS)
    fail(`${partitionCount} partitions`, `1 to ${MAX_PARTITIONS}`);
  if (!(retentionMs > 0)) fail(`a retention of ${retentionMs} ms`, 'more than 0');
  const consumerGroups = [DEFAULT_GROUP, ...config.consumerGroups.filter((group) => !same(group, DEFAULT_GROUP))];
  for (const group of consumerGroups.slice(1))
    if (!NAME.test(group)) fail(`consumer group ${group}`, 'a name as for a hub');
  if (new Set(consumerGroups.map((group) => group.toLowerCase())).size < consumerGroups.length)
    fail('one consumer group twice', 'different names, whatever their case');
  if (consumerGroups.length - 1 > MAX_CONSUMER_GROUPS)
    fail(`${consumerGroups.length - 1} consumer groups`, `${MAX_CONSUMER_GROUPS} at most beside ${DEFAULT_GROUP}`);
  return { name, partitionCount, consumerGroups, retentionMs };
}

export const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
