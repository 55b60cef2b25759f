/**
 * The parts of Azurite's internals that the gateway stands on; Azurite ships no types. package.json pins the exact
 * version, and test/local/storage/internals.test.ts fails when one of these is not what this file says.
 */

declare module 'azurite/dist/src/blob/BlobConfiguration' {
  import { type MemoryExtentChunkStore } from 'azurite/dist/src/common/persistence/MemoryExtentStore';
  export default class BlobConfiguration {
    readonly host: string;
    constructor(
      host: string,
      port: number,
      keepAliveTimeoutSeconds: number,
      metadataDBPath: string,
      extentDBPath: string,
      persistencePathArray: { locationId: string; locationPath: string; maxConcurrency: number }[],
      enableAccessLog: boolean,
      accessLogWriteStream: undefined,
      enableDebugLog: boolean,
      debugLogFilePath: undefined,
      loose: boolean,
      skipApiVersionCheck: boolean,
      cert: string,
      key: string,
      pwd: string,
      oauth: undefined,
      disableProductStyleUrl: boolean,
      isMemoryPersistence: boolean,
      memoryStore?: MemoryExtentChunkStore,
    );
  }
}

declare module 'azurite/dist/src/queue/QueueConfiguration' {
  export { default } from 'azurite/dist/src/blob/BlobConfiguration';
}

declare module 'azurite/dist/src/table/TableConfiguration' {
  export default class TableConfiguration {
    readonly host: string;
    constructor(
      host: string,
      port: number,
      keepAliveTimeoutSeconds: number,
      metadataDBPath: string,
      enableDebugLog: boolean,
      enableAccessLog: boolean,
      accessLogWriteStream: undefined,
      debugLogFilePath: undefined,
      loose: boolean,
      skipApiVersionCheck: boolean,
      cert: string,
      key: string,
      pwd: string,
      oauth: undefined,
      disableProductStyleUrl: boolean,
      isMemoryPersistence: boolean,
    );
  }
}

declare module 'azurite/dist/src/common/ServerBase' {
  import { type Server } from 'node:http';
  export default abstract class ServerBase {
    readonly httpServer: Server;
    start(): Promise<void>;
    close(): Promise<void>;
    /** Closes the stores; `close` calls it, and so must whoever sees `start` fail. */
    afterClose(): Promise<void>;
  }
}

declare module 'azurite/dist/src/blob/BlobServer' {
  import type BlobConfiguration from 'azurite/dist/src/blob/BlobConfiguration';
  import type ServerBase from 'azurite/dist/src/common/ServerBase';
  export default class BlobServer extends ServerBase {
    constructor(configuration: BlobConfiguration);
    /** A `BlobMetadataStore` of stores.ts. */
    readonly metadataStore: unknown;
    /** An `ExtentStore` of stores.ts. */
    readonly extentStore: unknown;
  }
}

declare module 'azurite/dist/src/queue/QueueServer' {
  import type QueueConfiguration from 'azurite/dist/src/queue/QueueConfiguration';
  import type ServerBase from 'azurite/dist/src/common/ServerBase';
  export default class QueueServer extends ServerBase {
    constructor(configuration: QueueConfiguration);
    /** A `Store` of stores.ts. */
    readonly metadataStore: unknown;
    /** An `ExtentStore` of stores.ts. */
    readonly extentStore: unknown;
  }
}

declare module 'azurite/dist/src/table/TableServer' {
  import type TableConfiguration from 'azurite/dist/src/table/TableConfiguration';
  import type ServerBase from 'azurite/dist/src/common/ServerBase';
  export default class TableServer extends ServerBase {
    constructor(configuration: TableConfiguration);
    /** A `Store` of stores.ts. */
    readonly metadataStore: unknown;
  }
}

declare module 'azurite/dist/src/common/persistence/MemoryExtentStore' {
  export class MemoryExtentChunkStore {
    constructor(sizeLimitBytes?: number);
    totalSize(): number;
  }
}

declare module 'azurite/dist/src/common/Telemetry' {
  export const AzuriteTelemetryClient: {
    init(location: string, enableTelemetry: boolean, env: undefined): void;
  };
}

declare module 'azurite/dist/src/blob/errors/StorageError' {
  export default class StorageError extends Error {
    constructor(statusCode: number, storageErrorCode: string, storageErrorMessage: string, storageRequestID: string);
  }
}

declare module 'azurite/dist/src/common/utils/utils' {
  /** A new entity tag in quotes. */
  export function newEtag(): string;
}

declare module 'azurite/dist/src/blob/errors/StorageErrorFactory' {
  /** Makes the answers that are errors; each by the id of its request. */
  const StorageErrorFactory: { getAuthorizationFailure(requestId: string): Error };
  export default StorageErrorFactory;
}
