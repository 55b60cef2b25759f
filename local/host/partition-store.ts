import { type BlockBlobClient, type ContainerClient } from '@azure/storage-blob';

/**
 * Who reads which partition, and how far: the blobs that the Event Hubs extension keeps in the container
 * `azure-webjobs-eventhub` of the host's storage. They are empty; what they say is in their metadata, when they said it last is
 * the blob's own time.
 */

/** The partitions that one consumer group of one hub has. */
export interface StoreOf {
  /** Fully qualified, without a port. */
  readonly namespace: string;
  readonly hub: string;
  readonly group: string;
}

export interface Ownership {
  readonly partition: string;
  /** Empty when it was given up. */
  readonly ownerId: string;
  /** UTC, milliseconds since 1970. */
  readonly renewedAt: number;
  readonly etag: string;
}

export interface Checkpoint {
  readonly offset: string;
  readonly sequence: string;
  /** UTC, milliseconds since 1970. */
  readonly writtenAt: number;
}

export const CHECKPOINT_CONTAINER = 'azure-webjobs-eventhub';

export class PartitionStore {
  readonly #container: ContainerClient;
  readonly #prefix: string;

  constructor(container: ContainerClient, { namespace, hub, group }: StoreOf) {
    this.#container = container;
    this.#prefix = `${namespace}/${hub}/${group}`.toLowerCase();
  }

  async listOwnership(): Promise<Ownership[]> {
    const found: Ownership[] = [];
    const prefix = `${this.#prefix}/ownership/`;
    for await (const { name, metadata, properties } of this.#container.listBlobsFlat({
      prefix,
      includeMetadata: true,
    })) {
      found.push({
        partition: name.slice(prefix.length),
        ownerId: metadata?.['ownerid'] ?? '',
        renewedAt: properties.lastModified.getTime(),
        etag: properties.etag,
      });
    }
    return found;
  }

  /** Whose claim it is; null when nobody's. */
  async ownerOf(partition: string): Promise<string | null> {
    try {
      const { metadata } = await this.#ownership(partition).getProperties();
      const ownerId = metadata?.['ownerid'] ?? '';
      return ownerId === '' ? null : ownerId;
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw error;
    }
  }

  /**
   * Claims a partition, renews a claim, or (with an empty owner) gives it up: only if nobody has touched it since it was read.
   *
   * @returns false when somebody has
   */
  async claim(partition: string, ownerId: string, before: Ownership | null): Promise<boolean> {
    const blob = this.#ownership(partition);
    try {
      const metadata = { ownerid: ownerId };
      if (before === null) await blob.upload('', 0, { metadata, conditions: { ifNoneMatch: '*' } });
      else await blob.setMetadata(metadata, { conditions: { ifMatch: before.etag } });
      return true;
    } catch (error) {
      if (isRace(error)) return false;
      throw error;
    }
  }

  async readCheckpoint(partition: string): Promise<Checkpoint | null> {
    try {
      const { metadata, lastModified } = await this.#checkpoint(partition).getProperties();
      const { offset, sequencenumber: sequence } = metadata ?? {};
      if (offset === undefined || sequence === undefined) return null;
      return { offset, sequence, writtenAt: lastModified?.getTime() ?? 0 };
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw error;
    }
  }

  /** Unconditional, as the extension's: a slow owner may set back what a faster one wrote. */
  async writeCheckpoint(partition: string, offset: string, sequence: string): Promise<void> {
    const blob = this.#checkpoint(partition);
    const metadata = { offset, sequencenumber: sequence };
    try {
      await blob.setMetadata(metadata);
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
      await blob.upload('', 0, { metadata });
    }
  }

  #checkpoint(partition: string): BlockBlobClient {
    return this.#container.getBlockBlobClient(`${this.#prefix}/checkpoint/${partition}`);
  }

  #ownership(partition: string): BlockBlobClient {
    return this.#container.getBlockBlobClient(`${this.#prefix}/ownership/${partition}`);
  }
}

function isRace(error: unknown): boolean {
  const status = statusOf(error);
  return status === 412 || status === 409 || status === 404;
}

const statusOf = (error: unknown): number | undefined => (error as { statusCode?: number }).statusCode;
