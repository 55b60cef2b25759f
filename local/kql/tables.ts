/** Tables by name, their columns by name, each with its type. */
export type Tables = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Columns that every table of Application Insights has. */
const COMMON = {
  AppRoleInstance: 'string',
  AppRoleName: 'string',
  AppVersion: 'string',
  ClientType: 'string',
  IKey: 'string',
  ItemCount: 'int',
  OperationId: 'string',
  OperationName: 'string',
  ParentId: 'string',
  Properties: 'dynamic',
  ResourceGUID: 'string',
  SDKVersion: 'string',
  SourceSystem: 'string',
  TenantId: 'string',
  TimeGenerated: 'datetime',
  Type: 'string',
  _BilledSize: 'real',
  _IsBillable: 'string',
  _ResourceId: 'string',
  _SubscriptionId: 'string',
};

/**
 * What the queries may read of the Log Analytics workspace: columns and types as the Azure Monitor table reference lists
 * them (learn.microsoft.com/azure/azure-monitor/reference/tables), less those of browsers and users, which this app never fills.
 */
export const TABLES = {
  AppMetrics: { ...COMMON, Name: 'string', Sum: 'real', Min: 'real', Max: 'real' },
  AppTraces: {
    ...COMMON,
    Message: 'string',
    Measurements: 'dynamic',
    SeverityLevel: 'int',
    ReferencedItemId: 'string',
    ReferencedType: 'string',
  },
  AppExceptions: {
    ...COMMON,
    Assembly: 'string',
    Details: 'dynamic',
    ExceptionType: 'string',
    HandledAt: 'string',
    InnermostMessage: 'string',
    InnermostMethod: 'string',
    InnermostType: 'string',
    Message: 'string',
    Method: 'string',
    OuterMessage: 'string',
    OuterMethod: 'string',
    OuterType: 'string',
    ProblemId: 'string',
    SeverityLevel: 'int',
  },
  AppRequests: {
    ...COMMON,
    DurationMs: 'real',
    Id: 'string',
    Measurements: 'dynamic',
    Name: 'string',
    PerformanceBucket: 'string',
    ResultCode: 'string',
    Source: 'string',
    Success: 'bool',
    Url: 'string',
  },
  Usage: {
    DataType: 'string',
    EndTime: 'datetime',
    IsBillable: 'bool',
    Quantity: 'real',
    QuantityUnit: 'string',
    ResourceUri: 'string',
    Solution: 'string',
    StartTime: 'datetime',
    TimeGenerated: 'datetime',
    Type: 'string',
  },
} as const satisfies Tables;
