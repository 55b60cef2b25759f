// Log Analytics, and Application Insights on top of it. Both take identities only, no keys.

@description('Name of the Log Analytics workspace.')
param workspaceName string

@description('Name of Application Insights.')
param insightsName string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Object id of the app’s identity.')
param principalId string

@description('Name of the app’s identity: makes the names of role assignments stable.')
param identityName string

@description('How long logs are kept, in days.')
@minValue(30)
@maxValue(730)
param logRetentionDays int

@description('Ingestion ends for the day at so many GB; -1 for no limit.')
@minValue(-1)
param logDailyQuotaGb int

// Monitoring Metrics Publisher: sends telemetry, reads none.
var metricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: logRetentionDays
    workspaceCapping: { dailyQuotaGb: logDailyQuotaGb }
    features: { disableLocalAuth: true }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: insightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    IngestionMode: 'LogAnalytics'
    // The key in the connection string then only names the resource: nobody sends telemetry with it alone.
    DisableLocalAuth: true
  }
}

resource publisher 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, identityName, metricsPublisher)
  scope: insights
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', metricsPublisher)
    description: 'The app sends its telemetry.'
  }
}

@description('Resource id of the workspace.')
output workspaceId string = workspace.id
