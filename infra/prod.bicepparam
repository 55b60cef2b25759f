using 'main.bicep'

// Across zones, off the internet, warm.
param environmentName = 'change-lake-prod'
param location = 'westeurope'
param eventHubsCapacity = 2
param eventHubsMaximumThroughputUnits = 20
param hubPartitionCount = 8
param lakeRedundancy = 'Standard_ZRS'
param hostRedundancy = 'Standard_ZRS'
param infrastructureEncryption = true
param lakeSoftDeleteDays = 30
param alwaysReadyInstances = 1
param logRetentionDays = 90
param privateNetwork = true
