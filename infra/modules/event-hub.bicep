// One hub, its consumer groups, and what the app may do with it.

@description('Name of the namespace.')
param namespaceName string

@description('Name of the hub.')
@minLength(1)
@maxLength(256)
param name string

@description('Consumer groups, besides the $Default that every hub is born with.')
param consumerGroups string[]

@description('Partitions.')
@minValue(1)
param partitionCount int

@description('How long events are kept, in days.')
@minValue(1)
@maxValue(90)
param retentionDays int

@description('Object id of the app’s identity.')
param principalId string

@description('Name of the app’s identity: makes the names of role assignments stable.')
param identityName string

@description('Whether the app sends to this hub: it captures the source, or replays quarantined events.')
param sends bool

// Azure Event Hubs Data Receiver. The hub is the narrowest scope that works: at a consumer group the role would not cover the
// hub's own facts (partitions, creation time), which the host and the app ask for.
var receiver = 'a638d3c7-ab3a-418d-83e6-5f17a39d4fde'

// Azure Event Hubs Data Sender.
var sender = '2b629674-e913-4c01-ae53-ef4638d8f975'

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' existing = {
  name: namespaceName
}

resource hub 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' = {
  parent: namespace
  name: name
  properties: {
    partitionCount: partitionCount
    retentionDescription: {
      cleanupPolicy: 'Delete'
      retentionTimeInHours: retentionDays * 24
    }
  }
}

// One after the other: the namespace refuses changes that come while it makes another.
@batchSize(1)
resource groups 'Microsoft.EventHub/namespaces/eventhubs/consumergroups@2024-01-01' = [
  for group in consumerGroups: {
    parent: hub
    name: group
  }
]

resource receives 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(hub.id, identityName, receiver)
  scope: hub
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', receiver)
    description: 'The app reads this hub.'
  }
}

resource sendsTo 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (sends) {
  name: guid(hub.id, identityName, sender)
  scope: hub
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', sender)
    description: 'The app sends captured or replayed changes to this hub.'
  }
}
