import { EventHubProducerClient } from '@azure/event-hubs';
import { BlobServiceClient } from '@azure/storage-blob';
import { startEventHubs, type HubConfig, type LocalEventHubs } from '../../local/event-hubs/event-hubs';
import { CHECKPOINT_CONTAINER, PartitionStore } from '../../local/host/partition-store';
import { openAll } from '../../local/storage/closing';
import { startStorage, type LocalStorage } from '../../local/storage/storage';
import { systemClock } from '../../src/lib/clock';
import { type Check } from '../../src/lib/doctor/check';
import { examine, PATIENCE, type DoctorTools } from '../../src/lib/doctor/doctor';
import { startLake, type TestLake } from '../support/storage';
import '../support/unref-long-timers';

export const POSTGRES = 'postgresql-changes';
export const MONGO = 'mongodb-changes';
export const GROUPS = ['lake', 'lake-repair'];

export const hub = (name: string, consumerGroups = GROUPS): HubConfig => ({
  ...{ name, partitionCount: 2, consumerGroups, retentionMs: 3_600_000 },
});

/** A lake, a namespace and a host's storage, each of which can be made to fail by itself. */
export class Rig implements AsyncDisposable {
  readonly lake: TestLake;
  readonly hubs: LocalEventHubs;
  readonly host: LocalStorage;
  readonly #close: () => Promise<void>;

  private constructor(lake: TestLake, hubs: LocalEventHubs, host: LocalStorage, close: () => Promise<void>) {
    this.lake = lake;
    this.hubs = hubs;
    this.host = host;
    this.#close = close;
  }

  static async start(): Promise<Rig> {
    const { value, close } = await openAll(async (keep) => {
      const lake = await startLake();
      keep({ close: () => lake.dispose() });
      const host = keep(await startStorage({ port: 0, queuePort: null, tablePort: null }));
      const hubs = keep(await startEventHubs({ port: 0, healthPort: null, hubs: [] }));
      return { lake, host, hubs };
    });
    const rig = new Rig(value.lake, value.hubs, value.host, close);
    await rig.#hostContainer().create();
    return rig;
  }

  /** Both hubs anew, one event in each partition, all of them handled and held by a running host. */
  async reset(): Promise<void> {
    this.lake.proxy.clear();
    this.lake.proxy.forgetRequests();
    this.hubs.faults.clear();
    for (const { name } of this.hubs.hubs()) this.hubs.deleteHub(name);
    for (const name of [POSTGRES, MONGO]) {
      this.hubs.createHub(hub(name));
      await this.send(name);
      for (const partition of ['0', '1']) await this.handled(name, partition, '0');
    }
  }

  async send(name: string): Promise<void> {
    const producer = new EventHubProducerClient(this.hubs.connectionString, name);
    for (const partitionId of ['0', '1']) await producer.sendBatch([{ body: { made: 'up' } }], { partitionId });
    await producer.close();
  }

  store(name: string): PartitionStore {
    return new PartitionStore(this.#hostContainer(), { namespace: 'localhost', hub: name, group: 'lake' });
  }

  async handled(name: string, partition: string, sequence: string): Promise<void> {
    const store = this.store(name);
    await store.writeCheckpoint(partition, '0', sequence);
    const before = (await store.listOwnership()).find((each) => each.partition === partition) ?? null;
    await store.claim(partition, 'a-host', before);
  }

  #hostContainer() {
    return BlobServiceClient.fromConnectionString(this.host.connectionString).getContainerClient(CHECKPOINT_CONTAINER);
  }

  get env(): Record<string, string> {
    return {
      EVENTHUB_CONNECTION_STRING: this.hubs.connectionString,
      STORAGE_CONNECTION_STRING: this.lake.connectionString,
      AzureWebJobsStorage: this.host.connectionString,
    };
  }

  async examine(env: Record<string, string> = {}, tools: Partial<DoctorTools> = {}): Promise<Examined> {
    const checks = await examine({
      env: { ...this.env, ...env },
      hostJson: HOST_JSON,
      clock: systemClock,
      newId: () => 'a-run',
      patience: PATIENCE,
      credentialFor: () => Promise.reject(new Error('no identity is needed here')),
      ...tools,
    });
    return new Examined(checks);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}

/** For what never answers: so long a test waits for it. */
export const IMPATIENT = { patience: { checkMs: 3_000, requestMs: 2_000, totalMs: 20_000 } };

export const HOST_JSON = JSON.stringify({
  version: '2.0',
  functionTimeout: '00:10:00',
  extensions: {
    eventHubs: {
      ...{ maxEventBatchSize: 128, minEventBatchSize: 127, prefetchCount: 256, prefetchSizeInBytes: 33_554_432 },
      ...{ batchCheckpointFrequency: 1, initialOffsetOptions: { type: 'fromStart' } },
    },
  },
});

/** What the doctor told. */
export class Examined {
  readonly checks: readonly Check[];

  constructor(checks: readonly Check[]) {
    this.checks = checks;
  }

  of(outcome: Check['outcome']): string[] {
    return this.checks.filter((check) => check.outcome === outcome).map(({ id }) => id);
  }

  /** How fast this machine is just now is nobody's fault. */
  get warnings(): string[] {
    return this.of('warning').filter((id) => id !== 'lake-latency');
  }

  check(id: string): Check {
    const found = this.checks.find((check) => check.id === id);
    if (found === undefined) throw new Error(`there is no check ${id}`);
    return found;
  }
}
