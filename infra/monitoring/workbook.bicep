// What an operator looks at: workbook.json, with the queries of queries/ put in where it names them (`query:partitions`).

@description('Part of the names that makes them unique.')
param token string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Resource id of the Event Hubs namespace.')
param namespaceId string

@description('Resource id of the lake’s storage account.')
param lakeId string

@description('Resource id of the Functions host’s storage account.')
param hostStorageId string

@description('Resource id of Application Insights: the workbook is listed there.')
param insightsId string

@description('Resource id of the Log Analytics workspace.')
param workspaceId string

@description('Resource id of the function app.')
param appId string

var queries = {
  'batch-shape': loadTextContent('queries/batch-shape.kql')
  'bytes-written': loadTextContent('queries/bytes-written.kql')
  capture: loadTextContent('queries/capture.kql')
  'capture-failures': loadTextContent('queries/capture-failures.kql')
  'capture-throughput': loadTextContent('queries/capture-throughput.kql')
  checkpoints: loadTextContent('queries/checkpoints.kql')
  completeness: loadTextContent('queries/completeness.kql')
  'duplicate-telemetry': loadTextContent('queries/duplicate-telemetry.kql')
  'error-rate': loadTextContent('queries/error-rate.kql')
  'failed-batches': loadTextContent('queries/failed-batches.kql')
  'failed-share': loadTextContent('queries/failed-share.kql')
  failures: loadTextContent('queries/failures.kql')
  gaps: loadTextContent('queries/gaps.kql')
  health: loadTextContent('queries/health.kql')
  instances: loadTextContent('queries/instances.kql')
  invocations: loadTextContent('queries/invocations.kql')
  lag: loadTextContent('queries/lag.kql')
  'lake-write-latency': loadTextContent('queries/lake-write-latency.kql')
  'log-ingestion': loadTextContent('queries/log-ingestion.kql')
  maintenance: loadTextContent('queries/maintenance.kql')
  'maintenance-outcomes': loadTextContent('queries/maintenance-outcomes.kql')
  optimisation: loadTextContent('queries/optimisation.kql')
  partitions: loadTextContent('queries/partitions.kql')
  percentiles: loadTextContent('queries/percentiles.kql')
  'processing-delay': loadTextContent('queries/processing-delay.kql')
  quarantine: loadTextContent('queries/quarantine.kql')
  'source-delay': loadTextContent('queries/source-delay.kql')
  'storage-retries': loadTextContent('queries/storage-retries.kql')
  'swap-conflicts': loadTextContent('queries/swap-conflicts.kql')
  'telemetry-trouble': loadTextContent('queries/telemetry-trouble.kql')
  throughput: loadTextContent('queries/throughput.kql')
}

var ids = {
  namespaceId: namespaceId
  lakeId: lakeId
  hostStorageId: hostStorageId
  insightsId: insightsId
  workspaceId: workspaceId
  appId: appId
}

// The file has a grain that suits a day, for whoever runs it by hand; here it follows the time range.
var grained = map(items(queries), each => {
  key: each.key
  value: replace(
    replace(each.value, 'let grain = 5m;', 'let grain = {TimeRange:grain};'),
    'let grain = 1h;',
    'let grain = {TimeRange:grain};'
  )
})

// A query becomes text within JSON: as an array of one, less its brackets.
var quoted = map(grained, each => {
  key: each.key
  value: substring(string([each.value]), 1, max(length(string([each.value])) - 2, 0))
})

var filled = reduce(
  quoted,
  loadTextContent('workbook.json'),
  (text, each) => replace(string(text), '"query:${each.key}"', each.value)
)

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(token, 'workbook')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'change-lake'
    category: 'workbook'
    sourceId: insightsId
    version: '1.0'
    serializedData: string(reduce(
      items(ids),
      filled,
      (text, each) => replace(string(text), '<${each.key}>', each.value)
    ))
  }
}
