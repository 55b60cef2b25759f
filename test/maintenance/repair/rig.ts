import { DataLakeServiceClient } from '@azure/storage-file-datalake';
import { type HubConfig } from '../../../local/event-hubs/event-hubs';
import { type HubEvent, type HubPartition } from '../../../src/lib/decode/event';
import { hubFacts } from '../../../src/lib/hub/facts';
import { hubNamespace } from '../../../src/lib/hub/presence';
import { hubReader } from '../../../src/lib/hub/reread';
import { readClosedGaps, type ClosedGap } from '../../../src/lib/ledger/closed-gaps';
import { type Lake } from '../../../src/lib/ledger/port';
import { type PartitionProof } from '../../../src/lib/maintenance/completeness/judge';
import { proveLake } from '../../../src/lib/maintenance/completeness/prove';
import { type HubReader } from '../../../src/lib/maintenance/repair/port';
import { repair } from '../../../src/lib/maintenance/repair/repair';
import { type PartitionRepair, type RepairReport } from '../../../src/lib/maintenance/repair/report';
import { type RepairOptions, type RepairRoom, type RepairScope } from '../../../src/lib/maintenance/repair/room';
import { hub, startHub, type TestHub } from '../../local/event-hubs/support';
import { openInstance, type Instance } from '../../support/instance';
import { LakeReader } from '../../support/reader';
import { startLake, type TestLake } from '../../support/storage';
import { accessTo } from '../checkpoints/wire';

const TIMEOUT_MS = 5_000;
export const RETENTION_MS = 3_600_000;
export const OF: HubPartition = { namespace: 'example.servicebus.windows.net', hub: 'changes', partition: '3' };
export const LEDGER = '_system/ledger/example.servicebus.windows.net/changes/1/3.json';
const SCOPE: RepairScope = {
  namespace: OF.namespace,
  hubs: { postgresql: 'Changes', mongodb: 'other' },
  group: 'lake-repair',
};

const hubOf = (name: string): HubConfig =>
  hub(name, 4, { consumerGroups: ['lake', 'lake-repair'], retentionMs: RETENTION_MS });

export type Told = Partial<PartitionRepair> & Pick<RepairReport, 'isOutOfTime'>;

/** A lake and a namespace of two hubs, whose clock can be moved. */
export class Rig {
  readonly lake: TestLake;
  readonly reader: LakeReader;
  readonly server: TestHub;
  now = Date.now();
  #published = 0;

  private constructor(lake: TestLake, startServer: (now: () => number) => TestHub) {
    this.lake = lake;
    this.reader = new LakeReader(lake.directConnectionString);
    this.server = startServer(() => this.now);
  }

  static async start(): Promise<Rig> {
    const lake = await startLake();
    let clock = (): number => Date.now();
    const server = await startHub(hubOf('Changes'), { now: () => clock() });
    server.hubs.createHub(hubOf('other'));
    return new Rig(lake, (now) => {
      clock = now;
      return server;
    });
  }

  /** Publishes 30 events; 10 to 19 are never handed over. */
  async withGap(): Promise<HubEvent[]> {
    const events = await this.publish(30);
    await this.deliver(events.slice(0, 10), events.slice(20));
    return events;
  }

  /** A reader of the real hub that lacks some numbers, as no stand-in can be made to. */
  lacking(missing: readonly number[], changes: Partial<HubReader> = {}): HubReader {
    const real = this.hubReader;
    return {
      facts: (hub, partition) => real.facts(hub, partition),
      async *read(of, signal) {
        for await (const batch of real.read(of, signal)) {
          yield batch.filter(({ sequence }) => !missing.includes(Number(sequence)));
        }
      },
      ...changes,
    };
  }

  /** An empty lake, and a hub without any events. */
  async reset(): Promise<void> {
    this.lake.proxy.clear();
    await this.reader.clear();
    this.now = Date.now();
    if (this.server.hubs.hub(OF.hub) !== undefined) this.server.hubs.deleteHub(OF.hub);
    this.server.hubs.createHub(hubOf('Changes'));
    // Later than the one before it, whose clock a test may have moved.
    this.now = Math.max(this.now, this.server.hubs.hub(OF.hub)?.createdAt ?? 0);
    this.#published = 0;
  }

