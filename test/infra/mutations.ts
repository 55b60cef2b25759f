import { type Change, rewrite, set, setting, template, withResource, without } from './mutate-plan';
import { type Plan } from './plan';

/** A mistake that the policy of the same name must see in the plan `on` (prod where nothing is said). */
export interface Mutation {
  readonly what: string;
  readonly on?: string;
  readonly change: Change;
}

const ACCOUNTS = 'Microsoft.Storage/storageAccounts';
const BLOBS = `${ACCOUNTS}/blobServices`;
const CONTAINERS = `${BLOBS}/containers`;
const LIFECYCLE = `${ACCOUNTS}/managementPolicies`;
const NAMESPACES = 'Microsoft.EventHub/namespaces';
const HUBS = `${NAMESPACES}/eventhubs`;
const GROUPS = `${HUBS}/consumergroups`;
const ROLES = 'Microsoft.Authorization/roleAssignments';
const SITES = 'Microsoft.Web/sites';
const PUBLISHING = `${SITES}/basicPublishingCredentialsPolicies`;
const INSIGHTS = 'Microsoft.Insights/components';
const DIAGNOSTICS = 'Microsoft.Insights/diagnosticSettings';
const VAULTS = 'Microsoft.KeyVault/vaults';
const ENDPOINTS = 'Microsoft.Network/privateEndpoints';

const FLEX = 'properties.functionAppConfig';

/** Every role assignment of `role` goes to the parent `levels` up. */
const wider =
  (role: string, levels: number): Change =>
  (plan) =>
    rewrite(ROLES, /(?:)/, (one) => {
      if (!String(one.properties['roleDefinitionId']).endsWith(role)) return one;
      const [scope = '', name = ''] = one.id.split(`/providers/${ROLES}/`);
      return {
        ...one,
        id: `${scope
          .split('/')
          .slice(0, -2 * levels)
          .join('/')}/providers/${ROLES}/${name}`,
      };
    })(plan);

/** The categories of the diagnostic setting of what has `part` in its id. */
const unlogged =
  (part: RegExp): Change =>
  (plan) => ({ ...plan, resources: plan.resources.filter((one) => one.type !== DIAGNOSTICS || !part.test(one.id)) });

const silenced =
  (part: RegExp, category: string): Change =>
  (plan) => {
    for (const one of plan.resources.filter(({ type, id }) => type === DIAGNOSTICS && part.test(id))) {
      const logs = one.properties['logs'] as { category: string; enabled: boolean }[];
      for (const log of logs) if (log.category === category) log.enabled = false;
    }
    return plan;
  };

/** Adds a lifecycle rule that deletes what begins with `prefixes`. */
const rule =
  (days: number, ...prefixes: readonly string[]): Change =>
  (plan: Plan) => {
    for (const policy of plan.resources.filter(({ type }) => type === LIFECYCLE)) {
      const { rules } = policy.properties['policy'] as { rules: unknown[] };
      const deletion = { baseBlob: { delete: { daysAfterModificationGreaterThan: days } } };
      rules.unshift({
        ...{ name: 'mistake', enabled: true, type: 'Lifecycle' },
        definition: { filters: { blobTypes: ['blockBlob'], prefixMatch: prefixes }, actions: deletion },
      });
    }
    return plan;
  };

