import { accounts, at, each, ofType, type Plan, type Policy, sameSet } from '../plan';

const REACHABLE = ['Microsoft.Storage/storageAccounts', 'Microsoft.EventHub/namespaces', 'Microsoft.KeyVault/vaults'];
const ZONES: Readonly<Record<string, string>> = {
  ...{ blob: 'privatelink.blob.', dfs: 'privatelink.dfs.', queue: 'privatelink.queue.', table: 'privatelink.table.' },
  ...{ namespace: 'privatelink.servicebus.windows.net', vault: 'privatelink.vaultcore.azure.net' },
};

/** Each `service of resource` that the app reaches. */
function wantedEndpoints(plan: Plan): readonly string[] {
  const { lake, host } = accounts(plan);
  const [namespace] = ofType(plan, 'Microsoft.EventHub/namespaces');
  return [
    ...['blob', 'dfs'].map((group) => `${group} of ${lake?.id ?? ''}`),
    ...['blob', 'queue', 'table'].map((group) => `${group} of ${host?.id ?? ''}`),
    `namespace of ${namespace?.id ?? ''}`,
    ...ofType(plan, 'Microsoft.KeyVault/vaults').map(({ id }) => `vault of ${id}`),
  ];
}

export const networkPolicies: Readonly<Record<string, Policy>> = {
  whatIsPrivateIsClosed: (plan) => {
    const { privateNetwork } = plan.asks;
    const wanted = privateNetwork ? 'Disabled' : 'Enabled';
    const rules = { 'properties.networkAcls.defaultAction': privateNetwork ? 'Deny' : 'Allow' };
    return [
      ...REACHABLE.filter((type) => ofType(plan, type).length > 0).flatMap((type) =>
        each(plan, type, { 'properties.publicNetworkAccess': wanted }),
      ),
      ...each(plan, 'Microsoft.Storage/storageAccounts', rules),
      ...(ofType(plan, 'Microsoft.KeyVault/vaults').length > 0 ? each(plan, 'Microsoft.KeyVault/vaults', rules) : []),
      ...each(plan, 'Microsoft.EventHub/namespaces/networkRuleSets', {
        'properties.publicNetworkAccess': wanted,
        'properties.defaultAction': privateNetwork ? 'Deny' : 'Allow',
        'properties.ipRules': [],
        'properties.virtualNetworkRules': [],
        'properties.trustedServiceAccessEnabled': false,
      }),
    ];
  },

  whatIsPrivateIsReached: (plan) => {
    const endpoints = ofType(plan, 'Microsoft.Network/privateEndpoints').flatMap((endpoint) =>
      (at(endpoint, 'properties.privateLinkServiceConnections') as readonly unknown[]).map(
        (link) =>
          `${String(at(link, 'properties.groupIds.0'))} of ${String(at(link, 'properties.privateLinkServiceId'))}`,
      ),
    );
    return sameSet('private endpoints', endpoints, plan.asks.privateNetwork ? wantedEndpoints(plan) : []);
  },

  endpointsHaveNames: (plan) => {
    const groups = ofType(plan, 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups');
    const count = ofType(plan, 'Microsoft.Network/privateEndpoints').length;
    const zones = ofType(plan, 'Microsoft.Network/privateDnsZones').length;
    const links = ofType(plan, 'Microsoft.Network/privateDnsZones/virtualNetworkLinks').length;
    return [
      ...(groups.length === count ? [] : [`${count} endpoints, ${groups.length} entries in zones`]),
      ...(zones === links ? [] : [`${zones} zones, ${links} links to the network`]),
      ...groups.flatMap((group) => {
        const kind = String(at(group, 'properties.privateDnsZoneConfigs.0.name'));
        const zone = String(at(group, 'properties.privateDnsZoneConfigs.0.properties.privateDnsZoneId'));
        return zone.includes(ZONES[kind] ?? 'no such kind') ? [] : [`${group.name}: ${kind} has its entry in ${zone}`];
      }),
    ];
  },

  theAppIsInTheNetwork: (plan) => {
    const subnet = at(ofType(plan, 'Microsoft.Web/sites')[0], 'properties.virtualNetworkSubnetId') ?? null;
    const [network] = ofType(plan, 'Microsoft.Network/virtualNetworks');
    if (!plan.asks.privateNetwork)
      return subnet === null && network === undefined ? [] : ['there is a network unasked'];
    const subnets = (at(network, 'properties.subnets') ?? []) as readonly unknown[];
    const app = subnets.find((each) => at(each, 'name') === 'app');
    const delegation = at(app, 'properties.delegations.0.properties.serviceName');
    return [
      ...(subnet === `${network?.id ?? ''}/subnets/app` ? [] : ['the app is in another subnet']),
      ...(delegation === 'Microsoft.App/environments' ? [] : [`its subnet is delegated to ${String(delegation)}`]),
      ...subnets.flatMap((each) =>
        at(each, 'properties.networkSecurityGroup.id') === undefined ? ['a subnet has no security group'] : [],
      ),
    ];
  },
};