  async dispose(): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.lake.dispose();
  }

  get access() {
    return accessTo(this.server.hubs.port);
  }

  get hubReader(): HubReader {
    return hubReader(this.access, SCOPE.group, TIMEOUT_MS);
  }

  /** Publishes so many more events, and gives them as the hub delivers them. */
  async publish(count: number, body = (number: number): string => `{"number":${number}}`): Promise<HubEvent[]> {
    const first = this.#published;
    this.#published += count;
    const bodies = Array.from({ length: count }, (_, i) => ({ body: Buffer.from(body(first + i)) }));
    await this.server.producer().sendBatch(bodies, { partitionId: OF.partition });
    const events: HubEvent[] = [];
    const range = { hub: OF.hub, partition: OF.partition, from: BigInt(first), to: BigInt(first + count - 1) };
    for await (const batch of this.hubReader.read(range, new AbortController().signal)) events.push(...batch);
    return events;
  }

  async instance(): Promise<Instance> {
    return await openInstance(this.lake.connectionString, { hubFacts: hubFacts(this.access, TIMEOUT_MS) });
  }

  /** Hands batches to a process of the app, one after the other. */
  async deliver(...batches: (readonly HubEvent[])[]): Promise<Instance> {
    const instance = await this.instance();
    for (const batch of batches) await instance.deliver(batch, { partition: OF });
    return instance;
  }

  async room(changes: Partial<RepairRoom> = {}): Promise<RepairRoom> {
    const { room, lake } = await this.instance();
    const namespace = hubNamespace(this.access, TIMEOUT_MS);
    const reader = this.hubReader;
    return { lake, landing: room, reader, namespace, sleep: () => Promise.resolve(), ...changes };
  }

  async repair(
    options: Partial<RepairOptions> = {},
    changes: Partial<RepairRoom> = {},
    scope: Partial<RepairScope> = {},
  ): Promise<RepairReport> {
    return await repair(
      await this.room(changes),
      { ...SCOPE, ...scope },
      {
        ...{ dryRun: false, reopen: false, isTimeUp: () => false, signal: new AbortController().signal },
        ...{ confirmAfterMs: 1, ...options },
      },
    );
  }

  /** As {@link repair}; what is told of the one partition. */
  async repairOne(options: Partial<RepairOptions> = {}, changes: Partial<RepairRoom> = {}): Promise<Told> {
    const { partitions, isOutOfTime } = await this.repair(options, changes);
    if (partitions.length > 1) throw new Error(`${partitions.length} partitions are told`);
    return { ...partitions[0], isOutOfTime };
  }

  async proof(incarnation = 1): Promise<PartitionProof> {
    const { partitions, strangers } = await proveLake(await this.openLake(), { sleep: () => Promise.resolve() });
    const found = partitions.find((one) => one.incarnation === incarnation);
    if (found === undefined || strangers.count > 0) throw new Error('no such ledger, or strangers');
    return found;
  }

  async openLake(): Promise<Lake> {
    return (await openInstance(this.lake.directConnectionString)).lake;
  }

  async closed(incarnation = 1): Promise<readonly ClosedGap[]> {
    return await readClosedGaps(await this.openLake(), { ...OF, incarnation });
  }

  /** Removes the one file that readers see whose name has `part`. */
  async remove(part: string): Promise<void> {
    const found = (await this.reader.visible()).filter((path) => path.includes(part));
    if (found.length !== 1) throw new Error(`${found.length} files have ${part}`);
    await this.reader.remove(found[0] as string);
  }

  /** Every file of the lake with its version: equal when nothing was written. */
  async versions(): Promise<string[]> {
    const files = DataLakeServiceClient.fromConnectionString(this.lake.directConnectionString).getFileSystemClient(
      'data',
    );
    const found: string[] = [];
    for await (const { name, etag, isDirectory } of files.listPaths({ recursive: true })) {
      if (isDirectory !== true) found.push(`${name ?? ''} ${etag ?? ''}`);
    }
    return found.sort();
  }
}

export const range = (first: number, last = first) => ({ first: BigInt(first), last: BigInt(last) });

/** What is told of a partition of which nothing else is. */
export const nothing = {
  filled: 0,
  absent: [],
  expired: [],
  reopened: [],
  open: [],
  failure: null,
  isOutOfTime: false,
};
