using 'main.bicep'

// Small and cheap, in the open: everything still asks for an identity.
param environmentName = 'change-lake-dev'
param location = 'westeurope'
param eventHubsMaximumThroughputUnits = 0
param hubPartitionCount = 2
param hubRetentionDays = 1
param lakeSoftDeleteDays = 7
param debrisRetentionDays = 90
param logDailyQuotaGb = 1
param logLakeReads = false
