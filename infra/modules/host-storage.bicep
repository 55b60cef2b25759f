// The Functions host's own account: checkpoints, locks, and the deployed package. Apart from the lake, so that the lake's
// readers need no right here, and the host's broad roles reach nothing there.

@description('Name of the account.')
@minLength(3)
@maxLength(24)
param name string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Object id of the app’s identity.')
param principalId string

@description('Name of the app’s identity: makes the names of role assignments stable.')
param identityName string

@description('Redundancy.')
@allowed(['Standard_LRS', 'Standard_ZRS'])
param redundancy string

@description('Encrypts a second time below the service. Can be chosen only when the account is made.')
param infrastructureEncryption bool

@description('Container of the deployed package.')
param deploymentContainer string

@description('For so long a deleted checkpoint or package can be brought back, in days.')
@minValue(1)
@maxValue(365)
param softDeleteDays int

@description('Reachable through private endpoints only.')
param privateNetwork bool

@description('Resource id of the Log Analytics workspace.')
param workspaceId string

// What the Functions host asks of AzureWebJobsStorage with an identity. Blobs: makes containers, leases, checkpoints (Owner is
// the documented role); tables: its diagnostic events; queues: its own messages between instances.
var roles = [
  { id: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b', why: 'Storage Blob Data Owner: checkpoints, locks, the package.' }
  { id: '974c5e8b-45b9-4653-ba55-5f855dd0fb88', why: 'Storage Queue Data Contributor: the host’s own queues.' }
  { id: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3', why: 'Storage Table Data Contributor: the host’s diagnostic events.' }
]

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: redundancy }
  properties: {
    accessTier: 'Hot'
    // Identities only: no account key and no signature made with one works.
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    isLocalUserEnabled: false
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
    networkAcls: {
      defaultAction: privateNetwork ? 'Deny' : 'Allow'
      // The platform fetches the package from here.
      bypass: 'AzureServices'
      ipRules: []
      virtualNetworkRules: []
    }
    encryption: {
      keySource: 'Microsoft.Storage'
      requireInfrastructureEncryption: infrastructureEncryption
      services: {
        blob: { enabled: true, keyType: 'Account' }
        file: { enabled: true, keyType: 'Account' }
        queue: { enabled: true, keyType: 'Account' }
        table: { enabled: true, keyType: 'Account' }
      }
    }
  }
}

// No versions: the host renews its locks and checkpoints every few seconds, and each would be kept.
resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' = {
  parent: account
  name: 'default'
  properties: {
    isVersioningEnabled: false
    deleteRetentionPolicy: { enabled: true, days: softDeleteDays, allowPermanentDelete: false }
    containerDeleteRetentionPolicy: { enabled: true, days: softDeleteDays }
  }
}

resource packages 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = {
  parent: blobs
  name: deploymentContainer
  properties: { publicAccess: 'None' }
}

resource assignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in roles: {
    name: guid(account.id, identityName, role.id)
    scope: account
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
      description: role.why
    }
  }
]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: blobs
  properties: {
    workspaceId: workspaceId
    logs: [
      // The host reads its own locks all day: who else reads here can do so by identity only, and is seen when he writes.
      { category: 'StorageRead', enabled: false }
      { category: 'StorageWrite', enabled: true }
      { category: 'StorageDelete', enabled: true }
    ]
  }
}
