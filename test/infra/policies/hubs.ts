import { SETTINGS } from '../../../src/lib/config/settings';
import { appSettings, each, ofType, type Policy, sameSet } from '../plan';

const NAMESPACES = 'Microsoft.EventHub/namespaces';
const HUBS = `${NAMESPACES}/eventhubs`;

const HUB_NAMES = [SETTINGS.POSTGRES_EVENTHUB_NAME.default, SETTINGS.MONGODB_EVENTHUB_NAME.default];
const GROUPS = [SETTINGS.EVENTHUB_CONSUMER_GROUP.default, SETTINGS.EVENTHUB_REPAIR_CONSUMER_GROUP.default];

export const hubPolicies: Readonly<Record<string, Policy>> = {
  hubsTakeNoKeys: (plan) => each(plan, NAMESPACES, { 'properties.disableLocalAuth': true }),

  hubsSpeakTls: (plan) => each(plan, NAMESPACES, { 'properties.minimumTlsVersion': '1.2' }),

  hubsHaveNoPolicies: (plan) =>
    plan.resources
      .filter(({ type }) => /authorizationRules$/i.test(type))
      .map(({ name }) => `${name} is a shared access policy`),

  hubsAreThoseOfTheCode: (plan) =>
    sameSet(
      'hubs',
      ofType(plan, HUBS).map(({ name }) => name.split('/')[1] ?? ''),
      HUB_NAMES,
    ),

  groupsAreThoseOfTheCode: (plan) =>
    sameSet(
      'consumer groups',
      ofType(plan, `${HUBS}/consumergroups`).map(({ name }) => name.split('/').slice(1).join('/')),
      HUB_NAMES.flatMap((hub) => GROUPS.map((group) => `${hub}/${group}`)),
    ),

  hubsKeepEventsAsLongAsTheAppThinks: (plan) => {
    const days = Number(appSettings(plan)['EVENTHUB_RETENTION_DAYS']);
    return each(plan, HUBS, {
      'properties.retentionDescription.cleanupPolicy': 'Delete',
      'properties.retentionDescription.retentionTimeInHours': days * 24,
    });
  },
};
