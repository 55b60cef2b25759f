// Who is told when something is wrong, of what, and where to look.

import { ruleChanges } from 'types.bicep'

@description('Part of the names that makes them unique.')
param token string

@description('Azure region, for what is not global.')
param location string

@description('Tags of every resource.')
param tags object

@description('Addresses that every alert is mailed to; with none, alerts only show in the portal.')
param alertEmails string[]

@description('Addresses that alerts of severity 0 and 1 are mailed to as well.')
param emergencyEmails string[] = []

@description('Telephones that get a text message at severity 0 and 1.')
param emergencyPhones { countryCode: string, number: string }[] = []

@description('Resource id of the Event Hubs namespace.')
param namespaceId string

@description('Names of its hubs: metrics have them in the dimension EntityName.')
param hubNames string[]

@description('Throughput units that a Standard namespace has, or may raise itself to; 0 for Premium, which has none.')
@minValue(0)
@maxValue(40)
param throughputUnits int = 1

@description('Whether Event Hubs Capture, which this app does not use, is turned on.')
param eventHubsCapture bool = false

@description('Resource id of the lake’s storage account.')
param lakeId string

@description('Resource id of the Functions host’s storage account.')
param hostStorageId string

@description('Resource id of Application Insights.')
param insightsId string

@description('Resource id of the Log Analytics workspace: the app’s own metrics and logs, and those of storage and Event Hubs.')
param workspaceId string

@description('Resource id of the function app.')
param appId string

@description('What differs from the rules’ defaults.')
param alertChanges ruleChanges = {}

var hasEmergency = !empty(emergencyEmails) || !empty(emergencyPhones)

// Mail and text messages only: an action that calls an address would hold a secret of whoever is called.
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

resource emergency 'Microsoft.Insights/actionGroups@2023-01-01' = if (hasEmergency) {
  name: 'ag-urgent-${token}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'lakeurgent'
    enabled: true
    emailReceivers: [
      for (address, index) in emergencyEmails: {
        name: 'mail-${index}'
        emailAddress: address
        useCommonAlertSchema: true
      }
    ]
    smsReceivers: [
      for (phone, index) in emergencyPhones: {
        name: 'phone-${index}'
        countryCode: phone.countryCode
        phoneNumber: phone.number
      }
    ]
  }
}

module metricAlerts 'metric-alerts.bicep' = {
  params: {
    token: token
    tags: tags
    namespaceId: namespaceId
    hubNames: hubNames
    throughputUnits: throughputUnits
    eventHubsCapture: eventHubsCapture
    lakeId: lakeId
    primaryActions: [{ actionGroupId: contacts.id }]
    urgentActions: hasEmergency ? [{ actionGroupId: emergency.id }] : []
    changes: alertChanges
  }
}

module logAlerts 'log-alerts.bicep' = {
  params: {
    token: token
    location: location
    tags: tags
    workspaceId: workspaceId
    primaryGroupId: contacts.id
    urgentGroupIds: hasEmergency ? [emergency.id] : []
    changes: alertChanges
  }
}

module workbook 'workbook.bicep' = {
  params: {
    token: token
    location: location
    tags: tags
    namespaceId: namespaceId
    lakeId: lakeId
    hostStorageId: hostStorageId
    insightsId: insightsId
    workspaceId: workspaceId
    appId: appId
  }
}

@description('Resource id of the action group.')
output actionGroupId string = contacts.id
