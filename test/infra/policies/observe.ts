import { accounts, at, each, ofType, type Plan, type Policy } from '../plan';

const SETTINGS = 'Microsoft.Insights/diagnosticSettings';

/** The categories that are logged of the resource with `id`; null where nothing is. */
function logged(plan: Plan, id: string): readonly string[] | null {
  const found = ofType(plan, SETTINGS).find((setting) => setting.id.startsWith(`${id}/providers/`));
  if (found === undefined || at(found, 'properties.workspaceId') === undefined) return null;
  return (at(found, 'properties.logs') as readonly { category: string; enabled: boolean }[])
    .filter(({ enabled }) => enabled)
    .map(({ category }) => category);
}

function lacks(plan: Plan, id: string | undefined, wanted: readonly string[]): readonly string[] {
  const found = logged(plan, id ?? 'nothing') ?? [];
  return wanted.filter((category) => !found.includes(category)).map((category) => `${id ?? ''} logs no ${category}`);
}

export const observePolicies: Readonly<Record<string, Policy>> = {
  telemetryTakesNoKeys: (plan) => [
    ...each(plan, 'Microsoft.Insights/components', {
      'properties.DisableLocalAuth': true,
      'properties.IngestionMode': 'LogAnalytics',
      'properties.WorkspaceResourceId': ofType(plan, 'Microsoft.OperationalInsights/workspaces')[0]?.id,
    }),
    ...each(plan, 'Microsoft.OperationalInsights/workspaces', { 'properties.features.disableLocalAuth': true }),
  ],

  storageIsLogged: (plan) => {
    const { lake, host } = accounts(plan);
    const changes = ['StorageWrite', 'StorageDelete'];
    const lakeWanted = plan.name === 'dev' ? changes : ['StorageRead', ...changes];
    return [
      ...lacks(plan, `${lake?.id ?? ''}/blobServices/default`, lakeWanted),
      ...lacks(plan, `${host?.id ?? ''}/blobServices/default`, changes),
    ];
  },

  hubsAreLogged: (plan) => {
    const [namespace] = ofType(plan, 'Microsoft.EventHub/namespaces');
    const audit = at(namespace, 'sku.name') === 'Premium' ? ['RuntimeAuditLogs'] : [];
    return lacks(plan, namespace?.id, ['OperationalLogs', 'DiagnosticErrorLogs', ...audit]);
  },

  theVaultIsGuarded: (plan) => {
    const vaults = ofType(plan, 'Microsoft.KeyVault/vaults');
    const wanted = plan.asks.addresses.length > 0 ? 1 : 0;
    if (vaults.length !== wanted) return [`${vaults.length} vaults, not ${wanted}`];
    if (wanted === 0) return [];
    return [
      ...each(plan, 'Microsoft.KeyVault/vaults', {
        'properties.enableRbacAuthorization': true,
        'properties.enablePurgeProtection': true,
        'properties.enableSoftDelete': true,
      }),
      ...lacks(plan, vaults[0]?.id, ['AuditEvent']),
      ...ofType(plan, 'Microsoft.KeyVault/vaults/secrets').map(({ name }) => `${name} is written by the template`),
    ];
  },

  someoneIsTold: (plan) => each(plan, 'Microsoft.Insights/actionGroups', { 'properties.enabled': true }),
};
