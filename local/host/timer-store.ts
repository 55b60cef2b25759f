import { type BlobLeaseClient, type BlockBlobClient, type ContainerClient } from '@azure/storage-blob';
import { readStatus, statusJson, type ScheduleStatus } from './schedule-status';

/**
 * What the host keeps of a timer function in the container `azure-webjobs-hosts`: when it ran and runs next, and a lease that
 * makes sure that one instance alone runs it.
 */

export const HOSTS_CONTAINER = 'azure-webjobs-hosts';

export class TimerStore {
  readonly #status: BlockBlobClient;
  readonly #lock: BlockBlobClient;
  readonly #leaseSeconds: number;
  #lease: BlobLeaseClient | null = null;

  /**
   * @param hostId common to the instances of one app
   * @param leaseMs how long the lock outlives its holder: 15 to 60 s, as Azure allows
   */
  constructor(container: ContainerClient, hostId: string, name: string, leaseMs: number) {
    this.#status = container.getBlockBlobClient(`timers/${hostId}/Host.Functions.${name}/status`);
    this.#lock = container.getBlockBlobClient(`locks/${hostId}/Host.Functions.${name}.Listener`);
    this.#leaseSeconds = Math.round(leaseMs / 1000);
  }

  /** Takes or renews the lock; false when another instance has it. */
  async hold(): Promise<boolean> {
    try {
      if (this.#lease === null) this.#lease = await this.#acquire();
      else await this.#lease.renewLease();
      return true;
    } catch (error) {
      const { statusCode } = error as { statusCode?: number };
      if (statusCode !== 409 && statusCode !== 412) throw error;
      this.#lease = null;
      return false;
    }
  }

  async release(): Promise<void> {
    const lease = this.#lease;
    this.#lease = null;
    // One that cannot be given back expires.
    await lease?.releaseLease().catch(() => undefined);
  }

  /** Null when it was never recorded. */
  async read(): Promise<ScheduleStatus | null> {
    try {
      return readStatus((await this.#status.downloadToBuffer()).toString());
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode === 404) return null;
      throw error;
    }
  }

  async write(status: ScheduleStatus): Promise<void> {
    const json = JSON.stringify(statusJson(status));
    await this.#status.upload(json, Buffer.byteLength(json));
  }

  async #acquire(): Promise<BlobLeaseClient> {
    const lease = this.#lock.getBlobLeaseClient();
    try {
      await lease.acquireLease(this.#leaseSeconds);
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode !== 404) throw error;
      // Another instance may make it too.
      await this.#lock.upload('', 0, { conditions: { ifNoneMatch: '*' } }).catch(() => undefined);
      await lease.acquireLease(this.#leaseSeconds);
    }
    return lease;
  }
}
