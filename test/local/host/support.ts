import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EventHubProducerClient } from '@azure/event-hubs';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { build } from 'esbuild';
import { startEventHubs, type HubConfig, type LocalEventHubs } from '../../../local/event-hubs/event-hubs';
import { type HostEvent } from '../../../local/host/host';
import { SpawnedHost, type SpawnOptions } from '../../../local/host/spawn-host';
import { startStorage, type LocalStorage } from '../../../local/storage/storage';

const root = path.resolve(__dirname, '../../..');

/** The extension's own settings, but for a host that notices in a second what takes half a minute in Azure. */
const QUICK = {
  AzureFunctionsJobHost__extensions__eventHubs__loadBalancingUpdateInterval: '00:00:01',
};

/** For tests that kill an instance: it counts as dead after a few seconds. For others that would be a race on a busy machine. */
export const EXPIRES_SOON = {
  AzureFunctionsJobHost__extensions__eventHubs__partitionOwnershipExpirationInterval: '00:00:04',
};

export const HUB = 'changes';
export const GROUP = 'lake';

/** Storage, Event Hubs and a place for apps; whatever was started on it ends with it. */
export class Stage implements AsyncDisposable {
  readonly hubs: LocalEventHubs;
  readonly storage: LocalStorage;
  /** Where the built host is, and apps. */
  readonly folder: string;
  readonly #opened: AsyncDisposable[] = [];
  readonly #producers = new Map<string, EventHubProducerClient>();
  #apps = 0;

  private constructor(hubs: LocalEventHubs, storage: LocalStorage, folder: string) {
    this.hubs = hubs;
    this.storage = storage;
    this.folder = folder;
  }

