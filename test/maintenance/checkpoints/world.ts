import { ContainerClient } from '@azure/storage-blob';
import { startEventHubs, type HubConfig, type LocalEventHubs } from '../../../local/event-hubs/event-hubs';
import { CHECKPOINT_CONTAINER, PartitionStore } from '../../../local/host/partition-store';
import { openAll } from '../../../local/storage/closing';
import { startFaultProxy, type FaultProxy } from '../../../local/storage/faults';
import { startStorage } from '../../../local/storage/storage';
import { type Clock } from '../../../src/lib/clock';
import { type EventHubsAccess } from '../../../src/lib/config/config';
import { hubNamespace } from '../../../src/lib/hub/presence';
import { azureCheckpoints } from '../../../src/lib/lake/azure-checkpoints';
import { cleanCheckpoints, type CleanUpOptions } from '../../../src/lib/maintenance/checkpoints/clean';
import { type Namespace } from '../../../src/lib/maintenance/checkpoints/port';
import { type Action, type CleanUp } from '../../../src/lib/maintenance/checkpoints/result';
import { type Scope } from '../../../src/lib/maintenance/checkpoints/scope';
import { accessTo } from './wire';
import '../../support/unref-long-timers';

/** What is put to the test; a mutant brings its own. */
export interface Code {
  readonly cleanCheckpoints: typeof cleanCheckpoints;
  readonly hubNamespace: typeof hubNamespace;
  readonly azureCheckpoints: typeof azureCheckpoints;
}

export const REAL_CODE: Code = { cleanCheckpoints, hubNamespace, azureCheckpoints };

/** The stand-in's own name, as the host writes it into its records. */
export const HERE = 'localhost';
export const POSTGRES = 'postgresql-changes';
export const MONGO = 'mongodb-changes';

export const hub = (name: string, partitionCount: number, consumerGroups = ['lake']): HubConfig => ({
  name,
  partitionCount,
  consumerGroups,
  retentionMs: 3_600_000,
});

export interface RunOptions extends Partial<CleanUpOptions> {
  readonly code?: Code;
  /** The stand-in when left out. */
  readonly access?: EventHubsAccess;
  readonly scope?: Partial<Scope>;
  readonly questionMs?: number;
  readonly pageSize?: number;
  readonly requestMs?: number;
  readonly clock?: Clock;
  /** Comes between the clean-up and the namespace. */
  readonly between?: (namespace: Namespace) => Namespace;
  /** Comes after a page is done with, before the next is asked for. */
  readonly afterPage?: () => Promise<void>;
  readonly tell?: (action: Action) => void;
}

export interface Ran {
  readonly result: CleanUp;
  /** `left live`, by the blob's name. */
  readonly did: Readonly<Record<string, string>>;
  readonly actions: readonly Action[];
}

/** A storage account that several share, and a namespace. */
export class World implements AsyncDisposable {
  readonly hubs: LocalEventHubs;
  readonly proxy: FaultProxy;
  /** Past the proxy. */
  readonly container: ContainerClient;
  readonly #through: ContainerClient;
  readonly #close: () => Promise<void>;

  private constructor(hubs: LocalEventHubs, proxy: FaultProxy, connectionString: string, close: () => Promise<void>) {
    this.hubs = hubs;
    this.proxy = proxy;
    const options = { retryOptions: { maxTries: 2, retryDelayInMs: 10, maxRetryDelayInMs: 10 } };
    this.container = new ContainerClient(connectionString, CHECKPOINT_CONTAINER);
    this.#through = new ContainerClient(proxy.through(connectionString), CHECKPOINT_CONTAINER, options);
    this.#close = close;
  }

  /** Starts with both hubs of ours and an empty container. */
  static async start(): Promise<World> {
    const { value, close } = await openAll(async (keep) => {
      const storage = keep(await startStorage({ port: 0, queuePort: null, tablePort: null }));
      const proxy = keep(await startFaultProxy({ host: '127.0.0.1', port: storage.port }));
      const hubs = keep(await startEventHubs({ port: 0, healthPort: null, hubs: [] }));
      return { storage, proxy, hubs };
    });
    return new World(value.hubs, value.proxy, value.storage.connectionString, close);
  }

  /** As at the start, whatever a test did. */
  async reset(): Promise<void> {
    this.proxy.clear();
    await this.container.createIfNotExists();
    for (const name of await this.names()) await this.container.deleteBlob(name);
    for (const { name } of this.hubs.hubs()) this.hubs.deleteHub(name);
    this.hubs.createHub(hub(POSTGRES, 3));
    this.hubs.createHub(hub(MONGO, 2));
  }

  /** Writes a checkpoint and an ownership as the host does, and returns their names. */
  async host(name: string, group: string, partition: string, sequence = '7', namespace = HERE): Promise<string[]> {
    const store = new PartitionStore(this.container, { namespace, hub: name, group });
    const ownership = (await store.listOwnership()).find((each) => each.partition === partition) ?? null;
    await store.claim(partition, 'a-host', ownership);
    await store.writeCheckpoint(partition, '4096', sequence);
    const prefix = `${namespace}/${name}/${group}`.toLowerCase();
    return [`${prefix}/checkpoint/${partition}`, `${prefix}/ownership/${partition}`];
  }

  /** Writes a legacy record. */
  async legacy(name: string, sequence: number | string): Promise<string> {
    const body = `{"Offset":"4096","SequenceNumber":${sequence},"PartitionId":"0","Owner":"old","Token":"t","Epoch":7}`;
    return this.put(name, body);
  }

  async put(name: string, body: string): Promise<string> {
    await this.container.getBlockBlobClient(name).upload(body, Buffer.byteLength(body));
    return name;
  }

  async names(): Promise<string[]> {
    const names: string[] = [];
    for await (const { name } of this.container.listBlobsFlat()) names.push(name);
    return names;
  }

  async clean(options: RunOptions = {}): Promise<Ran> {
    const {
      code = REAL_CODE,
      access = accessTo(this.hubs.port),
      questionMs = 5000,
      requestMs = 5000,
      pageSize,
    } = options;
    const namespace = code.hubNamespace(access, questionMs);
    const { signal } = new AbortController();
    const pages = pageSize === undefined ? {} : { pageSize };
    const blobs = code.azureCheckpoints(this.#through, { requestMs, signal, ...pages });
    const actions: Action[] = [];
    const result = await code.cleanCheckpoints(
      {
        blobs: { ...blobs, pages: () => pausing(blobs.pages(), options.afterPage) },
        namespace: options.between?.(namespace) ?? namespace,
        clock: options.clock ?? { now: () => performance.now() },
        tell: (action) => {
          actions.push(action);
          options.tell?.(action);
        },
      },
      { namespace: HERE, hubs: [POSTGRES, MONGO], consumerGroup: 'lake', ...options.scope },
      { dryRun: false, budgetMs: 60_000, atOnce: 4, confirmAfterMs: 10, ...pick(options) },
    );
    const did = Object.fromEntries(actions.map((action) => [action.name, `${action.did} ${action.reason}`]));
    return { result, did, actions };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}

async function* pausing<Page>(
  pages: AsyncIterable<Page>,
  pause: (() => Promise<void>) | undefined,
): AsyncGenerator<Page> {
  for await (const page of pages) {
    yield page;
    await pause?.();
  }
}

function pick({ dryRun, budgetMs, atOnce, confirmAfterMs }: RunOptions): Partial<CleanUpOptions> {
  const given = Object.entries({ dryRun, budgetMs, atOnce, confirmAfterMs }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}
