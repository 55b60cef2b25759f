import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { EventHubProducerClient } from '@azure/event-hubs';
import { BlobServiceClient } from '@azure/storage-blob';
import { DataLakeServiceClient, type DataLakeFileSystemClient } from '@azure/storage-file-datalake';
import { startEventHubs, type LocalEventHubs } from '../../local/event-hubs/event-hubs';
import { type HostEvent } from '../../local/host/host';
import { SpawnedHost } from '../../local/host/spawn-host';
import { hold, startFaultProxy, type FaultProxy } from '../../local/storage/faults';
import { type FaultRule } from '../../local/storage/fault-rules';
import { startStorage, type LocalStorage } from '../../local/storage/storage';
import { judge, type Verdict } from '../../local/verdict/judge';
import { readLake } from '../../local/verdict/read-lake';
import { SentLog } from '../../local/verdict/sent';
import { LakeReader } from '../support/reader';
import '../support/unref-long-timers';
import { type RehearsedApp } from './app';

export const POSTGRES = 'postgresql-changes';
export const MONGO = 'mongodb-changes';
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
const GROUP = 'lake';

/** What a host notices in Azure within half a minute or a minute, it notices here in a second. */
const QUICK = {
  AzureFunctionsJobHost__extensions__eventHubs__loadBalancingUpdateInterval: '00:00:01',
  AzureFunctionsJobHost__extensions__eventHubs__partitionOwnershipExpirationInterval: '00:00:04',
  AzureFunctionsJobHost__extensions__eventHubs__minEventBatchSize: '2',
  AzureFunctionsJobHost__extensions__eventHubs__maxWaitTime: '00:00:01',
};

/** Longer than any wait takes on a busy machine; whoever waits is woken by what the host tells. */
const PATIENCE_MS = 40_000;

export interface Told {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

type EventOf<K extends HostEvent['kind']> = Extract<HostEvent, { kind: K }>;

/**
 * The published app on the stand-in of the Functions host, a namespace whose clock can be moved, and an account with a lake: what a
 * disaster is rehearsed on. The app and the operator's tool are processes of their own.
 */
export class Rig implements AsyncDisposable {
  readonly hubs: LocalEventHubs;
  /** Of the lake and, as the template has it, of the host's own records. */
  readonly storage: LocalStorage;
  readonly sent = new SentLog();
  /** How far the clock of Event Hubs is from this machine's. */
  readonly #clock: { offsetMs: number };
  readonly #app: RehearsedApp;
  readonly #proxy: FaultProxy;
  readonly #producers = new Map<string, EventHubProducerClient>();
  readonly #checkpoints = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  /** Where the lake is: another account after a move. */
  #lakeAt: string;
  #host: SpawnedHost | null = null;
  #told: HostEvent[] = [];
  #sent = 0;

  private constructor(
    app: RehearsedApp,
    { hubs, storage, proxy }: { hubs: LocalEventHubs; storage: LocalStorage; proxy: FaultProxy },
    clock: { offsetMs: number },
  ) {
    this.#app = app;
    this.hubs = hubs;
    this.#proxy = proxy;
    this.storage = storage;
    this.#clock = clock;
    this.#lakeAt = storage.connectionString;
  }

