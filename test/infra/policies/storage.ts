import { replacedCapturePath, replacedLedgerPath, stagingFolder, type Incarnate } from '../../../src/lib/ledger/names';
import { accounts, at, differing, each, ofType, type Plan, type Policy, sameSet } from '../plan';

const ACCOUNTS = 'Microsoft.Storage/storageAccounts';
const BLOBS = `${ACCOUNTS}/blobServices`;

/** The longest that a hub keeps events: what is younger may yet be needed. */
const LONGEST_RETENTION_DAYS = 90;

interface Rule {
  readonly enabled: boolean;
  readonly definition: { readonly filters: { readonly prefixMatch?: readonly string[] } };
}

const rulesOf = (plan: Plan): readonly { prefixes: readonly string[]; days: number; rule: Rule }[] =>
  ofType(plan, `${ACCOUNTS}/managementPolicies`).flatMap((policy) =>
    (at(policy, 'properties.policy.rules') as readonly Rule[]).map((rule) => ({
      prefixes: rule.definition.filters.prefixMatch ?? [''],
      days: Number(at(rule, 'definition.actions.baseBlob.delete.daysAfterModificationGreaterThan')),
      rule,
    })),
  );

const deletionOf = (plan: Plan, path: string): number | null =>
  rulesOf(plan).find(
    ({ prefixes, rule }) => rule.enabled && prefixes.some((prefix) => `data/${path}`.startsWith(prefix)),
  )?.days ?? null;

const someone: Incarnate = { namespace: 'n', hub: 'h', incarnation: 1, partition: '0' };

export const storagePolicies: Readonly<Record<string, Policy>> = {
  theLakeIsApartFromTheHost: (plan) => {
    const { lake, host } = accounts(plan);
    if (lake === undefined || host === undefined || ofType(plan, ACCOUNTS).length !== 2) {
      return ['there are not two accounts, one for the lake and one for the host'];
    }
    const hierarchical = at(host, 'properties.isHnsEnabled') === true ? ['the host has a hierarchical namespace'] : [];
    return [...differing(lake, { 'properties.isHnsEnabled': true, kind: 'StorageV2' }), ...hierarchical];
  },

  storageTakesNoKeys: (plan) =>
    each(plan, ACCOUNTS, {
      'properties.allowSharedKeyAccess': false,
      'properties.defaultToOAuthAuthentication': true,
      'properties.isLocalUserEnabled': false,
    }),

  storageIsNeverPublic: (plan) => [
    ...each(plan, ACCOUNTS, { 'properties.allowBlobPublicAccess': false }),
    ...each(plan, `${BLOBS}/containers`, { 'properties.publicAccess': 'None' }),
  ],

  storageSpeaksTls: (plan) =>
    each(plan, ACCOUNTS, { 'properties.minimumTlsVersion': 'TLS1_2', 'properties.supportsHttpsTrafficOnly': true }),

  storageIsNotReplicatedToOthers: (plan) => each(plan, ACCOUNTS, { 'properties.allowCrossTenantReplication': false }),

  deletedFilesCanBeBroughtBack: (plan) => [
    ...each(plan, BLOBS, {
      'properties.deleteRetentionPolicy.enabled': true,
      'properties.deleteRetentionPolicy.allowPermanentDelete': false,
      'properties.containerDeleteRetentionPolicy.enabled': true,
    }),
    ...ofType(plan, BLOBS).flatMap((service) =>
      ['deleteRetentionPolicy', 'containerDeleteRetentionPolicy']
        .filter((policy) => Number(at(service, `properties.${policy}.days`)) < 7)
        .map((policy) => `${service.name}: ${policy} is shorter than a week`),
    ),
  ],

  theLakeHasNoVersions: (plan) =>
    ofType(plan, BLOBS)
      .filter((service) => at(service, 'properties.isVersioningEnabled') === true)
      .map(
        ({ name }) => `${name} keeps versions: a hierarchical namespace has none, and the host would fill the account`,
      ),

  containersAreThere: (plan) => {
    const { lake, host } = accounts(plan);
    const wanted = [`${lake?.name ?? ''}/default/data`, `${host?.name ?? ''}/default/deployments`];
    const found = ofType(plan, `${BLOBS}/containers`).map(({ name }) => name);
    return sameSet('containers', found, wanted);
  },

  debrisGoesLate: (plan) => {
    const paths = [
      stagingFolder(someone),
      replacedLedgerPath(someone, 'id'),
      replacedCapturePath('postgresql', 'shop', 'id'),
      '_system/staging/optimise/postgresql/2026-11-22/0/',
    ];
    return paths.flatMap((path) => {
      const days = deletionOf(plan, path);
      if (days === null) return [`${path} is never deleted`];
      return days < LONGEST_RETENTION_DAYS ? [`${path} is deleted after ${days} days: it may still be needed`] : [];
    });
  },

  dataGoesOnlyWhenAsked: (plan) => {
    const { bronzeDays, quarantineDays } = plan.asks;
    const wanted = { 'bronze/a': bronzeDays, 'claims/a': bronzeDays, 'quarantine/a': quarantineDays };
    return Object.entries(wanted).flatMap(([path, days]) => {
      const found = deletionOf(plan, path);
      return found === days ? [] : [`${path} is deleted after ${found ?? 'no'} days, not ${days ?? 'never'}`];
    });
  },

  ledgersNeverGo: (plan) =>
    ['ledger', 'gaps', 'ledger-archive', 'optimise', 'complete', 'capture', 'replayed', 'maintenance'].flatMap(
      (folder) => (deletionOf(plan, `_system/${folder}/a`) === null ? [] : [`_system/${folder}/ is deleted by a rule`]),
    ),

  lifecycleIsTheLakesAlone: (plan) =>
    sameSet(
      'lifecycle rules',
      ofType(plan, `${ACCOUNTS}/managementPolicies`).map(({ name }) => name),
      [`${accounts(plan).lake?.name ?? ''}/default`],
    ),
};
