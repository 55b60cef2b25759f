using '../../infra/main.bicep'

// One source captured, in the open, and quarantined events may be sent again.
param environmentName = 'replay'
param location = 'westeurope'
param capturePostgres = [
  { name: 'shop', connection: 'SHOP_DATABASE' }
]
param allowReplay = true
