// The lake: a storage account with a hierarchical namespace, and nothing in it but the lake.

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
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS', 'Standard_RAGRS', 'Standard_RAGZRS'])
param redundancy string

@description('Encrypts a second time below the service. Can be chosen only when the account is made.')
param infrastructureEncryption bool

@description('Name of the file system.')
param fileSystem string

@description('For so long a deleted file or file system can be brought back, in days.')
@minValue(1)
@maxValue(365)
param softDeleteDays int

@description('Leave it at 0: data files are deleted after so many days, and the lake is never proven complete again, since the ledger still covers what they held. 0 for never.')
@minValue(0)
@maxValue(36500)
param bronzeRetentionDays int

@description('Leave it at 0: files of quarantine are deleted after so many days, and the runs that they belong to are damaged for good, so that the lake is never proven complete again. 0 for never.')
@minValue(0)
@maxValue(36500)
param quarantineRetentionDays int

@description('What is left over under _system/ is deleted after so many days.')
@minValue(90)
@maxValue(36500)
param debrisRetentionDays int

@description('Reachable through private endpoints only.')
param privateNetwork bool

@description('Whether each read is logged, too; writes and deletions always are.')
param logReads bool

@description('Resource id of the Log Analytics workspace.')
param workspaceId string

// Storage Blob Data Contributor: reads, puts, renames, leases, deletes. Not Owner, which may also change who owns a file and its
// access list: the app never does.
var contributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: redundancy }
  properties: {
    isHnsEnabled: true
    accessTier: 'Hot'
    // Identities only: no account key and no signature made with one works.
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    isSftpEnabled: false
    isLocalUserEnabled: false
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
    networkAcls: {
      defaultAction: privateNetwork ? 'Deny' : 'Allow'
      bypass: 'None'
      ipRules: []
      virtualNetworkRules: []
    }
    encryption: {
      keySource: 'Microsoft.Storage'
      requireInfrastructureEncryption: infrastructureEncryption
      services: {
        blob: { enabled: true, keyType: 'Account' }
        file: { enabled: true, keyType: 'Account' }
      }
    }
  }
}

// Soft delete is what undoes a deletion here. An account with a hierarchical namespace has no versions, and a file that is
// overwritten leaves nothing behind: of what the app writes only ledgers, positions and plans are, and those can be made
// anew from the files (npm run lake -- rebuild-ledger).
resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: { enabled: true, days: softDeleteDays, allowPermanentDelete: false }
    containerDeleteRetentionPolicy: { enabled: true, days: softDeleteDays }
  }
}

resource files 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = {
  parent: blobs
  name: fileSystem
  properties: { publicAccess: 'None' }
}

// The container, and not the account: other file systems of the account are none of the app's business.
resource writes 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(files.id, identityName, contributor)
  scope: files
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', contributor)
    description: 'The app writes the lake.'
  }
}

func deletion(name string, prefixes string[], days int) object => {
  name: name
  enabled: true
  type: 'Lifecycle'
  definition: {
    filters: { blobTypes: ['blockBlob'], prefixMatch: prefixes }
    actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: days } } }
  }
}

// A long-stop behind the app's own weekly sweep, for an app that has long been switched off. Never shorter than the longest
// retention of a hub: a staged file may be a committed event that only waits to be published, and must not go before the app
// had every chance to.
var debris = [
  deletion(
    'debris',
    [
      '${fileSystem}/_system/staging/'
      '${fileSystem}/_system/ledger-replaced/'
      '${fileSystem}/_system/capture-replaced/'
    ],
    debrisRetentionDays
  )
]

// One rule for lines in bronze/ and the files in claims/ that they refer to. It counts from when a file was written: that of a merged file
// is later than that of its claims, which so go first. One more reason to leave it at 0.
var bronze = bronzeRetentionDays == 0
  ? []
  : [deletion('bronze', ['${fileSystem}/bronze/', '${fileSystem}/claims/'], bronzeRetentionDays)]

var quarantine = quarantineRetentionDays == 0
  ? []
  : [deletion('quarantine', ['${fileSystem}/quarantine/'], quarantineRetentionDays)]

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2025-01-01' = {
  parent: account
  name: 'default'
  properties: { policy: { rules: concat(debris, bronze, quarantine) } }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: blobs
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'StorageRead', enabled: logReads }
      { category: 'StorageWrite', enabled: true }
      { category: 'StorageDelete', enabled: true }
    ]
  }
}
