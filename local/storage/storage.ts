import { type RequestListener } from 'node:http';
import {
  host,
  startBlobServer,
  startQueueServer,
  startTableServer,
  type Prepare,
  type RunningBlobServer,
  type RunningServer,
} from './azurite';
import { openAll } from './closing';
import { answerAfter, makeDurable, type Durable } from './durable';
import { gateway } from './gateway';
import { completeHierarchy, guardBlobApi } from './hierarchy';
import { LakeRecords } from './records';
import { refuseAsTheServiceDoes } from './refusals';
import { accountName } from './request';
import { accountKey } from './shared-key';
import { findForgottenExtents, searchByName, sweepWithCare } from './store-fixes';

export interface StorageOptions {
  /** Blob and Data Lake APIs; 10000 when left out, 0 for any free port. */
  readonly port?: number;
  /** Queue API; 10001 when left out, 0 for any free port, null for none. */
  readonly queuePort?: number | null;
  /** Table API; 10002 when left out, 0 for any free port, null for none. */
  readonly tablePort?: number | null;
  /** Where the lake is kept between runs; null (or left out) for memory alone. */
  readonly folder?: string | null;
  /** Gets one line for each request that failed on the gateway's own account. */
  readonly log?: (line: string) => void;
  /** Entries in one page of a list or of a paged delete; 5,000 when left out, as the service has it. */
  readonly pageSize?: number;
}

/** A storage account on this machine. */
export interface LocalStorage extends AsyncDisposable {
  readonly accountName: string;
  readonly accountKey: string;
  readonly connectionString: string;
  readonly blobEndpoint: string;
  /** The same address: with an IP address as host the SDKs reach both APIs there. */
  readonly dfsEndpoint: string;
  readonly port: number;
  /** Null when not started. */
  readonly queuePort: number | null;
  readonly tablePort: number | null;
  /** Ends every connection and leaves nothing behind but what is in the folder. */
  close(): Promise<void>;
}

/**
 * Starts Azurite with a Data Lake API in front, listening on 127.0.0.1 alone.
 *
 * @throws Error that names the port when one is in use
 */
export async function startStorage(options: StorageOptions = {}): Promise<LocalStorage> {
  const { port = 10000, queuePort = 10001, tablePort = 10002, folder = null, pageSize = 5000 } = options;
  const log = options.log ?? (() => undefined);
  const { value, close } = await openAll(async (keep) => {
    const databases: Durable[] = [];
    const prepare: Prepare = (store, file) => {
      if (folder !== null) databases.push(keep(makeDurable(store, file, log)));
    };
    const flush = () => databases.forEach((database) => database.flush());
    const blob = keep(await startBlobServer(port, folder, prepare));
    addLake(blob, pageSize, log);
    const queue = queuePort === null ? null : keep(await startQueueServer(queuePort, folder, prepare));
    const table = tablePort === null ? null : keep(await startTableServer(tablePort, folder, prepare));
    for (const server of [blob, queue, table]) if (server !== null) answerAfter(flush, server.httpServer);
    return { blob, queue, table };
  });
  const { blob, queue, table } = value;
  const endpoint = (server: RunningServer) => `http://${host}:${server.port}/${accountName}`;
  return {
    accountName,
    accountKey,
    connectionString: [
      'DefaultEndpointsProtocol=http',
      `AccountName=${accountName}`,
      `AccountKey=${accountKey}`,
      `BlobEndpoint=${endpoint(blob)}`,
      ...(queue === null ? [] : [`QueueEndpoint=${endpoint(queue)}`]),
      ...(table === null ? [] : [`TableEndpoint=${endpoint(table)}`]),
      '',
    ].join(';'),
    blobEndpoint: endpoint(blob),
    dfsEndpoint: endpoint(blob),
    port: blob.port,
    queuePort: queue?.port ?? null,
    tablePort: table?.port ?? null,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Puts the Data Lake API in front of a running Blob server, in the same process and at the same port. */
function addLake(
  { httpServer, metadataStore, extentStore }: RunningBlobServer,
  pageSize: number,
  log: (line: string) => void,
) {
  const now = () => new Date();
  searchByName(metadataStore);
  sweepWithCare(metadataStore, extentStore);
  findForgottenExtents(extentStore);
  refuseAsTheServiceDoes();
  const records = new LakeRecords(metadataStore);
  completeHierarchy(records, now());
  guardBlobApi(metadataStore, records, now);

  const [blobApi] = httpServer.listeners('request') as RequestListener[];
  if (blobApi === undefined)
    throw new Error('Azurite has no request listener: another version than package.json pins?');
  httpServer.removeAllListeners('request');
  httpServer.on('request', gateway({ records, extents: extentStore, now, pageSize }, blobApi, log));
}
