import { accounts, at, ofType, type Plan, type Policy, sameSet } from '../plan';

const ASSIGNMENTS = 'Microsoft.Authorization/roleAssignments';
const ROLES = {
  receiver: 'a638d3c7-ab3a-418d-83e6-5f17a39d4fde',
  sender: '2b629674-e913-4c01-ae53-ef4638d8f975',
  blobContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
  blobOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
  queueContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88',
  tableContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3',
  metricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb',
  secretsUser: '4633458b-17de-408a-b874-0445c86b69e6',
} as const;

const idOf = (plan: Plan, type: string, matches: (name: string) => boolean): string =>
  ofType(plan, type).find(({ name }) => matches(name))?.id ?? `no ${type}`;

/** Each `role at scope` that the app has, and no other. */
function wantedRoles(plan: Plan): readonly string[] {
  const { host } = accounts(plan);
  const hub = (source: string): string =>
    idOf(plan, 'Microsoft.EventHub/namespaces/eventhubs', (name) => name.endsWith(`/${source}-changes`));
  const file = idOf(plan, 'Microsoft.Storage/storageAccounts/blobServices/containers', (name) =>
    name.endsWith('/data'),
  );
  const hostId = host?.id ?? 'no host';
  const vaults = ofType(plan, 'Microsoft.KeyVault/vaults');
  return [
    `${ROLES.receiver} at ${hub('postgresql')}`,
    `${ROLES.receiver} at ${hub('mongodb')}`,
    ...plan.asks.sends.map((source) => `${ROLES.sender} at ${hub(source)}`),
    `${ROLES.blobContributor} at ${file}`,
    `${ROLES.blobOwner} at ${hostId}`,
    `${ROLES.queueContributor} at ${hostId}`,
    `${ROLES.tableContributor} at ${hostId}`,
    `${ROLES.metricsPublisher} at ${idOf(plan, 'Microsoft.Insights/components', () => true)}`,
    ...vaults.map(({ id }) => `${ROLES.secretsUser} at ${id}`),
  ];
}

export const rolePolicies: Readonly<Record<string, Policy>> = {
  rolesAreTheNarrowest: (plan) =>
    sameSet(
      'roles',
      ofType(plan, ASSIGNMENTS).map(({ id, properties }) => {
        const role = String(properties['roleDefinitionId']).split('/').at(-1) ?? '';
        return `${role} at ${id.split(`/providers/${ASSIGNMENTS}/`)[0] ?? ''}`;
      }),
      wantedRoles(plan),
    ),

  rolesAreTheAppsAlone: (plan) =>
    ofType(plan, ASSIGNMENTS).flatMap(({ name, properties }) => {
      const principal = String(properties['principalId']);
      const isApp = /identity/.test(principal) && /outputs\.principalId/.test(principal);
      return isApp && properties['principalType'] === 'ServicePrincipal' ? [] : [`role ${name} is somebody else's`];
    }),

  noRoleIsMade: (plan) =>
    plan.resources.filter(({ type }) => /roleDefinitions$/i.test(type)).map(({ name }) => `role ${name} is our own`),

  thereIsOneIdentity: (plan) => {
    const identities = ofType(plan, 'Microsoft.ManagedIdentity/userAssignedIdentities').map(({ id }) => id);
    const [app] = ofType(plan, 'Microsoft.Web/sites');
    const system = at(app, 'identity.type') === 'UserAssigned' ? [] : ['the app has a system-assigned identity, too'];
    const used = Object.keys(at(app, 'identity.userAssignedIdentities') ?? {});
    return [
      ...system,
      ...sameSet('identities', used, identities),
      ...(identities.length === 1 ? [] : ['not one identity']),
    ];
  },
};
