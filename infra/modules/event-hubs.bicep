// The Event Hubs namespace with a hub for each source.

@description('Name of the namespace.')
@minLength(6)
@maxLength(50)
param name string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Object id of the app’s identity.')
param principalId string

@description('Name of the app’s identity: makes the names of role assignments stable.')
param identityName string

@description('Tier of the namespace.')
@allowed(['Standard', 'Premium'])
param sku string

@description('Throughput units (Standard, to 40) or processing units (Premium: 1, 2, 4, 6, 8, 10, 12, 16).')
@minValue(1)
@maxValue(40)
param capacity int

@description('Standard: throughput units that auto-inflate may reach; 0 for no auto-inflate. Premium: not used.')
@minValue(0)
@maxValue(40)
param maximumThroughputUnits int

@description('Hub of PostgreSQL’s changes.')
param postgresHub string

@description('Hub of MongoDB’s changes.')
param mongoHub string

@description('Consumer groups that each hub has.')
param consumerGroups string[]

@description('Partitions of each hub. Standard: at most 32, and they cannot be changed afterwards.')
@minValue(1)
@maxValue(100)
param partitionCount int

@description('How long events are kept, in days. Standard: at most 7.')
@minValue(1)
@maxValue(90)
param retentionDays int

@description('Whether the app sends to the hub of PostgreSQL’s changes.')
param sendsPostgres bool

@description('Whether the app sends to the hub of MongoDB’s changes.')
param sendsMongo bool

@description('Reachable through private endpoints only.')
param privateNetwork bool

@description('Resource id of the Log Analytics workspace.')
param workspaceId string

var isStandard = sku == 'Standard'
var inflates = isStandard && maximumThroughputUnits > 0

// Caught here, and not after a quarter of an hour by the service.
var retentionChecked = isStandard && retentionDays > 7
  ? fail('Event Hubs Standard keeps events for 7 days at most: lower hubRetentionDays, or take eventHubsSku Premium.')
  : retentionDays
var partitionsChecked = isStandard && partitionCount > 32
  ? fail('Event Hubs Standard has 32 partitions at most: lower hubPartitionCount, or take eventHubsSku Premium.')
  : partitionCount
var inflateChecked = inflates && maximumThroughputUnits < capacity
  ? fail('eventHubsMaximumThroughputUnits is below eventHubsCapacity: raise it, or set it to 0 for no auto-inflate.')
  : maximumThroughputUnits

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: sku
    tier: sku
    capacity: capacity
  }
  properties: {
    // Identities only: no shared access key works, whoever holds it.
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
    isAutoInflateEnabled: inflates
    maximumThroughputUnits: inflates ? inflateChecked : 0
  }
}

resource networkRules 'Microsoft.EventHub/namespaces/networkRuleSets@2024-01-01' = {
  parent: namespace
  name: 'default'
  properties: {
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
    defaultAction: privateNetwork ? 'Deny' : 'Allow'
    trustedServiceAccessEnabled: false
    ipRules: []
    virtualNetworkRules: []
  }
}

module postgres 'event-hub.bicep' = {
  params: {
    namespaceName: namespace.name
    name: postgresHub
    consumerGroups: consumerGroups
    partitionCount: partitionsChecked
    retentionDays: retentionChecked
    principalId: principalId
    identityName: identityName
    sends: sendsPostgres
  }
}

module mongo 'event-hub.bicep' = {
  params: {
    namespaceName: namespace.name
    name: mongoHub
    consumerGroups: consumerGroups
    partitionCount: partitionsChecked
    retentionDays: retentionChecked
    principalId: principalId
    identityName: identityName
    sends: sendsMongo
  }
}

var logs = concat(
  ['OperationalLogs', 'AutoScaleLogs', 'DiagnosticErrorLogs'],
  // Who read and wrote, by which identity: the service writes these for Premium alone.
  isStandard ? [] : ['RuntimeAuditLogs']
)

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: namespace
  properties: {
    workspaceId: workspaceId
    logs: [for category in logs: { category: category, enabled: true }]
  }
}
