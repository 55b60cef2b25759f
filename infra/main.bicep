// Everything that change-lake runs on. `azd up`, or: az deployment sub create -l <region> -f infra/main.bicep -p infra/prod.bicepparam

targetScope = 'subscription'

import { mongoDatabase, postgresDatabase } from 'modules/types.bicep'
import { ruleChanges } from 'monitoring/types.bicep'

@description('Name of this environment: names the resource group, and makes the names of resources unique.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Azure region; it must have Flex Consumption.')
@minLength(1)
@metadata({ azd: { type: 'location' } })
param location string

@description('Resource group, made if it is not there.')
@minLength(1)
@maxLength(90)
param resourceGroupName string = 'rg-${environmentName}'

@description('Tags of every resource.')
param tags object = {}

@description('Tier of the Event Hubs namespace. Premium has no throughput units, keeps events for up to 90 days, and logs who read and wrote.')
@allowed(['Standard', 'Premium'])
param eventHubsSku string = 'Standard'

@description('Throughput units of Standard, each 1 MB/s or 1,000 events/s in; processing units of Premium (1, 2, 4, 6, 8, 10, 12, 16).')
@minValue(1)
@maxValue(40)
param eventHubsCapacity int = 1

@description('Throughput units that Standard may raise itself to; it never lowers them again. 0 for no auto-inflate.')
@minValue(0)
@maxValue(40)
param eventHubsMaximumThroughputUnits int = 4

@description('Partitions of each hub: as many instances can read it at once. Standard: at most 32, and they can never be changed.')
@minValue(1)
@maxValue(100)
param hubPartitionCount int = 4

@description('How long the hubs keep events, in days: how long the app may be down without loss. Standard: at most 7.')
@minValue(1)
@maxValue(90)
param hubRetentionDays int = 7

@description('Redundancy of the lake.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS', 'Standard_RAGRS', 'Standard_RAGZRS'])
param lakeRedundancy string = 'Standard_LRS'

@description('Redundancy of the Functions host’s account.')
@allowed(['Standard_LRS', 'Standard_ZRS'])
param hostRedundancy string = 'Standard_LRS'

@description('Encrypts both storage accounts a second time below the service. Can be chosen only when the accounts are made.')
param infrastructureEncryption bool = false

@description('For so long a deleted file of the lake can be brought back, in days. Files that were merged are kept, and paid for, as long.')
@minValue(1)
@maxValue(365)
param lakeSoftDeleteDays int = 14

@description('Leave it at 0: data files are deleted after so many days, and the lake is never proven complete again, since the ledger still covers what they held. 0 for never.')
@minValue(0)
@maxValue(36500)
param bronzeRetentionDays int = 0

@description('Leave it at 0: files of quarantine are deleted after so many days, and the runs that they belong to are damaged for good, so that the lake is never proven complete again. 0 for never.')
@minValue(0)
@maxValue(36500)
param quarantineRetentionDays int = 0

@description('What the weekly sweep leaves under _system/ is deleted after so many days: a long-stop, for an app that is switched off.')
@minValue(90)
@maxValue(36500)
param debrisRetentionDays int = 365

@description('Version of Node.')
@allowed(['22', '24'])
param nodeVersion string = '22'

@description('Memory of an instance, in MB. 4096 for many events of 1 MB: docs/host-json.md has the formula.')
@allowed([2048, 4096])
param instanceMemoryMB int = 2048

@description('No more instances at once. More than both hubs’ partitions together, and one for each timer, are never used.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Instances of each ingesting function that are always there, and always paid for. 0: the first batch after a pause waits for a cold start.')
@minValue(0)
@maxValue(20)
param alwaysReadyInstances int = 0

@description('PostgreSQL databases that the app captures, as docs/capture.md tells.')
param capturePostgres postgresDatabase[] = []

@description('MongoDB databases that the app captures, as docs/capture.md tells.')
param captureMongo mongoDatabase[] = []

@description('Lets the app send to both hubs, though it captures nothing: for sending quarantined events again.')
param allowReplay bool = false

@description('Settings that differ from the defaults (docs/settings.md), and overrides of host.json. No secrets.')
param appSettings object = {}

