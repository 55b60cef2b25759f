// Rules on what the platform itself measures: they hold even when the app sends nothing at all.

import { ruleChanges } from 'types.bicep'

@description('Part of the names that makes them unique.')
param token string

@description('Tags of every resource.')
param tags object

@description('Resource id of the Event Hubs namespace.')
param namespaceId string

@description('Names of its hubs.')
param hubNames string[]

@description('Throughput units that a Standard namespace has, or may raise itself to; 0 for Premium, which has none.')
@minValue(0)
@maxValue(40)
param throughputUnits int

@description('Whether Event Hubs Capture, which this app does not use, is turned on.')
param eventHubsCapture bool

@description('Resource id of the lake’s storage account.')
param lakeId string

@description('What is done at every severity.')
param primaryActions action[]

@description('What else is done at severities 0 and 1.')
param urgentActions action[]

@description('What differs from the defaults below.')
param changes ruleChanges

type action = { actionGroupId: string }

type criterion = {
  metric: string
  of: 'Average' | 'Total'
  operator: 'GreaterThan' | 'LessThan'
  dimension: string?
  values: string[]?
  @description('A threshold that is not the rule’s.')
  fixed: int?
}

type rule = {
  name: string
  @description('What tells rules of one name apart.')
  of: string?
  title: string
  act: string
  scope: string
  type: string
  severity: int
  window: string
  frequency: string
  threshold: int
  @description('What the threshold is multiplied by.')
  unit: int?
  @description('The threshold is a percentage of so much, over the whole window.')
  perSecond: int?
  when: bool
  criteria: criterion[]
}

var hubs = 'Microsoft.EventHub/namespaces'
var storage = 'Microsoft.Storage/storageAccounts'
var seconds = { PT5M: 300, PT15M: 900, PT30M: 1800, PT1H: 3600, PT6H: 21600, P1D: 86400 }
var isStandard = throughputUnits > 0

