/** How a hub is made. */
export interface HubSettings {
  readonly name: string;
  readonly partitionCount: number;
  /** UTC, milliseconds since 1970. */
  readonly createdAt: number;
}

/** One partition, as `$management` tells of it. Nothing can be published yet, so every partition is empty. */
export interface Partition {
  readonly id: string;
  readonly beginSequence: bigint;
  /** -1 while nothing was ever published. */
  readonly lastSequence: bigint;
  readonly lastOffset: string;
  /** UTC, milliseconds since 1970. */
  readonly lastEnqueuedAt: number;
}

export interface Hub {
  readonly name: string;
  readonly createdAt: number;
  readonly partitions: readonly Partition[];
}

/** .NET's least time, which the service tells for a partition without events. */
const NEVER = Date.parse('0001-01-01T00:00:00Z');

/** The hubs of one namespace. Names are compared without regard to case. */
export class Namespace {
  readonly #hubs = new Map<string, Hub>();

  constructor(hubs: readonly HubSettings[] = []) {
    for (const hub of hubs) this.create(hub);
  }

  hub(name: string): Hub | undefined {
    return this.#hubs.get(name.toLowerCase());
  }

  /** Makes a hub; one that was deleted before begins at sequence number 0 again. */
  create({ name, partitionCount, createdAt }: HubSettings): Hub {
    if (this.hub(name) !== undefined) throw new Error(`There is a hub ${name} already.`);
    const partitions = Array.from({ length: partitionCount }, (_, index) => emptyPartition(`${index}`));
    const hub = { name, createdAt, partitions };
    this.#hubs.set(name.toLowerCase(), hub);
    return hub;
  }

  delete(name: string): void {
    if (!this.#hubs.delete(name.toLowerCase())) throw new Error(`There is no hub ${name}.`);
  }
}

const emptyPartition = (id: string): Partition => ({
  id,
  beginSequence: 0n,
  lastSequence: -1n,
  lastOffset: '-1',
  lastEnqueuedAt: NEVER,
});
