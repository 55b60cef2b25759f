import { type MongoDatabase } from '../capture/mongodb/database';
import { type PostgresDatabase } from '../capture/postgresql/database';
import { type Source } from '../decode/event';
import { type Secret } from './secret';

/** How to reach the Event Hubs namespace. */
export type EventHubsAccess =
  | { readonly kind: 'connectionString'; readonly connectionString: Secret }
  | { readonly kind: 'identity'; readonly fullyQualifiedNamespace: string; readonly clientId: string | null };

/** How to reach the lake's account. Endpoints without a slash at the end. */
export type StorageAccess =
  | { readonly kind: 'connectionString'; readonly connectionString: Secret }
  | {
      readonly kind: 'identity';
      readonly blobEndpoint: string;
      readonly dfsEndpoint: string;
      readonly clientId: string | null;
    };

/** What is captured here, and for how long at a time. */
export interface CaptureConfig {
  readonly postgresql: readonly PostgresDatabase[];
  readonly mongodb: readonly MongoDatabase[];
  /** A run of the function ends at the end of the transaction that is under way then. */
  readonly runMs: number;
  /** It ends at once, before the host ends the process: what was under way comes again. */
  readonly abortMs: number;
}

/** How the lake is looked after. */
export interface MaintenanceConfig {
  /** The consumer group that gaps are read through. */
  readonly repairGroup: string;
  /** A run begins nothing new after this time. */
  readonly runMs: number;
  /** No merged file becomes larger. */
  readonly targetBytes: number;
  /** A day is left alone until this long after its end, UTC. */
  readonly closedAfterMs: number;
}

/** The settings, validated and in the units that the code works in. Frozen; printing it shows no secret. */
export interface Config {
  readonly eventHubs: EventHubsAccess;
  readonly storage: StorageAccess;
  readonly lake: { readonly fileSystem: string; readonly maxFileBytes: number };
  readonly hubs: Readonly<Record<Source, string>>;
  /** What the lake calls the namespace, lower case; null: by its host name. */
  readonly namespaceName: string | null;
  readonly consumerGroup: string;
  readonly retentionDays: number;
  /** Bytes that batches being encoded may hold at once, all partitions together. */
  readonly memoryBudgetBytes: number;
  readonly attemptMs: number;
  readonly requestMs: number;
  readonly applicationInsights: Secret | null;
  /** Telemetry is sent as this identity; null: by the connection string alone. */
  readonly applicationInsightsIdentity: { readonly clientId: string | null } | null;
  readonly capture: CaptureConfig;
  readonly maintenance: MaintenanceConfig;
}
