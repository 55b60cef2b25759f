// Rules on the app's own logs and metrics. They ask the workspace (AppMetrics, AppTraces, Usage), so that rules, workbook and whoever
// asks by hand run the same text. Title and advice of each stand in the file of its query.

import { ruleChanges } from 'types.bicep'

@description('Part of the names that makes them unique.')
param token string

@description('Azure region: the workspace’s.')
param location string

@description('Tags of every resource.')
param tags object

@description('Resource id of the Log Analytics workspace.')
param workspaceId string

@description('Action group for every severity.')
param primaryGroupId string

@description('Action groups for severities 0 and 1.')
param urgentGroupIds string[]

@description('What differs from the defaults below.')
param changes ruleChanges

// `resolves`: the alert ends by itself when it no longer holds. What has happened once and cannot be undone stays until somebody closes it.
var rules = [
  {
    name: 'lake-damaged'
    query: loadTextContent('queries/alerts/lake-damaged.kql')
    severity: 0
    measure: 'failed'
    above: true
    threshold: 0
    window: 'PT15M'
    frequency: 'PT5M'
    split: ['source', 'hub', 'partition', 'code']
    resolves: false
  }
  {
    name: 'completeness-lost'
    query: loadTextContent('queries/alerts/completeness-lost.kql')
    severity: 0
    measure: 'newlyLost'
    above: true
    threshold: 0
    window: 'PT1H'
    frequency: 'PT30M'
    split: ['source']
    resolves: false
  }
  {
    name: 'history-lost'
    query: loadTextContent('queries/alerts/history-lost.kql')
    severity: 0
    measure: 'failed'
    above: true
    threshold: 0
    window: 'PT15M'
    frequency: 'PT5M'
    split: ['source']
    resolves: false
  }
  {
    name: 'needs-somebody'
    query: loadTextContent('queries/alerts/needs-somebody.kql')
    severity: 1
    measure: 'failed'
    above: true
    threshold: 2
    window: 'PT15M'
    frequency: 'PT5M'
    split: ['source', 'code']
    resolves: true
  }
  {
    name: 'partition-stalled'
    query: loadTextContent('queries/alerts/partition-stalled.kql')
    severity: 1
    measure: 'failed'
    above: true
    threshold: 3
    window: 'PT30M'
    frequency: 'PT15M'
    split: ['source', 'hub', 'partition']
    resolves: true
  }
  {
    name: 'nothing-lands'
    query: loadTextContent('queries/alerts/nothing-lands.kql')
    severity: 1
    measure: 'sent'
    above: true
    threshold: 0
    window: 'PT30M'
    frequency: 'PT15M'
    split: ['source']
    resolves: true
  }
  {
    name: 'completeness-missing'
    query: loadTextContent('queries/alerts/completeness-missing.kql')
    severity: 1
    measure: 'missingEvents'
    above: true
    threshold: 0
    window: 'P2D'
    frequency: 'PT1H'
    split: ['source']
    resolves: true
  }
  {
    name: 'completeness-unproved'
    query: loadTextContent('queries/alerts/completeness-unproved.kql')
    severity: 1
    measure: 'unproved'
    above: true
    threshold: 0
    window: 'P2D'
    frequency: 'PT1H'
    split: ['source']
    resolves: true
  }
  {
    name: 'capture-failing'
    query: loadTextContent('queries/alerts/capture-failing.kql')
    severity: 1
    measure: 'failed'
    above: true
    threshold: 2
    window: 'PT30M'
    frequency: 'PT15M'
    split: ['source', 'code']
    resolves: true
  }
  {
    name: 'slot-lag'
    query: loadTextContent('queries/alerts/slot-lag.kql')
    severity: 1
    measure: 'gibibytes'
    above: true
    threshold: 10
    window: 'PT1H'
    frequency: 'PT15M'
    split: ['name']
    resolves: true
  }
  {
    name: 'failed-batches'
    query: loadTextContent('queries/alerts/failed-batches.kql')
    severity: 2
    measure: 'failed'
    above: true
    threshold: 5
    window: 'PT15M'
    frequency: 'PT5M'
    split: ['source', 'hub', 'partition', 'code']
    resolves: true
  }
  {
    name: 'processing-delay'
    query: loadTextContent('queries/alerts/processing-delay.kql')
    severity: 2
    measure: 'delayMs'
    above: true
    threshold: 300000
    window: 'PT15M'
    frequency: 'PT5M'
    split: ['source']
    resolves: true
  }
  {
    name: 'daily-missed'
    query: loadTextContent('queries/alerts/daily-missed.kql')
    severity: 2
    measure: 'runs'
    above: false
    threshold: 1
    window: 'P2D'
    frequency: 'PT1H'
    split: []
    resolves: true
  }
  {
    name: 'completeness-behind'
    query: loadTextContent('queries/alerts/completeness-behind.kql')
    severity: 2
    measure: 'hours'
    above: true
    threshold: 48
    window: 'P2D'
    frequency: 'PT1H'
    split: ['source']
    resolves: true
  }
  {
    name: 'maintenance-failed'
    query: loadTextContent('queries/alerts/maintenance-failed.kql')
    severity: 2
    measure: 'failed'
    above: true
    threshold: 0
    window: 'PT1H'
    frequency: 'PT30M'
    split: ['task']
    resolves: true
  }
  {
    name: 'capture-delay'
    query: loadTextContent('queries/alerts/capture-delay.kql')
    severity: 2
    measure: 'delayMs'
    above: true
    threshold: 600000
    window: 'PT30M'
    frequency: 'PT15M'
    split: ['source']
    resolves: true
  }
  {
    name: 'oplog-short'
    query: loadTextContent('queries/alerts/oplog-short.kql')
    severity: 2
    measure: 'hours'
    above: false
    threshold: 24
    window: 'PT1H'
    frequency: 'PT15M'
    split: ['name']
    resolves: true
  }
  {
    name: 'quarantine'
    query: loadTextContent('queries/alerts/quarantine.kql')
    severity: 3
    measure: 'quarantined'
    above: true
    threshold: 0
    window: 'PT1H'
    frequency: 'PT15M'
    split: ['source', 'hub', 'partition']
    resolves: true
  }
  {
    name: 'sequence-gaps'
    query: loadTextContent('queries/alerts/sequence-gaps.kql')
    severity: 3
    measure: 'passed'
    above: true
    threshold: 0
    window: 'PT1H'
    frequency: 'PT15M'
    split: ['source', 'hub', 'partition']
    resolves: true
  }
  {
    name: 'write-latency'
    query: loadTextContent('queries/alerts/write-latency.kql')
    severity: 3
    measure: 'writeMs'
    above: true
    threshold: 10000
    window: 'PT15M'
    frequency: 'PT15M'
    split: ['source']
    resolves: true
  }
  {
    name: 'weekly-overdue'
    query: loadTextContent('queries/alerts/weekly-overdue.kql')
    severity: 3
    measure: 'hours'
    above: true
    threshold: 192
    window: 'P2D'
    frequency: 'PT1H'
    split: []
    resolves: true
  }
  {
    name: 'telemetry-dropped'
    query: loadTextContent('queries/alerts/telemetry-dropped.kql')
    severity: 3
    measure: 'dropped'
    above: true
    threshold: 0
    window: 'PT1H'
    frequency: 'PT30M'
    split: ['fault']
    resolves: true
  }
  {
    name: 'log-ingestion'
    query: loadTextContent('queries/alerts/log-ingestion.kql')
    severity: 3
    measure: 'gigabytes'
    above: true
    threshold: 5
    window: 'P1D'
    frequency: 'PT1H'
    split: []
    resolves: true
  }
]

