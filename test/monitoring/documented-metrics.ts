/** What a platform metric can be asked for. */
interface Documented {
  readonly aggregations: readonly string[];
  readonly dimensions: readonly string[];
}

/** Of a resource type: metrics by their name in the REST API, and the category that workbooks put before the name. */
interface DocumentedType {
  readonly metrics: Readonly<Record<string, Documented & { readonly category?: string }>>;
}

const total = (...dimensions: string[]): Documented => ({ aggregations: ['Total'], dimensions });
const spread = (...dimensions: string[]): Documented => ({
  aggregations: ['Average', 'Minimum', 'Maximum'],
  dimensions,
});
const transaction = (metric: Documented) => ({ ...metric, category: 'Transaction' });

/**
 * As Microsoft's reference lists them: "Supported metrics for Microsoft.EventHub/Namespaces", "… Microsoft.Storage/storageAccounts" and
 * "… Microsoft.Web/sites" (learn.microsoft.com/azure/azure-monitor/reference/supported-metrics). Deprecated ones are left out, and so are
 * those of web apps that are no function apps.
 */
export const DOCUMENTED: Readonly<Record<string, DocumentedType>> = {
  'microsoft.eventhub/namespaces': {
    metrics: {
      ActiveConnections: spread(),
      CaptureBacklog: total('EntityName'),
      CapturedBytes: total('EntityName'),
      CapturedMessages: total('EntityName'),
      IncomingBytes: total('EntityName'),
      IncomingMessages: total('EntityName'),
      IncomingRequests: total('EntityName'),
      NamespaceCpuUsage: spread('Replica'),
      NamespaceMemoryUsage: spread('Replica'),
      OutgoingBytes: total('EntityName'),
      OutgoingMessages: total('EntityName'),
      QuotaExceededErrors: total('EntityName', 'OperationResult'),
      ServerErrors: total('EntityName', 'OperationResult'),
      Size: spread('EntityName'),
      SuccessfulRequests: total('EntityName', 'OperationResult'),
      ThrottledRequests: total('EntityName', 'OperationResult'),
      UserErrors: total('EntityName', 'OperationResult'),
    },
  },
  'microsoft.storage/storageaccounts': {
    metrics: {
      Availability: transaction(spread('GeoType', 'ApiName', 'Authentication')),
      Egress: transaction(total('GeoType', 'ApiName', 'Authentication')),
      Ingress: transaction(total('GeoType', 'ApiName', 'Authentication')),
      SuccessE2ELatency: transaction(spread('GeoType', 'ApiName', 'Authentication')),
      SuccessServerLatency: transaction(spread('GeoType', 'ApiName', 'Authentication')),
      Transactions: transaction(total('ResponseType', 'GeoType', 'ApiName', 'Authentication', 'TransactionType')),
      UsedCapacity: { aggregations: ['Average'], dimensions: [], category: 'Capacity' },
    },
  },
  'microsoft.web/sites': {
    metrics: {
      AlwaysReadyFunctionExecutionCount: total('Instance'),
      AlwaysReadyFunctionExecutionUnits: total('Instance'),
      AlwaysReadyUnits: total('Instance'),
      InstanceCount: { aggregations: ['Average'], dimensions: [] },
      MemoryWorkingSet: { aggregations: ['Average'], dimensions: ['Instance'] },
      OnDemandFunctionExecutionCount: total('Instance'),
      OnDemandFunctionExecutionUnits: total('Instance'),
    },
  },
};

/** Values of the dimension ResponseType of storage that "Azure Blob Storage monitoring data reference" lists. */
const RESPONSE_TYPES = [
  ...['Success', 'AuthorizationError', 'NetworkError', 'ServerBusyError', 'ServerTimeoutError', 'ServerOtherError'],
  ...['ClientAccountBandwidthThrottlingError', 'ClientAccountRequestThrottlingError', 'ClientThrottlingError'],
  ...['ClientTimeoutError', 'ClientOtherError'],
];

/** A metric as it is asked for. */
export interface Asked {
  readonly type: string;
  readonly metric: string;
  readonly aggregation: string;
  readonly dimensions: readonly { readonly name: string; readonly values: readonly string[] }[];
}

/** What the documentation does not know of what is asked, a sentence each. */
export function undocumented({ type, metric, aggregation, dimensions }: Asked): string[] {
  const known = DOCUMENTED[type.toLowerCase()]?.metrics[metric];
  if (known === undefined) return [`${type} has no metric ${metric}`];
  return [
    ...(known.aggregations.includes(aggregation) ? [] : [`${metric} has no ${aggregation}`]),
    ...dimensions.flatMap(({ name }) =>
      known.dimensions.includes(name) ? [] : [`${metric} has no dimension ${name}`],
    ),
    ...dimensions
      .filter(({ name }) => name === 'ResponseType')
      .flatMap(({ values }) => values.filter((value) => !RESPONSE_TYPES.includes(value)))
      .map((value) => `ResponseType is never ${value}`),
  ];
}

/** How a workbook names a metric, and a number for how it is drawn together. */
const DRAWN: Readonly<Record<number, string>> = { 1: 'Total', 2: 'Minimum', 3: 'Maximum', 4: 'Average' };

export interface Drawn {
  readonly namespace: string;
  /** `microsoft.storage/storageaccounts-Transaction-Transactions` */
  readonly metric: string;
  readonly aggregation: number;
  readonly splitBy?: string | null;
}

/** The same of a metric that a workbook draws. */
export function undocumentedDrawn({ namespace, metric, aggregation, splitBy }: Drawn): string[] {
  const prefix = `${namespace}-`;
  const [category = '', name = ''] = metric.startsWith(prefix) ? metric.slice(prefix.length).split('-') : [];
  const wanted = DOCUMENTED[namespace]?.metrics[name]?.category ?? '';
  const dimensions = splitBy === undefined || splitBy === null ? [] : [{ name: splitBy, values: [] }];
  return [
    ...undocumented({ type: namespace, metric: name, aggregation: DRAWN[aggregation] ?? 'nothing', dimensions }),
    ...(category === wanted ? [] : [`${name} is of the category "${wanted}", not "${category}"`]),
  ];
}