export const MUTATIONS: Readonly<Record<string, readonly Mutation[]>> = {
  noKeyIsAskedFor: [
    { what: 'an account’s keys', change: template('variables.key', "[listKeys(variables('host'), '2025-01-01')]") },
    { what: 'a signature', change: template('variables.key', "[listAccountSas(variables('host'), '2025-01-01')]") },
    { what: 'an action of a resource', change: template('variables.key', "[list(variables('host'), '2025-01-01')]") },
  ],
  outputsHoldNoSecret: [
    { what: 'by type', change: template('outputs.x', { type: 'securestring', value: '' }) },
    { what: 'by name', change: template('outputs.EVENTHUB_CONNECTION_STRING', { type: 'string', value: '' }) },
    { what: 'a key by name', change: template('outputs.accountKey', { type: 'string', value: '' }) },
    {
      what: 'in a module',
      change: template('resources.telemetry.properties.template.outputs.x', {
        type: 'string',
        value: "[reference('insights').InstrumentationKey]",
      }),
    },
  ],
  parametersAreDescribed: [
    { what: 'none', change: template('parameters.location.metadata.description', undefined) },
    {
      what: 'none in a module',
      change: template('resources.lake.properties.template.parameters.redundancy.metadata.description', ''),
    },
  ],
  numbersHaveLimits: [{ what: 'no least', change: template('parameters.hubPartitionCount.minValue', undefined) }],
  noSecretIsAParameter: [
    { what: 'by type', change: template('parameters.x', { type: 'securestring', metadata: { description: 'a key' } }) },
    { what: 'by name', change: template('parameters.databasePassword', { type: 'string' }) },
  ],

  theLakeIsApartFromTheHost: [
    { what: 'one account', change: without(ACCOUNTS, /^sthost/) },
    { what: 'a flat lake', change: set(ACCOUNTS, 'properties.isHnsEnabled', false, /^stlake/) },
    { what: 'a hierarchical host', change: set(ACCOUNTS, 'properties.isHnsEnabled', true, /^sthost/) },
  ],
  storageTakesNoKeys: [
    { what: 'keys of the lake', change: set(ACCOUNTS, 'properties.allowSharedKeyAccess', true, /^stlake/) },
    { what: 'keys of the host', change: set(ACCOUNTS, 'properties.allowSharedKeyAccess', undefined, /^sthost/) },
    { what: 'keys in the portal', change: set(ACCOUNTS, 'properties.defaultToOAuthAuthentication', false) },
    { what: 'local users', change: set(ACCOUNTS, 'properties.isLocalUserEnabled', true) },
  ],
  storageIsNeverPublic: [
    { what: 'an account', change: set(ACCOUNTS, 'properties.allowBlobPublicAccess', true, /^stlake/) },
    { what: 'a container', change: set(CONTAINERS, 'properties.publicAccess', 'Blob', /data$/) },
  ],
  storageSpeaksTls: [
    { what: 'an old TLS', change: set(ACCOUNTS, 'properties.minimumTlsVersion', 'TLS1_0', /^sthost/) },
    { what: 'http', change: set(ACCOUNTS, 'properties.supportsHttpsTrafficOnly', false, /^stlake/) },
  ],
  storageIsNotReplicatedToOthers: [
    { what: 'allowed', change: set(ACCOUNTS, 'properties.allowCrossTenantReplication', true, /^stlake/) },
  ],
  deletedFilesCanBeBroughtBack: [
    { what: 'files not', change: set(BLOBS, 'properties.deleteRetentionPolicy.enabled', false, /^stlake/) },
    { what: 'containers not', change: set(BLOBS, 'properties.containerDeleteRetentionPolicy.enabled', false) },
    { what: 'for a day', change: set(BLOBS, 'properties.deleteRetentionPolicy.days', 1, /^stlake/) },
    { what: 'purged', change: set(BLOBS, 'properties.deleteRetentionPolicy.allowPermanentDelete', true) },
  ],
  theLakeHasNoVersions: [{ what: 'versions', change: set(BLOBS, 'properties.isVersioningEnabled', true, /^stlake/) }],
  containersAreThere: [
    { what: 'no file system', change: without(CONTAINERS, /data$/) },
    { what: 'no container for the package', change: without(CONTAINERS, /deployments$/) },
  ],
  debrisGoesLate: [
    { what: 'staged files after a week', change: rule(7, 'data/_system/staging/') },
    { what: 'never', change: without(LIFECYCLE) },
  ],
  dataGoesOnlyWhenAsked: [
    { what: 'bronze unasked', change: rule(365, 'data/bronze/') },
    { what: 'everything unasked', change: rule(365, 'data/') },
    { what: 'claims before the lines that name them', on: 'everything', change: rule(30, 'data/claims/') },
    { what: 'quarantine, asked for, stays', on: 'everything', change: without(LIFECYCLE) },
  ],
  ledgersNeverGo: [
    { what: 'ledgers', change: rule(3650, 'data/_system/ledger/') },
    { what: 'all of _system', change: rule(3650, 'data/_system/') },
    { what: 'a prefix without its slash', change: rule(3650, 'data/_system/capture') },
  ],
  lifecycleIsTheLakesAlone: [
    { what: 'on the host', change: withResource({ type: LIFECYCLE, name: 'sthost/default' }) },
  ],

  hubsTakeNoKeys: [{ what: 'keys', change: set(NAMESPACES, 'properties.disableLocalAuth', false) }],
  hubsSpeakTls: [{ what: 'an old TLS', change: set(NAMESPACES, 'properties.minimumTlsVersion', '1.0') }],
  hubsHaveNoPolicies: [{ what: 'one', change: withResource({ type: `${HUBS}/authorizationRules` }) }],
  hubsAreThoseOfTheCode: [
    { what: 'one lacking', change: without(HUBS, /mongodb-changes$/) },
    { what: 'another name', change: rewrite(HUBS, /mongodb/, (one) => ({ ...one, name: 'evhns/mongo-changes' })) },
  ],
  groupsAreThoseOfTheCode: [
    { what: 'no repair group', change: without(GROUPS, /mongodb-changes\/lake-repair$/) },
    { what: 'no group', change: without(GROUPS, /postgresql-changes\/lake$/) },
    { what: 'another group', change: withResource({ type: GROUPS, name: 'evhns/postgresql-changes/others' }) },
  ],
  hubsKeepEventsAsLongAsTheAppThinks: [
    { what: 'shorter', change: set(HUBS, 'properties.retentionDescription.retentionTimeInHours', 24, /mongodb/) },
    { what: 'compacted', change: set(HUBS, 'properties.retentionDescription.cleanupPolicy', 'Compact') },
  ],

  rolesAreTheNarrowest: [
    { what: 'receiver at the namespace', change: wider('a638d3c7-ab3a-418d-83e6-5f17a39d4fde', 1) },
    { what: 'lake role at the account', change: wider('ba92f5b4-2d11-453d-a403-e96b0029c9fe', 2) },
    { what: 'host role at the group', change: wider('b7e6dc6d-f1e8-4753-8033-0f276bb0955b', 3) },
    { what: 'one lacking', change: (plan) => ({ ...plan, resources: plan.resources.filter(notFirst(plan)) }) },
    {
      what: 'owner instead of contributor',
      change: rewrite(ROLES, /(?:)/, (one) => ({
        ...one,
        properties: JSON.parse(
          JSON.stringify(one.properties).replace(
            'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
            'b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
          ),
        ) as Record<string, unknown>,
      })),
    },
    {
      what: 'a sender who sends nothing',
      on: 'replay',
      change: (plan) => ({ ...plan, asks: { ...plan.asks, sends: [] } }),
    },
    { what: 'no sender who sends', change: (plan) => ({ ...plan, asks: { ...plan.asks, sends: ['mongodb'] } }) },
    {
      what: 'another role',
      change: withResource({
        type: ROLES,
        id: `/subscriptions/s/resourceGroups/g/providers/${ROLES}/x`,
        properties: { roleDefinitionId: '/x/8e3af657-a8ff-443c-a75c-2fe8c4bcb635' },
      }),
    },
  ],
  rolesAreTheAppsAlone: [
    { what: 'a person', change: set(ROLES, 'properties.principalId', '11111111-1111-1111-1111-111111111111') },
    { what: 'a user', change: set(ROLES, 'properties.principalType', 'User') },
  ],
  noRoleIsMade: [{ what: 'one', change: withResource({ type: 'Microsoft.Authorization/roleDefinitions' }) }],
  thereIsOneIdentity: [
    { what: 'a second kind', change: set(SITES, 'identity.type', 'SystemAssigned, UserAssigned') },
    { what: 'none', change: set(SITES, 'identity.userAssignedIdentities', {}) },
    { what: 'another', change: withResource({ type: 'Microsoft.ManagedIdentity/userAssignedIdentities' }) },
  ],

  theAppSpeaksTls: [
    { what: 'http', change: set(SITES, 'properties.httpsOnly', false) },
    { what: 'an old TLS', change: set(SITES, 'properties.siteConfig.minTlsVersion', '1.0') },
    { what: 'an old TLS for publishing', change: set(SITES, 'properties.siteConfig.scmMinTlsVersion', undefined) },
    { what: 'FTP', change: set(SITES, 'properties.siteConfig.ftpsState', 'AllAllowed') },
    { what: 'a debugger', change: set(SITES, 'properties.siteConfig.remoteDebuggingEnabled', true) },
  ],
  nobodyPublishesByPassword: [
    { what: 'FTP', change: set(PUBLISHING, 'properties.allow', true, /ftp$/) },
    { what: 'nothing said of SCM', change: without(PUBLISHING, /scm$/) },
  ],
  thePlanIsFlexConsumption: [
    { what: 'Consumption', change: set('Microsoft.Web/serverfarms', 'sku.name', 'Y1') },
    { what: 'Windows', change: set(SITES, 'kind', 'functionapp') },
  ],
  theRuntimeIsNode: [
    { what: 'an old one', change: set(SITES, `${FLEX}.runtime.version`, '20') },
    { what: 'another', change: set(SITES, `${FLEX}.runtime.name`, 'python') },
  ],
  thePackageIsFetchedByIdentity: [
    {
      what: 'by key',
      change: set(SITES, `${FLEX}.deployment.storage.authentication.type`, 'StorageAccountConnectionString'),
    },
    { what: 'from elsewhere', change: set(SITES, `${FLEX}.deployment.storage.value`, 'https://x/deployments') },
  ],
  instancesAreLargeEnough: [
    { what: '512 MB', change: set(SITES, `${FLEX}.scaleAndConcurrency.instanceMemoryMB`, 512) },
  ],
  alwaysReadyAreFunctionsThatExist: [
    {
      what: 'a function that is not there',
      change: set(SITES, `${FLEX}.scaleAndConcurrency.alwaysReady.0.name`, 'function:ingestPostgresql'),
    },
    { what: 'no instances', change: set(SITES, `${FLEX}.scaleAndConcurrency.alwaysReady.1.instanceCount`, 0) },
    {
      what: 'unasked',
      on: 'dev',
      change: set(SITES, `${FLEX}.scaleAndConcurrency.alwaysReady`, [{ name: 'http', instanceCount: 1 }]),
    },
  ],
  azdFindsTheApp: [
    { what: 'no service', change: set(SITES, 'tags.azd-service-name', undefined) },
    { what: 'no environment', change: set('Microsoft.Resources/resourceGroups', 'tags.azd-env-name', undefined) },
  ],

  everySettingIsThere: [
    { what: 'one lacking', change: setting('LAKE_OPTIMIZE_AFTER_HOURS', undefined) },
    { what: 'another value', change: setting('INGEST_ATTEMPT_SECONDS', '300') },
    { what: 'another group', change: setting('EVENTHUB_REPAIR_CONSUMER_GROUP', 'repair') },
  ],
  theAppAcceptsItsSettings: [
    { what: 'a misspelt one', change: setting('LAKE_FILE_SYSTEM', 'data') },
    { what: 'a wrong value', change: setting('CAPTURE_SCHEDULE', 'every five minutes') },
    { what: 'two forms', change: setting('STORAGE_CONNECTION_STRING', 'UseDevelopmentStorage=true') },
    { what: 'no address', on: 'everything', change: setting('CARTS_DATABASE', undefined) },
    { what: 'times that do not fit', change: setting('STORAGE_REQUEST_SECONDS', '240') },
  ],
  nothingConnectsByKey: [
    { what: 'the host', change: setting('AzureWebJobsStorage', 'DefaultEndpointsProtocol=https') },
    { what: 'the hub', change: setting('EVENTHUB_CONNECTION_STRING', 'Endpoint=sb://x/') },
    { what: 'whatever identity there is', change: setting('STORAGE_CONNECTION_STRING__credential', undefined) },
    { what: 'another identity', change: setting('AzureWebJobsStorage__clientId', '11111111') },
  ],
  connectionsAreToWhatIsMade: [
    { what: 'another namespace', change: setting('EVENTHUB_CONNECTION_STRING__fullyQualifiedNamespace', 'x') },
    { what: 'the lake in the host’s account', change: setting('STORAGE_CONNECTION_STRING__accountName', 'sthost') },
    { what: 'no account of the host', change: setting('AzureWebJobsStorage__accountName', undefined) },
  ],
  flexConsumptionTakesTheSettings: [
    { what: 'a package', change: setting('WEBSITE_RUN_FROM_PACKAGE', '1') },
    { what: 'a runtime', change: setting('FUNCTIONS_WORKER_RUNTIME', 'node') },
    { what: 'a version', change: setting('FUNCTIONS_EXTENSION_VERSION', '~4') },
  ],
  settingsHoldNoSecret: [
    { what: 'a key', change: setting('X', 'AccountName=a;AccountKey=b') },
    { what: 'an address', change: setting('SHOP_DATABASE', 'postgresql://me:secret@host/shop') },
    { what: 'an address without a password', change: setting('SHOP_DATABASE', 'mongodb+srv://host/shop') },
    { what: 'what is listed', change: setting('X', "[listKeys('a', 'b').keys[0].value]") },
  ],
  addressesAreReferences: [
    { what: 'an address', on: 'everything', change: setting('SHOP_DATABASE', 'postgresql://me:secret@host/shop') },
    {
      what: 'another secret',
      on: 'replay',
      change: setting('SHOP_DATABASE', '@Microsoft.KeyVault(VaultName=kv;SecretName=shop)'),
    },
  ],
  telemetryIsSentByIdentity: [
    { what: 'by key', change: setting('APPLICATIONINSIGHTS_AUTHENTICATION_STRING', undefined) },
    { what: 'by another', change: setting('APPLICATIONINSIGHTS_AUTHENTICATION_STRING', 'Authorization=AAD') },
  ],

  whatIsPrivateIsClosed: [
    { what: 'storage open', change: set(ACCOUNTS, 'properties.publicNetworkAccess', 'Enabled', /^stlake/) },
    { what: 'a default of allow', change: set(ACCOUNTS, 'properties.networkAcls.defaultAction', 'Allow', /^sthost/) },
    { what: 'hubs open', change: set(NAMESPACES, 'properties.publicNetworkAccess', 'Enabled') },
    { what: 'rules open', change: set(`${NAMESPACES}/networkRuleSets`, 'properties.defaultAction', 'Allow') },
    { what: 'a vault open', on: 'everything', change: set(VAULTS, 'properties.publicNetworkAccess', 'Enabled') },
  ],
  whatIsPrivateIsReached: [
    { what: 'not the lake', change: without(ENDPOINTS, /lake-dfs/) },
    { what: 'not the queues', change: without(ENDPOINTS, /host-queue/) },
    { what: 'not the vault', on: 'everything', change: without(ENDPOINTS, /vault/) },
    {
      what: 'another service',
      change: set(ENDPOINTS, 'properties.privateLinkServiceConnections.0.properties.groupIds', ['web'], /lake-blob/),
    },
  ],
  endpointsHaveNames: [
    { what: 'no entry', change: without(`${ENDPOINTS}/privateDnsZoneGroups`, /lake-dfs/) },
    { what: 'no link', change: without('Microsoft.Network/privateDnsZones/virtualNetworkLinks', /servicebus/) },
    {
      what: 'another zone',
      change: set(
        `${ENDPOINTS}/privateDnsZoneGroups`,
        'properties.privateDnsZoneConfigs.0.properties.privateDnsZoneId',
        'privatelink.blob.core.windows.net',
        /lake-dfs/,
      ),
    },
  ],
  theAppIsInTheNetwork: [
    { what: 'outside', change: set(SITES, 'properties.virtualNetworkSubnetId', undefined) },
    {
      what: 'another delegation',
      change: set(
        'Microsoft.Network/virtualNetworks',
        'properties.subnets.0.properties.delegations.0.properties.serviceName',
        'Microsoft.Web/serverFarms',
      ),
    },
    {
      what: 'no security group',
      change: set(
        'Microsoft.Network/virtualNetworks',
        'properties.subnets.1.properties.networkSecurityGroup',
        undefined,
      ),
    },
    { what: 'a network unasked', on: 'dev', change: withResource({ type: 'Microsoft.Network/virtualNetworks' }) },
  ],

  telemetryTakesNoKeys: [
    { what: 'keys', change: set(INSIGHTS, 'properties.DisableLocalAuth', false) },
    { what: 'no workspace', change: set(INSIGHTS, 'properties.WorkspaceResourceId', undefined) },
    {
      what: 'keys of the workspace',
      change: set('Microsoft.OperationalInsights/workspaces', 'properties.features.disableLocalAuth', false),
    },
  ],
  storageIsLogged: [
    { what: 'not the lake', change: unlogged(/stlake/) },
    { what: 'no reads of the lake', change: silenced(/stlake/, 'StorageRead') },
    { what: 'no deletions of the host', change: silenced(/sthost/, 'StorageDelete') },
  ],
  hubsAreLogged: [
    { what: 'not', change: unlogged(/evhns/) },
    { what: 'not who read', on: 'everything', change: silenced(/evhns/, 'RuntimeAuditLogs') },
  ],
  theVaultIsGuarded: [
    { what: 'unasked', change: withResource({ type: VAULTS }) },
    { what: 'lists of access', on: 'replay', change: set(VAULTS, 'properties.enableRbacAuthorization', false) },
    { what: 'purged', on: 'replay', change: set(VAULTS, 'properties.enablePurgeProtection', undefined) },
    { what: 'not logged', on: 'replay', change: unlogged(/vaults/) },
    { what: 'a secret', on: 'replay', change: withResource({ type: `${VAULTS}/secrets` }) },
  ],
  someoneIsTold: [{ what: 'nobody', change: without('Microsoft.Insights/actionGroups') }],
};

function notFirst(plan: Plan): (one: Plan['resources'][number]) => boolean {
  const first = plan.resources.find(({ type }) => type === ROLES);
  return (one) => one !== first;
}
