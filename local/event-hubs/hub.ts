import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { same } from './limits';
import { Partition, type PartitionSettings } from './partition';
import { type KeptHub } from './settings-file';

/** How a hub's partitions are kept; each has a folder of its own below. */
export type HubPlace = Omit<PartitionSettings, 'retentionMs'>;

/** One hub: its partitions and who may read them. */
export class Hub {
  readonly config: KeptHub;
  readonly partitions: readonly Partition[];
  readonly #folder: string | null;
  #turn = 0;

  /** @throws Error where what is on disk is damaged */
  constructor(config: KeptHub, { place, ...settings }: HubPlace) {
    this.config = config;
    this.#folder = place?.folder ?? null;
    const opened: Partition[] = [];
    try {
      for (let index = 0; index < config.partitionCount; index += 1) {
        const own = place === null ? null : { ...place, folder: join(place.folder, String(index)) };
        opened.push(new Partition(String(index), { ...settings, retentionMs: config.retentionMs, place: own }));
      }
    } catch (error) {
      for (const partition of opened) partition.close();
      throw error;
    }
    this.partitions = opened;
  }

  get name(): string {
    return this.config.name;
  }

  /** UTC, milliseconds since 1970. */
  get createdAt(): number {
    return this.config.createdAt;
  }

  partition(id: string): Partition | undefined {
    return this.partitions.find((partition) => partition.id === id);
  }

  hasGroup(name: string): boolean {
    return this.config.consumerGroups.some((group) => same(group, name));
  }

  /** The partition for a batch that names neither one nor a key: each in its turn. */
  nextPartition(): Partition {
    const partition = this.partitions[this.#turn % this.partitions.length] as Partition;
    this.#turn += 1;
    return partition;
  }

  close(): void {
    for (const partition of this.partitions) partition.close();
  }

  /** Closes and deletes. */
  remove(): void {
    this.close();
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true, force: true });
  }
}
