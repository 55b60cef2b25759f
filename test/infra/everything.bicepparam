using '../../infra/main.bicep'

// Everything that can be turned on is: so that the policies see every resource that the template can make.
param environmentName = 'everything'
param location = 'westeurope'
param tags = { team: 'data' }
param eventHubsSku = 'Premium'
param hubPartitionCount = 40
param hubRetentionDays = 30
param infrastructureEncryption = true
param bronzeRetentionDays = 3650
param quarantineRetentionDays = 180
param nodeVersion = '24'
param instanceMemoryMB = 4096
param alwaysReadyInstances = 2
param capturePostgres = [
  { name: 'shop', connection: 'SHOP_DATABASE', tables: ['public.orders'] }
]
param captureMongo = [
  { name: 'carts', connection: 'CARTS_DATABASE', database: 'shop', preImages: 'whenAvailable' }
]
param appSettings = { INGEST_MEMORY_MIB: '512' }
param privateNetwork = true
param alertEmails = ['somebody@example.com']
param eventHubsCapture = true
param emergencyEmails = ['somebody.else@example.com']
param emergencyPhones = [
  { countryCode: '49', number: '3012345678' }
]
param alertChanges = {
  quarantine: { severity: 2, threshold: 100, window: 'PT6H', frequency: 'PT30M' }
  'hub-user-errors': { enabled: false }
}
