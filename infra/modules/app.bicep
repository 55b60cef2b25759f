// The function app on Flex Consumption. Everything it connects to, it connects to as its user-assigned identity.

import { mongoDatabase, postgresDatabase } from 'types.bicep'

@description('Name of the function app.')
@minLength(2)
@maxLength(60)
param name string

@description('Name of its plan.')
param planName string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Name of the app’s identity.')
param identityName string

@description('Name of the host’s storage account.')
param hostStorageName string

@description('Container of the deployed package, in that account.')
param deploymentContainer string

@description('Name of the lake’s storage account.')
param lakeName string

@description('Name of the lake’s file system.')
param fileSystem string

@description('Name of the Event Hubs namespace.')
param namespaceName string

@description('Hub of PostgreSQL’s changes.')
param postgresHub string

@description('Hub of MongoDB’s changes.')
param mongoHub string

@description('The pipeline’s own consumer group.')
param consumerGroup string

@description('The consumer group through which gaps are read again.')
param repairConsumerGroup string

@description('How long the hubs keep events, in days.')
@minValue(1)
@maxValue(90)
param hubRetentionDays int

@description('Name of Application Insights.')
param insightsName string

@description('Version of Node.')
@allowed(['22', '24'])
param nodeVersion string

@description('Memory of an instance, in MB.')
@allowed([2048, 4096])
param instanceMemoryMB int

@description('No more instances at once.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int

@description('Instances of each ingesting function that are always there.')
@minValue(0)
@maxValue(20)
param alwaysReadyInstances int

@description('Name of the network that the app runs in; empty for none.')
param networkName string

@description('PostgreSQL databases to capture.')
param capturePostgres postgresDatabase[]

@description('MongoDB databases to capture.')
param captureMongo mongoDatabase[]

@description('Name of the Key Vault with the addresses of captured databases; empty where nothing is captured.')
param vaultName string

@description('Settings that differ from what is said here, and others that the host knows. No secrets.')
param settings object

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource hostStorage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: hostStorageName
}

// The app's own settings, src/lib/config/settings.ts: a test holds names and values together. Connections are given by identity
// alone.
var ours = {
  EVENTHUB_CONNECTION_STRING__fullyQualifiedNamespace: '${namespaceName}.servicebus.windows.net'
  EVENTHUB_CONNECTION_STRING__credential: 'managedidentity'
  EVENTHUB_CONNECTION_STRING__clientId: identity.properties.clientId
  STORAGE_CONNECTION_STRING__accountName: lakeName
  STORAGE_CONNECTION_STRING__credential: 'managedidentity'
  STORAGE_CONNECTION_STRING__clientId: identity.properties.clientId
  LAKE_FILESYSTEM: fileSystem
  POSTGRES_EVENTHUB_NAME: postgresHub
  MONGODB_EVENTHUB_NAME: mongoHub
  EVENTHUB_CONSUMER_GROUP: consumerGroup
  EVENTHUB_REPAIR_CONSUMER_GROUP: repairConsumerGroup
  EVENTHUB_RETENTION_DAYS: string(hubRetentionDays)
  LAKE_MAX_FILE_MIB: '64'
  INGEST_MEMORY_MIB: '256'
  INGEST_ATTEMPT_SECONDS: '240'
  STORAGE_REQUEST_SECONDS: '30'
  CAPTURE_SCHEDULE: '0 */5 * * * *'
  CAPTURE_RUN_SECONDS: '290'
  MAINTENANCE_WEEKLY_SCHEDULE: '0 0 3 * * 0'
  MAINTENANCE_DAILY_SCHEDULE: '0 30 1 * * *'
  MAINTENANCE_RUN_SECONDS: '450'
  LAKE_OPTIMIZE_TARGET_MIB: '128'
  LAKE_OPTIMIZE_AFTER_HOURS: '24'
}

// The Functions host's. No WEBSITE_RUN_FROM_PACKAGE and no FUNCTIONS_WORKER_RUNTIME: Flex Consumption refuses them, and takes
// both from functionAppConfig.
var host = {
  AzureWebJobsStorage__accountName: hostStorageName
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identity.properties.clientId
  // Names the resource; who sends is told by the identity in the next line, since the resource takes no keys.
  APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD;ClientId=${identity.properties.clientId}'
  // Nobody needs a page that says no more than that an app is there.
  AzureWebJobsDisableHomepage: 'true'
}

var captured = union(
  empty(capturePostgres) ? {} : { CAPTURE_POSTGRES: string(capturePostgres) },
  empty(captureMongo) ? {} : { CAPTURE_MONGODB: string(captureMongo) }
)

// The addresses, with their passwords: references that the platform resolves as the app's identity. Without a version, so that a
// new one is taken within a day.
var addresses = toObject(
  concat(capturePostgres, captureMongo),
  each => each.connection,
  each => '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=${toLower(replace(each.connection, '_', '-'))})'
)

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  // azd finds by this tag where to deploy the service to.
  tags: union(tags, { 'azd-service-name': 'app' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    // The platform's own look at Key Vault; otherwise it would look as a system-assigned identity, which there is none.
    keyVaultReferenceIdentity: identity.id
    virtualNetworkSubnetId: empty(networkName)
      ? null
      : resourceId('Microsoft.Network/virtualNetworks/subnets', networkName, 'app')
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      remoteDebuggingEnabled: false
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${hostStorage.properties.primaryEndpoints.blob}${deploymentContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
      runtime: {
        name: 'node'
        version: nodeVersion
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyInstances == 0
          ? []
          : [
              { name: 'function:ingestPostgres', instanceCount: alwaysReadyInstances }
              { name: 'function:ingestMongo', instanceCount: alwaysReadyInstances }
            ]
      }
    }
  }

  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }

  resource appSettings 'config' = {
    name: 'appsettings'
    properties: union(host, ours, captured, addresses, settings)
  }
}