  static async open(): Promise<Stage> {
    const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'host-')));
    await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
    await build({
      entryPoints: ['host-process', 'worker-process'].map((name) => path.join(root, `local/host/${name}.ts`)),
      outdir: folder,
      ...{ bundle: true, platform: 'node', target: 'node22', format: 'cjs', packages: 'external', logLevel: 'warning' },
    });
    const hubs = await startEventHubs({ port: 0, healthPort: null, hubs: [] });
    const storage = await startStorage({ port: 0, queuePort: 0, tablePort: 0, folder: null });
    return new Stage(hubs, storage, folder);
  }

  /** A hub by a name of its own for each test, so that tests do not see each other's checkpoints. */
  hub(name: string, partitionCount: number): HubConfig {
    const config = { name, partitionCount, consumerGroups: [GROUP], retentionMs: 3_600_000 };
    this.hubs.createHub(config);
    return config;
  }

  /** Writes an app: `source` is what its one file does; `hostJson` is added to its host.json. */
  async app(source: string, hostJson: object = {}): Promise<string> {
    this.#apps += 1;
    const app = path.join(this.folder, `app-${this.#apps}`);
    await mkdir(app);
    await writeFile(path.join(app, 'package.json'), '{"main":"index.js"}');
    await writeFile(path.join(app, 'host.json'), JSON.stringify({ version: '2.0', ...hostJson }));
    await writeFile(path.join(app, 'index.js'), source);
    return app;
  }

  /** An instance in a process of its own, ready. */
  async instance(app: string, env: NodeJS.ProcessEnv = {}): Promise<Instance> {
    const instance = this.spawn(app, env);
    await instance.host.ready();
    return instance;
  }

  spawn(app: string, env: NodeJS.ProcessEnv = {}, options: { functionKey?: string } = {}): Instance {
    const script = path.join(this.folder, 'host-process.js');
    const instance = new Instance({ script, app, env: { ...this.env(), ...env }, ...options });
    this.#opened.push(instance);
    return instance;
  }

  env(): NodeJS.ProcessEnv {
    return {
      PATH: process.env['PATH'],
      HUBS: this.hubs.connectionString,
      AzureWebJobsStorage: this.storage.connectionString,
      ...QUICK,
    };
  }

  /** Sends bodies to a partition, each once it is acknowledged. */
  async send(hub: string, partitionId: string, bodies: readonly string[]): Promise<void> {
    const retryOptions = { maxRetries: 8, retryDelayInMs: 50, maxRetryDelayInMs: 200, timeoutInMs: 5_000 };
    const producer =
      this.#producers.get(hub) ?? new EventHubProducerClient(this.hubs.connectionString, hub, { retryOptions });
    this.#producers.set(hub, producer);
    await producer.sendBatch(
      bodies.map((body) => ({ body: Buffer.from(body) })),
      { partitionId },
    );
  }

  container(name: string): ContainerClient {
    return BlobServiceClient.fromConnectionString(this.storage.connectionString).getContainerClient(name);
  }

  /** The metadata of each of the host's blobs about a hub, by its name below `{namespace}/{hub}/{group}/`. */
  async records(hub: string): Promise<Readonly<Record<string, Readonly<Record<string, string>>>>> {
    const prefix = `localhost/${hub}/${GROUP}/`.toLowerCase();
    const found: Record<string, Record<string, string>> = {};
    const blobs = this.container('azure-webjobs-eventhub').listBlobsFlat({ prefix, includeMetadata: true });
    for await (const { name, metadata } of blobs) found[name.slice(prefix.length)] = metadata ?? {};
    return found;
  }

  /** The sequence number of a checkpoint; null when there is none. */
  async checkpoint(hub: string, partition: string): Promise<number | null> {
    const sequence = (await this.records(hub))[`checkpoint/${partition}`]?.['sequencenumber'];
    return sequence === undefined ? null : Number(sequence);
  }

  /** After each test: ends its instances and deletes its hubs. */
  async clear(): Promise<void> {
    await Promise.all(this.#opened.splice(0).map((each) => each[Symbol.asyncDispose]()));
    await Promise.all([...this.#producers.values()].map((producer) => producer.close()));
    this.#producers.clear();
    for (const { name } of this.hubs.hubs()) this.hubs.deleteHub(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.clear();
    await this.hubs.close();
    await this.storage[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true });
  }
}

type EventOf<K extends HostEvent['kind']> = Extract<HostEvent, { kind: K }>;

/** A spawned host that remembers what it told. */
export class Instance implements AsyncDisposable {
  readonly host: SpawnedHost;
  readonly events: HostEvent[] = [];
  readonly output: string[] = [];

  constructor(options: Pick<SpawnOptions, 'script' | 'app' | 'env' | 'functionKey'>) {
    this.host = new SpawnedHost({
      ...{ ...options, httpPort: 0 },
      onEvent: (event) => void this.events.push(event),
      onOutput: (line) => void this.output.push(line),
    });
  }

  of<K extends HostEvent['kind']>(kind: K): EventOf<K>[] {
    return this.events.filter((event): event is EventOf<K> => event.kind === kind);
  }

  /** What the app logged, each line as JSON. */
  logged<T>(): T[] {
    return this.of('log').map(({ line }) => JSON.parse(line.message) as T);
  }

  /** The partitions that it told to own, less those that it lost since. */
  owned(): string[] {
    const owned = new Set<string>();
    for (const event of this.events) {
      if (event.kind === 'owned') owned.add(event.partition);
      if (event.kind === 'lost') owned.delete(event.partition);
    }
    return [...owned].sort();
  }

  async url(at: string): Promise<string> {
    return `http://127.0.0.1:${String((await this.host.ready()).httpPort)}${at}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host.kill();
  }
}

/** Waits until something is so, which is looked at again and again. */
export async function until(isSo: () => boolean | Promise<boolean>, what: string, patienceMs = 20_000): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What {@link TAKING} logs of a batch when it is handed over. */
export interface Taken {
  readonly bodies: readonly string[];
  readonly sequences: readonly number[];
  readonly partition: string;
  /** Which retry it is; null without a policy. */
  readonly retry: number | null;
  /** What the attempt before threw. */
  readonly after: string | null;
}

/**
 * An app that logs each batch, then does as its first body says: `throw`, `crash`, or `hold` until `POST /api/release`. Its policy is in the
 * setting RETRY, as JSON.
 */
export const TAKING = `
const { app } = require('@azure/functions');
const held = new Set();
app.generic('take', {
  trigger: {
    type: 'eventHubTrigger', name: 'events', dataType: 'binary', cardinality: 'many',
    connection: 'HUBS', eventHubName: '%HUB%', consumerGroup: '${GROUP}',
  },
  ...(process.env.RETRY && { retry: JSON.parse(process.env.RETRY) }),
  handler: async (bodies, context) => {
    const { partitionContext, sequenceNumberArray: sequences } = context.triggerMetadata;
    const texts = bodies.map(String);
    context.log(JSON.stringify({
      bodies: texts, sequences, partition: partitionContext.partitionId,
      retry: context.retryContext?.retryCount ?? null, after: context.retryContext?.exception?.message ?? null,
    }));
    if (texts[0].startsWith('crash')) setImmediate(() => { throw new Error('crashed'); });
    if (texts[0].startsWith('throw')) throw new Error('as told');
    if (/^(hold|crash)/.test(texts[0])) await new Promise((resolve) => held.add(resolve));
  },
});
app.http('release', {
  methods: ['POST'],
  handler: () => {
    for (const resolve of held) resolve();
    held.clear();
    return { status: 204 };
  },
});
`;