@description('How long logs are kept, in days.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('Log ingestion ends for the day at so many GB; -1 for no limit. What is beyond it is not logged, alerts included.')
@minValue(-1)
param logDailyQuotaGb int = -1

@description('Logs each read of the lake, too: who saw what. Costs as much as readers read.')
param logLakeReads bool = true

@description('Cuts storage, Event Hubs and Key Vault off from the internet: private endpoints, and the app in a network of its own.')
param privateNetwork bool = false

@description('Address space of that network, at least a /25.')
param networkAddressPrefix string = '10.90.0.0/24'

@description('Addresses that alerts are mailed to.')
param alertEmails string[] = []

@description('Addresses that alerts of severity 0 and 1 are mailed to as well.')
param emergencyEmails string[] = []

@description('Telephones that get a text message at severity 0 and 1.')
param emergencyPhones { countryCode: string, number: string }[] = []

@description('What differs from the alerts’ defaults: severity, threshold, window, frequency, or whether one is there at all.')
param alertChanges ruleChanges = {}

@description('Whether somebody has turned Event Hubs Capture on, which this template does not: its backlog is watched, too.')
param eventHubsCapture bool = false

// As the code has them by default: src/lib/config/settings.ts.
var fileSystem = 'data'
var postgresHub = 'postgresql-changes'
var mongoHub = 'mongodb-changes'
var consumerGroup = 'lake'
var repairConsumerGroup = 'lake-repair'

var deploymentContainer = 'deployments'
var token = toLower(uniqueString(subscription().id, environmentName, location))

// Known before anything is made, so that a preview (what-if, or the snapshots of npm run infra) shows every resource.
var names = {
  identity: 'id-${token}'
  workspace: 'log-${token}'
  insights: 'appi-${token}'
  namespace: 'evhns-${token}'
  lake: 'stlake${token}'
  host: 'sthost${token}'
  vault: 'kv-${token}'
  network: 'vnet-${token}'
  app: 'func-${token}'
}
var allTags = union(tags, { 'azd-env-name': environmentName })
var captures = !empty(capturePostgres) || !empty(captureMongo)

var storage = environment().suffixes.storage
var zones = {
  blob: 'privatelink.blob.${storage}'
  dfs: 'privatelink.dfs.${storage}'
  queue: 'privatelink.queue.${storage}'
  table: 'privatelink.table.${storage}'
  namespace: 'privatelink.servicebus.windows.net'
  vault: 'privatelink.vaultcore.azure.net'
}

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: resourceGroupName
  location: location
  tags: allTags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: { name: names.identity, location: location, tags: allTags }
}

module telemetry 'modules/telemetry.bicep' = {
  scope: group
  params: {
    workspaceName: names.workspace
    insightsName: names.insights
    location: location
    tags: allTags
    principalId: identity.outputs.principalId
    identityName: names.identity
    logRetentionDays: logRetentionDays
    logDailyQuotaGb: logDailyQuotaGb
  }
}

module eventHubs 'modules/event-hubs.bicep' = {
  scope: group
  params: {
    name: names.namespace
    location: location
    tags: allTags
    principalId: identity.outputs.principalId
    identityName: names.identity
    sku: eventHubsSku
    capacity: eventHubsCapacity
    maximumThroughputUnits: eventHubsMaximumThroughputUnits
    postgresHub: postgresHub
    mongoHub: mongoHub
    consumerGroups: [consumerGroup, repairConsumerGroup]
    partitionCount: hubPartitionCount
    retentionDays: hubRetentionDays
    sendsPostgres: allowReplay || !empty(capturePostgres)
    sendsMongo: allowReplay || !empty(captureMongo)
    privateNetwork: privateNetwork
    workspaceId: telemetry.outputs.workspaceId
  }
}

module lake 'modules/lake.bicep' = {
  scope: group
  params: {
    name: names.lake
    location: location
    tags: allTags
    principalId: identity.outputs.principalId
    identityName: names.identity
    redundancy: lakeRedundancy
    infrastructureEncryption: infrastructureEncryption
    fileSystem: fileSystem
    softDeleteDays: lakeSoftDeleteDays
    bronzeRetentionDays: bronzeRetentionDays
    quarantineRetentionDays: quarantineRetentionDays
    debrisRetentionDays: debrisRetentionDays
    privateNetwork: privateNetwork
    logReads: logLakeReads
    workspaceId: telemetry.outputs.workspaceId
  }
}

module hostStorage 'modules/host-storage.bicep' = {
  scope: group
  params: {
    name: names.host
    location: location
    tags: allTags
    principalId: identity.outputs.principalId
    identityName: names.identity
    redundancy: hostRedundancy
    infrastructureEncryption: infrastructureEncryption
    deploymentContainer: deploymentContainer
    softDeleteDays: 7
    privateNetwork: privateNetwork
    workspaceId: telemetry.outputs.workspaceId
  }
}

module vault 'modules/vault.bicep' = if (captures) {
  scope: group
  params: {
    name: names.vault
    location: location
    tags: allTags
    principalId: identity.outputs.principalId
    identityName: names.identity
    privateNetwork: privateNetwork
    workspaceId: telemetry.outputs.workspaceId
  }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  scope: group
  params: {
    name: names.network
    location: location
    tags: allTags
    addressPrefix: networkAddressPrefix
    zones: map(
      concat(['blob', 'dfs', 'queue', 'table', 'namespace'], captures ? ['vault'] : []),
      kind => string(zones[kind])
    )
  }
}

