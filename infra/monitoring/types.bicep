// Which rules there are, and what can be changed about each. Defaults stand in metric-alerts.bicep and log-alerts.bicep.

@description('The period that is looked at.')
type window = 'PT5M' | 'PT15M' | 'PT30M' | 'PT1H' | 'PT6H' | 'P1D'

@description('How often it is looked at.')
type frequency = 'PT5M' | 'PT15M' | 'PT30M' | 'PT1H'

@export()
@description('What differs from the defaults of a rule on logs, which may look at two days.')
@sealed()
type logChange = {
  @description('Whether the rule is there at all.')
  enabled: bool?

  @description('0 critical, 1 error, 2 warning, 3 information, 4 verbose. 0 and 1 go to the emergency contacts, too.')
  severity: (0 | 1 | 2 | 3 | 4)?

  @description('What must be passed; its unit is the rule’s.')
  threshold: int?

  @description('The period that is looked at.')
  window: (window | 'P2D')?

  @description('How often it is looked at; at most as long as the window.')
  frequency: frequency?
}

@export()
@description('What differs from the defaults of a rule on what the platform measures.')
@sealed()
type metricChange = {
  @description('Whether the rule is there at all.')
  enabled: bool?

  @description('0 critical, 1 error, 2 warning, 3 information, 4 verbose. 0 and 1 go to the emergency contacts, too.')
  severity: (0 | 1 | 2 | 3 | 4)?

  @description('What must be passed; its unit is the rule’s.')
  threshold: int?

  @description('The period that is looked at.')
  window: window?

  @description('How often it is looked at; at most as long as the window.')
  frequency: frequency?
}

@export()
@description('Changes by rule; whatever is left out is as by default. docs/monitoring.md explains each rule.')
@sealed()
type ruleChanges = {
  @description('Threshold: attempts of one partition that failed with one code.')
  'failed-batches': logChange?

  @description('Threshold: attempts of one partition that failed while none landed.')
  'partition-stalled': logChange?

  @description('Threshold: failures that mean that somebody else changed the lake.')
  'lake-damaged': logChange?

  @description('Threshold: failures that no retry mends.')
  'needs-somebody': logChange?

  @description('Threshold: events that capture sent while none was received.')
  'nothing-lands': logChange?

  @description('Threshold: events in quarantine, of one partition.')
  quarantine: logChange?

  @description('Threshold: sequence numbers passed over, of one partition.')
  'sequence-gaps': logChange?

  @description('Threshold: events missing and still in the hub, of one source.')
  'completeness-missing': logChange?

  @description('Threshold: events newly lost, of one source.')
  'completeness-lost': logChange?

  @description('Threshold: proofs that failed, of one source: 0 or 1.')
  'completeness-unproved': logChange?

  @description('Threshold: hours through which a source is not provably complete yet.')
  'completeness-behind': logChange?

  @description('Threshold: 95th percentile of the delay in the pipeline, ms.')
  'processing-delay': logChange?

  @description('Threshold: 95th percentile of the time that writing a batch takes, ms.')
  'write-latency': logChange?

  @description('Threshold: daily runs within 26 hours; fewer are too few.')
  'daily-missed': logChange?

  @description('Threshold: hours since the last weekly run.')
  'weekly-overdue': logChange?

  @description('Threshold: runs of maintenance that failed, of one task.')
  'maintenance-failed': logChange?

  @description('Threshold: captures that found changes gone from their source.')
  'history-lost': logChange?

  @description('Threshold: captures that failed, with one code.')
  'capture-failing': logChange?

  @description('Threshold: the least delay between source and hub, ms.')
  'capture-delay': logChange?

  @description('Threshold: WAL that PostgreSQL keeps for one slot, GiB.')
  'slot-lag': logChange?

  @description('Threshold: hours that an oplog reaches back; fewer are too few.')
  'oplog-short': logChange?

  @description('Threshold: values and failures that were not sent.')
  'telemetry-dropped': logChange?

  @description('Threshold: billed logs of a day, GB.')
  'log-ingestion': logChange?

  @description('Threshold: requests that Event Hubs throttled.')
  'hub-throttled': metricChange?

  @description('Threshold: requests that failed within Event Hubs.')
  'hub-server-errors': metricChange?

  @description('Threshold: requests that failed by their sender’s or reader’s fault.')
  'hub-user-errors': metricChange?

  @description('Threshold: requests beyond a quota.')
  'hub-quota': metricChange?

  @description('Threshold: bytes in, as a percentage of what the throughput units take.')
  'hub-bytes-in': metricChange?

  @description('Threshold: events in, as a percentage of what the throughput units take.')
  'hub-events-in': metricChange?

  @description('Threshold: bytes out, as a percentage of what the throughput units give.')
  'hub-bytes-out': metricChange?

  @description('Threshold: use of a Premium namespace’s processors, percent.')
  'hub-cpu': metricChange?

  @description('Threshold: events into one hub while none is read from it.')
  'hub-unread': metricChange?

  @description('Threshold: backlog of Event Hubs Capture; only where eventHubsCapture is true.')
  'hub-capture-backlog': metricChange?

  @description('Threshold: requests that the lake’s account answered, percent; less is too little.')
  'lake-availability': metricChange?

  @description('Threshold: average time of the lake’s account for a request, to the last byte, ms.')
  'lake-latency': metricChange?

  @description('Threshold: throttled requests to the lake’s account, of one kind.')
  'lake-throttled': metricChange?

  @description('Threshold: size of the lake’s account, GiB.')
  'lake-capacity': metricChange?
}