  /** @param at what time it is to Event Hubs, UTC ms: see {@link moveClock} */
  static async open(
    app: RehearsedApp,
    { partitions = 1, retentionMs = 7 * DAY_MS, at = Date.now() } = {},
  ): Promise<Rig> {
    const clock = { offsetMs: at - Date.now() };
    const storage = await startStorage({ port: 0, queuePort: null, tablePort: null });
    const hubs = await startEventHubs({
      ...{ port: 0, healthPort: null, now: () => Date.now() + clock.offsetMs },
      hubs: [POSTGRES, MONGO].map((name) => hubOf(name, partitions, retentionMs)),
    });
    const proxy = await startFaultProxy({ host: '127.0.0.1', port: storage.port });
    const rig = new Rig(app, { hubs, storage, proxy }, clock);
    await rig.fileSystem.create();
    return rig;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    for (const producer of this.#producers.values()) await producer.close();
    await this.hubs.close();
    await this.#proxy.close();
    await this.storage.close();
  }

  /** To Event Hubs it is this time now, UTC ms: events of days ago are sent like that. */
  moveClock(at: number): void {
    this.#clock.offsetMs = at - Date.now();
  }

  get fileSystem(): DataLakeFileSystemClient {
    return DataLakeServiceClient.fromConnectionString(this.#lakeAt).getFileSystemClient('data');
  }

  get reader(): LakeReader {
    return new LakeReader(this.#lakeAt);
  }

  /** The app and the tool are given another account for the lake; the host's records stay where they are. */
  pointAt(connectionString: string): void {
    this.#lakeAt = connectionString;
  }

  /** Publishes so many more events; with `bad`, every fifth is no JSON, and is kept in quarantine; `bytes` makes them larger. */
  async send(count: number, { hub = POSTGRES, partition = '0', bad = false, bytes = 0 } = {}): Promise<void> {
    const ids: string[] = [];
    const events = Array.from({ length: count }, () => {
      const number = this.#sent++;
      const isBad = bad && number % 5 === 4;
      const body = Buffer.from(isBad ? `no JSON: ${number}` : `{"number":${number},"filler":"${'x'.repeat(bytes)}"}`);
      const id = this.sent.attempt(hub, { body, partitionKey: null, expect: isBad ? 'quarantine' : 'bronze' });
      ids.push(id);
      return { body, properties: { sentid: id } };
    });
    await this.#producer(hub).sendBatch(events, { partitionId: partition });
    this.sent.acknowledged(ids);
  }

  /** As {@link send}, in batches that each make a run of files of their own. */
  async sendAndLand(counts: readonly number[], to: Parameters<Rig['send']>[1] = {}): Promise<void> {
    for (const count of counts) {
      await this.send(count, to);
      await this.landed();
    }
  }

  createHub(name: string): void {
    this.hubs.createHub(hubOf(name, 1, 7 * DAY_MS));
    for (const key of this.#checkpoints.keys()) if (key.startsWith(`${name}/`)) this.#checkpoints.delete(key);
  }

  async remakeHub(name: string): Promise<void> {
    await this.#producers.get(name)?.close();
    this.#producers.delete(name);
    this.hubs.deleteHub(name);
    this.createHub(name);
  }

  /** Starts an instance of the app; what the one before told is forgotten. */
  async start(env: NodeJS.ProcessEnv = {}): Promise<void> {
    this.#checkpoints.clear();
    this.#told = [];
    this.#host = new SpawnedHost({
      script: this.#app.hostScript,
      app: this.#app.directory,
      env: { ...this.#env(), ...QUICK, ...env },
      httpPort: null,
      onEvent: (event) => this.#hear(event),
    });
    await this.#host.ready();
  }

  /** Starts an instance that is killed when a request of it to the lake is reached: that one is not made. */
  async startKilledAt(rule: Omit<FaultRule, 'action'>): Promise<void> {
    const fault = this.#proxy.add({ ...rule, times: Infinity, action: hold() });
    await this.start({ STORAGE_CONNECTION_STRING: this.#proxy.through(this.#lakeAt) });
    await fault.reached;
    await this.kill();
    this.#proxy.clear();
  }

  /** As the platform stops an app: it gives its partitions up. */
  async stop(): Promise<void> {
    await this.#host?.stop();
    this.#host = null;
  }

  async kill(): Promise<void> {
    await this.#host?.kill();
    this.#host = null;
  }

  of<K extends HostEvent['kind']>(kind: K): EventOf<K>[] {
    return this.#told.filter((event): event is EventOf<K> => event.kind === kind);
  }

  /** Resolves once the host's checkpoint is at the last event of every partition that has any: each batch has returned. */
  async landed(): Promise<void> {
    const behind = (): string[] =>
      this.hubs.hubs().flatMap(({ name, partitions }) =>
        partitions
          .map(({ id, lastSequence }) => ({ key: `${name}/${id}`, lastSequence }))
          .filter(({ key, lastSequence }) => lastSequence > (this.#checkpoints.get(key) ?? -1))
          .map(({ key }) => key),
      );
    await this.until(() => behind().length === 0, `all is landed`);
  }

  /** Resolves with what a batch threw, once one has thrown that code since now. */
  async refused(code: string): Promise<string> {
    const from = this.#told.length;
    const find = (): string | undefined =>
      this.#told
        .slice(from)
        .map((event) => (event.kind === 'invoked' ? event.error : null))
        .find((error) => error?.includes(code) === true) ?? undefined;
    await this.until(() => find() !== undefined, `a batch throws ${code}`);
    return find() ?? '';
  }

  async until(isSo: () => boolean, what: string): Promise<void> {
    const deadline = AbortSignal.timeout(PATIENCE_MS);
    while (!isSo()) {
      if (deadline.aborted) {
        const last = this.#told.filter(({ kind }) => kind !== 'log').slice(-5);
        throw new Error(`waited in vain until ${what}; the host told last: ${JSON.stringify(last)}`);
      }
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          deadline.removeEventListener('abort', wake);
          resolve();
        };
        this.#waiting.add(wake);
        deadline.addEventListener('abort', wake);
      });
    }
  }

  /** `npm run lake -- …` */
  async lake(...args: string[]): Promise<Told> {
    const child = this.#tool(args);
    const exit = once(child, 'exit') as Promise<[number | null]>;
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
    return { code, out, err };
  }

  /** As {@link lake}, killed when a request of it is reached: that one is not made. */
  async lakeKilledAt(rule: Omit<FaultRule, 'action'>, ...args: string[]): Promise<void> {
    const fault = this.#proxy.add({ ...rule, times: Infinity, action: hold() });
    const child = this.#tool(args, this.#proxy.through(this.#lakeAt));
    const exit = once(child, 'exit') as Promise<[number | null]>;
    const output = text(child.stdout);
    const ended = exit.then(async ([code]) => `it ended with ${String(code)}: ${await output}`);
    const early = await Promise.race([fault.reached.then(() => null), ended]);
    child.kill('SIGKILL');
    await exit;
    this.#proxy.clear();
    if (early !== null) throw new Error(early);
  }

  #tool(args: readonly string[], lakeAt = this.#lakeAt) {
    return spawn(process.execPath, [this.#app.lakeScript, ...args], {
      cwd: this.#app.directory,
      env: { ...this.#env(), STORAGE_CONNECTION_STRING: lakeAt },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** What an independent reader finds beside what was sent. */
  async verdict(): Promise<Verdict> {
    return await judge(this.sent, readLake(this.fileSystem));
  }

  /** Removes files as somebody does who should not. */
  async removeFolder(folder: string): Promise<void> {
    await this.fileSystem.getDirectoryClient(folder).delete(true);
  }

  /** What the minute does that passes after whoever held a lock has died. */
  async breakLock(name: 'weekly' | 'daily'): Promise<void> {
    const lock = BlobServiceClient.fromConnectionString(this.#lakeAt)
      .getContainerClient('data')
      .getBlobClient(`_system/maintenance/${name}.lock`);
    await lock.getBlobLeaseClient().breakLease(0);
  }

  get lakeAt(): string {
    return this.#lakeAt;
  }

  /** Every path, as `azcopy copy --recursive` does; versions and times are others there. */
  async copyLakeTo(connectionString: string): Promise<void> {
    const to = DataLakeServiceClient.fromConnectionString(connectionString).getFileSystemClient('data');
    await to.createIfNotExists();
    for await (const { name = '', isDirectory } of this.fileSystem.listPaths({ recursive: true })) {
      if (isDirectory === true) await to.getDirectoryClient(name).createIfNotExists();
      else await to.getFileClient(name).upload(await this.fileSystem.getFileClient(name).readToBuffer());
    }
  }

  /** Takes files out of the readers' sight, to where no program looks. */
  async setAside(paths: readonly string[]): Promise<void> {
    const { reader, fileSystem } = this;
    const folder = fileSystem.getDirectoryClient('set-aside');
    await folder.createIfNotExists();
    for (const path of paths) await reader.move(path, `set-aside/${path.replaceAll('/', '_')}`);
  }

  /** The host's own records, all of them: checkpoints, ownership, schedules. */
  async loseHostStorage(): Promise<void> {
    const account = BlobServiceClient.fromConnectionString(this.storage.connectionString);
    for await (const { name } of account.listContainers({ prefix: 'azure-webjobs-' })) {
      await account.deleteContainer(name);
    }
  }

  #env(): NodeJS.ProcessEnv {
    return {
      PATH: process.env['PATH'],
      EVENTHUB_CONNECTION_STRING: this.hubs.connectionString,
      STORAGE_CONNECTION_STRING: this.#lakeAt,
      AzureWebJobsStorage: this.storage.connectionString,
    };
  }

  #hear(event: HostEvent): void {
    this.#told.push(event);
    if (event.kind === 'checkpointed') {
      this.#checkpoints.set(`${event.hub}/${event.partition}`, Number(event.sequence));
    }
    for (const wake of [...this.#waiting]) wake();
  }

  #producer(hub: string): EventHubProducerClient {
    const known = this.#producers.get(hub);
    if (known !== undefined) return known;
    const retryOptions = { maxRetries: 8, retryDelayInMs: 50, maxRetryDelayInMs: 200, timeoutInMs: 5_000 };
    const producer = new EventHubProducerClient(this.hubs.connectionString, hub, { retryOptions });
    this.#producers.set(hub, producer);
    return producer;
  }
}

/** The ledger of a partition, where the settings' hubs have theirs. */
export const ledgerOf = (partition = '0', { hub = POSTGRES, incarnation = 1 } = {}): string =>
  `_system/ledger/localhost/${hub}/${incarnation}/${partition}.json`;

/** Noon of the day so many days ago, UTC ms: what is sent then is all of one day. */
export const noon = (daysAgo: number): number =>
  Math.floor(Date.now() / DAY_MS) * DAY_MS + DAY_MS / 2 - daysAgo * DAY_MS;

/** `2026/11/22` */
export const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10).replaceAll('-', '/');

/** A verdict with every event there once, as it was sent. */
export const ONCE = { ok: true, problems: [], missing: 0, duplicates: 0, altered: 0 };

function hubOf(name: string, partitionCount: number, retentionMs: number) {
  return { name, partitionCount, retentionMs, consumerGroups: [GROUP, 'lake-repair'] };
}
