import { closeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { once } from 'node:events';
import { type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import BlobConfiguration from 'azurite/dist/src/blob/BlobConfiguration';
import BlobServer from 'azurite/dist/src/blob/BlobServer';
import { MemoryExtentChunkStore } from 'azurite/dist/src/common/persistence/MemoryExtentStore';
import type ServerBase from 'azurite/dist/src/common/ServerBase';
import { AzuriteTelemetryClient } from 'azurite/dist/src/common/Telemetry';
import QueueServer from 'azurite/dist/src/queue/QueueServer';
import TableConfiguration from 'azurite/dist/src/table/TableConfiguration';
import TableServer from 'azurite/dist/src/table/TableServer';
import { type BlobMetadataStore, type ExtentStore, type Store } from './stores';
import { portError } from './listen';
import { findForgottenExtents, ONLY_LOCATION } from './store-fixes';

/**
 * Azurite's three servers in this process, with the settings the pipeline needs: no telemetry, any API version of the
 * SDKs, connections kept for an hour, addresses with the account in the path.
 */

export const host = '127.0.0.1';

/** One running server: where it listens and how it ends. */
export interface RunningServer {
  readonly port: number;
  readonly httpServer: Server;
  /** Ends every connection, saves and closes the stores. */
  close(): Promise<void>;
}

export interface RunningBlobServer extends RunningServer {
  readonly metadataStore: BlobMetadataStore;
  readonly extentStore: ExtentStore;
}

/** Gets a store of records before it is opened, with its database's file. */
export type Prepare = (store: Store, file: string) => void;

const keepAliveSeconds = 3600;
const asItIs: Prepare = () => undefined;

/**
 * Starts Azurite's Blob service.
 *
 * @param folder where its files are kept; null keeps everything in memory
 * @throws Error that names the port when it is taken
 */
export async function startBlobServer(
  port: number,
  folder: string | null,
  prepare = asItIs,
): Promise<RunningBlobServer> {
  await prepareFolder(folder);
  const server = new BlobServer(blobConfiguration('blob', port, folder));
  const metadataStore = server.metadataStore as BlobMetadataStore;
  const extentStore = server.extentStore as ExtentStore;
  prepare(metadataStore, fileName(folder, 'blob.json'));
  const running = await start(server, port, extentStore);
  return { ...running, metadataStore, extentStore };
}

/** Starts Azurite's Queue service; see {@link startBlobServer}. */
export async function startQueueServer(port: number, folder: string | null, prepare = asItIs): Promise<RunningServer> {
  await prepareFolder(folder);
  const server = new QueueServer(blobConfiguration('queue', port, folder));
  const extentStore = server.extentStore as ExtentStore;
  findForgottenExtents(extentStore);
  prepare(server.metadataStore as Store, fileName(folder, 'queue.json'));
  return start(server, port, extentStore);
}

/** Starts Azurite's Table service; see {@link startBlobServer}. */
export async function startTableServer(port: number, folder: string | null, prepare = asItIs): Promise<RunningServer> {
  await prepareFolder(folder);
  const file = fileName(folder, 'table.json');
  const server = new TableServer(
    new TableConfiguration(
      host,
      port,
      keepAliveSeconds,
      file,
      false,
      false,
      undefined,
      undefined,
      false,
      true,
      '',
      '',
      '',
      undefined,
      true,
      folder === null,
    ),
  );
  prepare(server.metadataStore as Store, file);
  return start(server, port);
}

async function prepareFolder(folder: string | null): Promise<void> {
  // In-process servers send telemetry unless they are told not to before the first request.
  AzuriteTelemetryClient.init('', false, undefined);
  if (folder !== null) await mkdir(folder, { recursive: true });
}

function blobConfiguration(service: 'blob' | 'queue', port: number, folder: string | null): BlobConfiguration {
  return new BlobConfiguration(
    host,
    port,
    keepAliveSeconds,
    fileName(folder, `${service}.json`),
    fileName(folder, `${service}-extents.json`),
    [
      {
        locationId: ONLY_LOCATION,
        locationPath: fileName(folder, service),
        maxConcurrency: service === 'blob' ? 50 : 1,
      },
    ],
    false,
    undefined,
    false,
    undefined,
    false,
    true,
    '',
    '',
    '',
    undefined,
    true,
    folder === null,
    // A store of its own: the one Azurite shares between servers keeps the bytes of closed ones.
    new MemoryExtentChunkStore(),
  );
}

/** Azurite looks for the file even when it keeps everything in memory, so that name must never exist. */
function fileName(folder: string | null, name: string): string {
  return folder === null ? join('/nonexistent', name) : join(folder, name);
}

async function start(server: ServerBase, port: number, extents?: ExtentStore): Promise<RunningServer> {
  try {
    await server.start();
  } catch (cause) {
    await server.afterClose();
    throw portError(cause, host, port);
  }
  const { httpServer } = server;
  return {
    port: (httpServer.address() as AddressInfo).port,
    httpServer,
    async close() {
      const closed = once(httpServer, 'close');
      httpServer.closeAllConnections();
      await server.close();
      httpServer.closeAllConnections();
      await closed;
      for (const extent of extents?.activeWriteExtents ?? []) {
        if (extent.fd !== undefined) closeSync(extent.fd);
      }
    },
  };
}