var active = filter(rules, rule => changes[?rule.name].?enabled ?? true)

resource alerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in active: {
    name: '${rule.name}-${token}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: replace(split(rule.query, '\n')[0], '// Title: ', '')
      description: '${replace(split(rule.query, '\n')[2], '// Do: ', '')} (docs/monitoring.md)'
      enabled: true
      severity: changes[?rule.name].?severity ?? rule.severity
      scopes: [workspaceId]
      windowSize: changes[?rule.name].?window ?? rule.window
      evaluationFrequency: changes[?rule.name].?frequency ?? rule.frequency
      criteria: {
        allOf: [
          {
            query: rule.query
            metricMeasureColumn: rule.measure
            // Each combination of dimensions is one row. Where less is worse, so is the least.
            timeAggregation: rule.above ? 'Maximum' : 'Minimum'
            operator: rule.above ? 'GreaterThan' : 'LessThan'
            threshold: changes[?rule.name].?threshold ?? rule.threshold
            dimensions: map(rule.split, column => { name: column, operator: 'Include', values: ['*'] })
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      autoMitigate: rule.resolves
      // A rule that does not resolve fires at each look; it is told once in so long. One that resolves must have none.
      muteActionsDuration: rule.resolves ? null : 'PT6H'
      // A workspace that was made a moment ago does not know the tables yet; a test has bound the query to their columns.
      skipQueryValidation: true
      actions: {
        actionGroups: concat(
          [primaryGroupId],
          (changes[?rule.name].?severity ?? rule.severity) < 2 ? urgentGroupIds : []
        )
      }
    }
  }
]
