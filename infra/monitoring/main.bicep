// Who is told when something is wrong, and of what: the action group; alerts and workbook go here, too.

@description('Part of the names that makes them unique.')
param token string

@description('Azure region, for what is not global.')
#disable-next-line no-unused-params
param location string

@description('Tags of every resource.')
param tags object

@description('Addresses that alerts are mailed to; with none, alerts only show in the portal.')
param alertEmails string[]

@description('Resource id of the Event Hubs namespace.')
#disable-next-line no-unused-params
param namespaceId string

@description('Names of its hubs: metrics have them in the dimension EntityName.')
#disable-next-line no-unused-params
param hubNames string[]

@description('Resource id of the lake’s storage account.')
#disable-next-line no-unused-params
param lakeId string

@description('Resource id of the Functions host’s storage account.')
#disable-next-line no-unused-params
param hostStorageId string

@description('Resource id of Application Insights: the app’s own metrics and logs.')
#disable-next-line no-unused-params
param insightsId string

@description('Resource id of the Log Analytics workspace: logs of storage and Event Hubs.')
#disable-next-line no-unused-params
param workspaceId string

@description('Resource id of the function app.')
#disable-next-line no-unused-params
param appId string

resource contacts 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-${token}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'changelake'
    enabled: true
    emailReceivers: [
      for (address, index) in alertEmails: {
        name: 'mail-${index}'
        emailAddress: address
        useCommonAlertSchema: true
      }
    ]
  }
}

@description('Resource id of the action group.')
output actionGroupId string = contacts.id