var rules rule[] = concat(
  [
    {
      name: 'hub-throttled'
      title: 'Event Hubs throttles'
      act: 'Raise the throughput units, or the most that auto-inflate may reach; senders try again meanwhile.'
      scope: namespaceId
      type: hubs
      severity: 2
      window: 'PT15M'
      frequency: 'PT5M'
      threshold: 10
      when: true
      criteria: [{ metric: 'ThrottledRequests', of: 'Total', operator: 'GreaterThan' }]
    }
    {
      name: 'hub-server-errors'
      title: 'Event Hubs fails'
      act: 'Look at the health of the service in the region. Nothing is lost: senders and readers try again.'
      scope: namespaceId
      type: hubs
      severity: 2
      window: 'PT15M'
      frequency: 'PT5M'
      threshold: 10
      when: true
      criteria: [{ metric: 'ServerErrors', of: 'Total', operator: 'GreaterThan' }]
    }
    {
      name: 'hub-user-errors'
      title: 'Event Hubs refuses requests'
      act: 'A role is missing, a name is wrong, or a second reader takes a consumer group: AZMSDiagnosticErrorLogs tells which.'
      scope: namespaceId
      type: hubs
      severity: 3
      window: 'PT30M'
      frequency: 'PT15M'
      threshold: 100
      when: true
      criteria: [{ metric: 'UserErrors', of: 'Total', operator: 'GreaterThan' }]
    }
    {
      name: 'hub-quota'
      title: 'A quota of Event Hubs is exceeded'
      act: 'Too many connections or readers, or too much kept: the metric’s OperationResult tells which.'
      scope: namespaceId
      type: hubs
      severity: 2
      window: 'PT15M'
      frequency: 'PT5M'
      threshold: 0
      when: true
      criteria: [{ metric: 'QuotaExceededErrors', of: 'Total', operator: 'GreaterThan' }]
    }
    {
      name: 'hub-bytes-in'
      title: 'Bytes into Event Hubs near the limit'
      act: 'Raise the throughput units (1 MB/s in, each), or the most that auto-inflate may reach, before senders are throttled.'
      scope: namespaceId
      type: hubs
      severity: 3
      window: 'PT5M'
      frequency: 'PT5M'
      threshold: 80
      perSecond: throughputUnits * 1000000
      when: isStandard
      criteria: [{ metric: 'IncomingBytes', of: 'Total', operator: 'GreaterThan' }]
    }
    {
      name: 'hub-events-in'
      title: 'Events into Event Hubs near the limit'
      act: 'Raise the throughput units (1,000 events/s in, each), or the most that auto-inflate may reach, before senders are throttled.'
      scope: namespaceId
      type: hubs
      severity: 3
      window: 'PT5M'
      frequency: 'PT5M'
      threshold: 80
      perSecond: throughputUnits * 1000
      when: isStandard
      criteria: [{ metric: 'IncomingMessages', of: 'Total', operator: 'GreaterThan' }]
    }
    {
      name: 'hub-bytes-out'
      title: 'Bytes out of Event Hubs near the limit'
      act: 'Raise the throughput units (2 MB/s out, each), or take away other readers: the app catches up no faster than this.'
      scope: namespaceId
      type: hubs
      severity: 3
      window: 'PT5M'
      frequency: 'PT5M'
      threshold: 80
      perSecond: throughputUnits * 2000000
      when: isStandard
      criteria: [{ metric: 'OutgoingBytes', of: 'Total', operator: 'GreaterThan' }]
    }
    {
      name: 'hub-cpu'
      title: 'Event Hubs Premium is busy'
      act: 'Raise the processing units.'
      scope: namespaceId
      type: hubs
      severity: 3
      window: 'PT15M'
      frequency: 'PT5M'
      threshold: 80
      when: !isStandard
      criteria: [{ metric: 'NamespaceCpuUsage', of: 'Average', operator: 'GreaterThan' }]
    }
    {
      name: 'hub-capture-backlog'
      title: 'Event Hubs Capture lags'
      act: 'Look at the account that Event Hubs Capture writes to. The app’s lake is not affected.'
      scope: namespaceId
      type: hubs
      severity: 3
      window: 'PT1H'
      frequency: 'PT15M'
      threshold: 100000
      when: eventHubsCapture
      criteria: [{ metric: 'CaptureBacklog', of: 'Total', operator: 'GreaterThan' }]
    }
    {
      name: 'lake-availability'
      title: 'The lake’s account fails requests'
      act: 'Look at the health of the service in the region. Nothing is lost: batches are tried again until they land.'
      scope: lakeId
      type: storage
      severity: 1
      window: 'PT15M'
      frequency: 'PT5M'
      threshold: 99
      when: true
      criteria: [{ metric: 'Availability', of: 'Average', operator: 'LessThan' }]
    }
    {
      name: 'lake-latency'
      title: 'The lake’s account is slow'
      act: 'Look for throttled requests, and for readers that take whole days at once; the time includes that of slow clients.'
      scope: lakeId
      type: storage
      severity: 3
      window: 'PT15M'
      frequency: 'PT5M'
      threshold: 1000
      when: true
      criteria: [{ metric: 'SuccessE2ELatency', of: 'Average', operator: 'GreaterThan' }]
    }
    {
      name: 'lake-throttled'
      title: 'The lake’s account throttles'
      act: 'Larger batches (docs/host-json.md) make fewer requests; spread readers, or ask for a higher limit.'
      scope: lakeId
      type: storage
      severity: 2
      window: 'PT15M'
      frequency: 'PT5M'
      threshold: 10
      when: true
      criteria: [
        {
          metric: 'Transactions'
          of: 'Total'
          operator: 'GreaterThan'
          dimension: 'ResponseType'
          values: [
            'ServerBusyError'
            'ClientThrottlingError'
            'ClientAccountRequestThrottlingError'
            'ClientAccountBandwidthThrottlingError'
          ]
        }
      ]
    }
    {
      name: 'lake-capacity'
      title: 'The lake has grown large'
      act: 'Nothing breaks: it costs. what was merged is kept for lakeSoftDeleteDays more; capture fewer tables, or raise this threshold.'
      scope: lakeId
      type: storage
      severity: 3
      window: 'P1D'
      frequency: 'PT1H'
      threshold: 1024
      unit: 1073741824
      when: true
      criteria: [{ metric: 'UsedCapacity', of: 'Average', operator: 'GreaterThan' }]
    }
  ],
  // Several conditions in one rule allow one value of a dimension each, so each hub has its own.
  map(hubNames, hub => {
    name: 'hub-unread'
    of: hub
    title: 'Events go into ${hub}, and nobody reads them'
    act: 'Look at the function app: is it running, may it read the hub? Events wait until the retention of the hub is over.'
    scope: namespaceId
    type: hubs
    severity: 1
    window: 'PT30M'
    frequency: 'PT15M'
    threshold: 0
    when: true
    criteria: [
      { metric: 'IncomingMessages', of: 'Total', operator: 'GreaterThan', dimension: 'EntityName', values: [hub] }
      {
        metric: 'OutgoingMessages'
        of: 'Total'
        operator: 'LessThan'
        dimension: 'EntityName'
        values: [hub]
        fixed: 1
      }
    ]
  })
)

var active = filter(rules, rule => rule.when && (changes[?rule.name].?enabled ?? true))

// Each rule as its changes make it.
var changed = map(active, rule => {
  rule: rule
  severity: changes[?rule.name].?severity ?? rule.severity
  window: changes[?rule.name].?window ?? rule.window
  frequency: changes[?rule.name].?frequency ?? rule.frequency
  limit: rule.?perSecond == null
    ? (changes[?rule.name].?threshold ?? rule.threshold) * (rule.?unit ?? 1)
    : (changes[?rule.name].?threshold ?? rule.threshold) * (rule.?perSecond ?? 0) * seconds[changes[?rule.name].?window ?? rule.window] / 100
})

resource alerts 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for each in changed: {
    name: empty(each.rule.?of) ? '${each.rule.name}-${token}' : '${each.rule.name}-${each.rule.?of}-${token}'
    location: 'global'
    tags: tags
    properties: {
      description: '${each.rule.title}. ${each.rule.act} (docs/monitoring.md)'
      enabled: true
      severity: each.severity
      scopes: [each.rule.scope]
      targetResourceType: each.rule.type
      windowSize: each.window
      evaluationFrequency: each.frequency
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: map(each.rule.criteria, (criterion, index) => {
          name: 'condition-${index}'
          criterionType: 'StaticThresholdCriterion'
          metricNamespace: each.rule.type
          metricName: criterion.metric
          timeAggregation: criterion.of
          operator: criterion.operator
          threshold: criterion.?fixed ?? each.limit
          dimensions: empty(criterion.?dimension)
            ? []
            : [{ name: criterion.dimension!, operator: 'Include', values: criterion.values! }]
        })
      }
      autoMitigate: true
      actions: each.severity < 2 ? concat(primaryActions, urgentActions) : primaryActions
    }
  }
]
