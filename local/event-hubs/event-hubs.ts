import { once } from 'node:events';
import { openAll } from '../storage/closing';
import { closeServer, listen } from '../storage/listen';
import { type Door } from './cbs';
import { controlServer } from './control';
import { Faults, type HubFaults, type LinkFilter } from './faults';
import { type Hub } from './hub';
import { same, type HubConfig } from './limits';
import { Links } from './links';
import { Namespace } from './namespace';
import { notFound } from './refusals';
import { closeAmqp, listenAmqp, portOf, serveAmqp } from './server';

export { type HubConfig } from './limits';
export { type Fault, type FaultRule, type HubFaults, type LinkFilter } from './faults';

export interface EventHubsOptions {
  /** AMQP; 5672 when left out, 0 for any free port. */
  readonly port?: number;
  /** Health, faults and hubs over HTTP; 5300 when left out, 0 for any free port, null for none. */
  readonly healthPort?: number | null;
  /** Where acknowledged events are kept between runs; null (or left out) for memory alone. */
  readonly folder?: string | null;
  /** Made where the folder does not hold them yet; those that it holds stay as they were made. */
  readonly hubs: readonly HubConfig[];
  /** What else must be up before the health answer is 200; until then it is 503. True when left out. */
  readonly isReady?: () => boolean;
  readonly log?: (line: string) => void;
  /** UTC, milliseconds since 1970; the system's clock when left out. */
  readonly now?: () => number;
  /** Bytes of events that are held in memory though they are on disk; 64 MiB when left out. */
  readonly recentBytes?: number;
  /** Bytes of events in one file, deleted at once when they have expired; 64 MiB when left out. */
  readonly segmentBytes?: number;
}

/** One hub as it stands. */
export interface HubView {
  readonly name: string;
  /** UTC, milliseconds since 1970. */
  readonly createdAt: number;
  readonly consumerGroups: readonly string[];
  readonly retentionMs: number;
  readonly partitions: readonly PartitionView[];
}

export interface PartitionView {
  readonly id: string;
  /** The oldest event that is still delivered; one after the last when there is none. */
  readonly beginSequence: number;
  /** -1 while nothing was ever published. */
  readonly lastSequence: number;
  readonly lastOffset: string;
  /** UTC, milliseconds since 1970; .NET's least time while nothing was ever published. */
  readonly lastEnqueuedAt: number;
}

/** An Event Hubs namespace on this machine. */
export interface LocalEventHubs extends AsyncDisposable {
  readonly port: number;
  /** Null when not started. */
  readonly healthPort: number | null;
  /** The emulator's well-known one; it names the port where that is not 5672. */
  readonly connectionString: string;
  readonly faults: HubFaults;
  hubs(): readonly HubView[];
  hub(name: string): HubView | undefined;
  /** From now on new connections need tokens that are signed with `key`, as after a rotation; with null any is taken, as at first. */
  demandKey(key: string | null): void;
  /** @throws Error when there is one of that name, or a setting is outside the emulator's limits */
  createHub(config: HubConfig): void;
  /**
   * Deletes a hub with its events and disconnects its links. One made anew begins at 0 with a new creation time.
   *
   * @throws Error when there is none of that name
   */
  deleteHub(name: string): void;
  /** How many links publish or read now. */
  openLinks(filter?: LinkFilter): number;
  /** Resolves once no client is connected. */
  idle(): Promise<void>;
  /** Ends every connection and leaves nothing behind but what is in the folder. */
  close(): Promise<void>;
}

/** How often what has expired is let go of, where nobody publishes or reads. */
const EXPIRY_INTERVAL_MS = 30_000;

/**
 * Starts the stand-in, listening on 127.0.0.1 alone.
 *
 * @throws Error that names the port when one is in use, the hub when a setting is wrong, or the file when the folder is damaged
 */
