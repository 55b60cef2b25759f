// A private endpoint with its entry in the DNS zone of its kind.

@description('Name of what it leads to.')
param name string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Resource id of the subnet.')
param subnetId string

@description('Resource id of what it leads to.')
param targetId string

@description('Which of the services of the target.')
@allowed(['blob', 'dfs', 'queue', 'table', 'namespace', 'vault'])
param group string

@description('Private DNS zone that gets the entry.')
param zone string

resource dns 'Microsoft.Network/privateDnsZones@2024-06-01' existing = {
  name: zone
}

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = {
  name: 'pe-${name}'
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      {
        name: name
        properties: {
          privateLinkServiceId: targetId
          groupIds: [group]
        }
      }
    ]
  }

  resource entry 'privateDnsZoneGroups' = {
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        { name: group, properties: { privateDnsZoneId: dns.id } }
      ]
    }
  }
}
