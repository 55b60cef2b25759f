import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../clock';
import { namespaceOf } from '../hub/connect';
import { hubProgress } from '../hub/progress';
import { azureLake } from '../lake/azure-lake';
import { azureMaintenanceLake } from '../lake/azure-maintenance-lake';
import { gatherStatus } from '../status/gather';
import { StatusServer, type StatusAnswer } from '../status/serve';
import { line, shared, type InvocationLike, type Shared } from './process';

/** What is used of the host's request. */
export interface RequestLike {
  readonly headers: { get(name: string): string | null };
  readonly query: { get(name: string): string | null };
}

/** A hub that does not answer by then is told as not asked: the page is to be had when something is wrong. */
const HUB_MS = 5_000;

const servers = new WeakMap<Shared, StatusServer>();

/** The status page and its JSON. */
export async function statusHandler(request: RequestLike, context: InvocationLike): Promise<StatusAnswer> {
  try {
    return await serverOf(await shared()).answer(request.headers.get('accept'), request.query.get('format'));
  } catch (error) {
    context.error(line({ message: 'status_failed', error: String(error) }));
    throw error;
  }
}

function serverOf(opened: Shared): StatusServer {
  const server = servers.get(opened) ?? openServer(opened);
  servers.set(opened, server);
  return server;
}

function openServer({ config, clients, telemetry }: Shared): StatusServer {
  const { eventHubs, hubs, requestMs, lake } = config;
  const forGood = new AbortController().signal;
  const room = {
    ...{ lake: azureLake(clients, requestMs, forGood), files: azureMaintenanceLake(clients, requestMs, forGood) },
    ...{
      clock: systemClock,
      hubs,
      namespace: namespaceOf(eventHubs),
      lakeName: `${clients.blobs.accountName}/${lake.fileSystem}`,
    },
    askHub: (source: 'postgresql' | 'mongodb') => hubProgress(eventHubs, hubs[source], HUB_MS),
  };
  const gather = async () => {
    const status = await gatherStatus(room);
    for (const { source, hub, partition, lag } of status.partitions) {
      if (lag !== null) telemetry.lag(source, hub, partition, lag);
    }
    return status;
  };
  // Built beside the bundle.
  return new StatusServer(gather, () => readFile(join(__dirname, 'status.html'), 'utf8'), systemClock);
}