export async function startEventHubs(options: EventHubsOptions): Promise<LocalEventHubs> {
  const { port = 5672, healthPort = 5300, folder = null, hubs, log = () => undefined, now = Date.now } = options;
  const links = new Links();
  const faults = new Faults(links);
  const door: Door = { key: null, now };
  const { value, close } = await openAll(async (keep) => {
    // The port comes first: whoever has it may have the folder open too.
    const server = await listenAmqp(port);
    keep({ close: () => closeAmqp(server, links) });
    const { recentBytes, segmentBytes } = options;
    const sizes = {
      ...(recentBytes === undefined ? {} : { recentBytes }),
      ...(segmentBytes === undefined ? {} : { segmentBytes }),
    };
    const namespace = new Namespace({ folder, now, log, ...sizes });
    keep({ close: () => Promise.resolve(namespace.close()) });
    makeMissing(namespace, hubs, log);
    const local = localEventHubs(namespace, links, faults, door);
    const { isReady = () => true } = options;
    const control = healthPort === null ? null : controlServer({ ...local, faults, isReady });
    if (control !== null) keep({ close: () => closeServer(control) });
    serveAmqp(server, { namespace, faults, links, door, readers: new Map(), now, log });
    // Before the files are closed.
    keep({ close: () => Promise.resolve(void links.cutConnections()) });
    const usedHealthPort = control === null ? null : await listen(control, '127.0.0.1', healthPort ?? 0);
    const expiry = setInterval(() => namespace.expire(), EXPIRY_INTERVAL_MS).unref();
    keep({ close: () => Promise.resolve(clearInterval(expiry)) });
    return { ...local, port: portOf(server), healthPort: usedHealthPort };
  });
  return {
    ...value,
    connectionString: connectionString(value.port),
    faults,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The emulator's well-known connection string. */
function connectionString(port: number): string {
  const host = port === 5672 ? 'localhost' : `localhost:${port}`;
  return `Endpoint=sb://${host};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;`;
}

function makeMissing(namespace: Namespace, hubs: readonly HubConfig[], log: (line: string) => void): void {
  for (const config of hubs) {
    const kept = namespace.hub(config.name)?.config;
    if (kept === undefined) namespace.create(config);
    else if (differs(kept, config)) log(`hub ${kept.name} stays as it was made: ${JSON.stringify(kept)}`);
  }
}

const differs = (kept: HubConfig, asked: HubConfig): boolean =>
  kept.partitionCount !== asked.partitionCount ||
  kept.retentionMs !== asked.retentionMs ||
  asked.consumerGroups.some((group) => !kept.consumerGroups.some((each) => same(each, group)));

function localEventHubs(namespace: Namespace, links: Links, faults: Faults, door: Door) {
  return {
    faults,
    hubs: () => namespace.hubs.map(viewOf),
    hub(name: string) {
      const hub = namespace.hub(name);
      return hub === undefined ? undefined : viewOf(hub);
    },
    demandKey: (key: string | null) => void (door.key = key),
    createHub: (config: HubConfig) => void namespace.create(config),
    deleteHub(name: string) {
      const hub = namespace.hub(name);
      // First the links: nobody publishes to a hub that is gone.
      if (hub !== undefined) links.drop({ hub: hub.name }, notFound(hub.name));
      namespace.delete(name);
    },
    openLinks: (filter: LinkFilter = {}) => links.matching(filter).length,
    async idle() {
      for (const socket of links.sockets) await once(socket, 'close');
    },
  };
}

function viewOf({ name, createdAt, config, partitions }: Hub): HubView {
  return {
    name,
    createdAt,
    consumerGroups: config.consumerGroups,
    retentionMs: config.retentionMs,
    partitions: partitions.map(({ id, beginSequence, lastSequence, lastOffset, lastEnqueuedAt }) => ({
      id,
      beginSequence,
      lastSequence,
      lastOffset,
      lastEnqueuedAt,
    })),
  };
}