var ids = {
  lake: resourceId(subscription().subscriptionId, resourceGroupName, 'Microsoft.Storage/storageAccounts', names.lake)
  host: resourceId(subscription().subscriptionId, resourceGroupName, 'Microsoft.Storage/storageAccounts', names.host)
  namespace: resourceId(
    subscription().subscriptionId,
    resourceGroupName,
    'Microsoft.EventHub/namespaces',
    names.namespace
  )
  vault: resourceId(subscription().subscriptionId, resourceGroupName, 'Microsoft.KeyVault/vaults', names.vault)
  insights: resourceId(
    subscription().subscriptionId,
    resourceGroupName,
    'Microsoft.Insights/components',
    names.insights
  )
  workspace: resourceId(
    subscription().subscriptionId,
    resourceGroupName,
    'Microsoft.OperationalInsights/workspaces',
    names.workspace
  )
  app: resourceId(subscription().subscriptionId, resourceGroupName, 'Microsoft.Web/sites', names.app)
}

var endpoints = concat(
  [
    { name: 'lake-blob', targetId: ids.lake, group: 'blob' }
    { name: 'lake-dfs', targetId: ids.lake, group: 'dfs' }
    { name: 'host-blob', targetId: ids.host, group: 'blob' }
    { name: 'host-queue', targetId: ids.host, group: 'queue' }
    { name: 'host-table', targetId: ids.host, group: 'table' }
    { name: 'event-hubs', targetId: ids.namespace, group: 'namespace' }
  ],
  captures ? [{ name: 'vault', targetId: ids.vault, group: 'vault' }] : []
)

// One after the other: an account takes one such change at a time.
@batchSize(1)
module privateEndpoints 'modules/private-endpoint.bicep' = [
  for each in endpoints: if (privateNetwork) {
    scope: group
    params: {
      name: each.name
      location: location
      tags: allTags
      subnetId: network!.outputs.endpointSubnetId
      targetId: each.targetId
      group: each.group
      zone: zones[each.group]
    }
    dependsOn: [lake, hostStorage, eventHubs, vault]
  }
]

// Last: roles, network and endpoints are there before the app starts.
module app 'modules/app.bicep' = {
  scope: group
  params: {
    name: names.app
    planName: 'plan-${token}'
    location: location
    tags: allTags
    identityName: names.identity
    hostStorageName: names.host
    deploymentContainer: deploymentContainer
    lakeName: names.lake
    fileSystem: fileSystem
    namespaceName: names.namespace
    postgresHub: postgresHub
    mongoHub: mongoHub
    consumerGroup: consumerGroup
    repairConsumerGroup: repairConsumerGroup
    hubRetentionDays: hubRetentionDays
    insightsName: names.insights
    nodeVersion: nodeVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyInstances: alwaysReadyInstances
    networkName: privateNetwork ? names.network : ''
    capturePostgres: capturePostgres
    captureMongo: captureMongo
    vaultName: captures ? names.vault : ''
    settings: appSettings
  }
  dependsOn: [identity, telemetry, eventHubs, lake, hostStorage, vault, network, privateEndpoints]
}

module monitoring 'monitoring/main.bicep' = {
  scope: group
  params: {
    token: token
    location: location
    tags: allTags
    alertEmails: alertEmails
    emergencyEmails: emergencyEmails
    emergencyPhones: emergencyPhones
    alertChanges: alertChanges
    throughputUnits: eventHubsSku == 'Standard' ? max(eventHubsCapacity, eventHubsMaximumThroughputUnits) : 0
    eventHubsCapture: eventHubsCapture
    namespaceId: ids.namespace
    hubNames: [postgresHub, mongoHub]
    lakeId: ids.lake
    hostStorageId: ids.host
    insightsId: ids.insights
    workspaceId: ids.workspace
    appId: ids.app
  }
  dependsOn: [app]
}

@description('The resource group.')
output AZURE_RESOURCE_GROUP string = group.name

@description('The function app: func azure functionapp publish <this> --no-build.')
output AZURE_FUNCTION_APP_NAME string = names.app

@description('The Event Hubs namespace, as EVENTHUB_CONNECTION_STRING__fullyQualifiedNamespace wants it.')
output EVENTHUB_NAMESPACE_HOST string = '${names.namespace}.servicebus.windows.net'

@description('The lake’s account, as STORAGE_CONNECTION_STRING__accountName wants it.')
output LAKE_ACCOUNT_NAME string = names.lake

@description('The lake’s file system.')
output LAKE_FILE_SYSTEM string = fileSystem

@description('The Functions host’s account, as AzureWebJobsStorage__accountName wants it.')
output HOST_STORAGE_ACCOUNT_NAME string = names.host

@description('The Key Vault for the addresses of captured databases; empty where nothing is captured.')
output CAPTURE_KEY_VAULT_NAME string = captures ? names.vault : ''

@description('Application Insights.')
output APPLICATION_INSIGHTS_NAME string = names.insights
