/**
 * How the Event Hubs extension forms batches (EventHubListener.PartitionProcessor and PartitionProcessorEventsManager of
 * Microsoft.Azure.WebJobs.Extensions.EventHubs 6). With a minimum of 1 what is received at once is a batch. With a higher one it is
 * kept until there is the minimum, or until what is kept has waited. Time comes as an argument, so that it may be simulated.
 */

export interface BatchSettings {
  /** `minEventBatchSize` */
  readonly minimum: number;
  /** `maxEventBatchSize` */
  readonly maximum: number;
  /** `maxWaitTime` */
  readonly maxWaitMs: number;
}

/**
 * What is kept of one partition until it is a batch. One batch at a time: whoever is given one that is not empty calls `ended` when
 * the function has returned from it, before anything else. Times are milliseconds of any one clock.
 */
export class BatchFormer<T> {
  readonly #settings: BatchSettings;
  readonly #checkpointAt: number | null;
  #kept: T[] = [];
  #dueAt: number | null = null;
  #isFirst = true;

  /** @param checkpointAt when the checkpoint was written that reading began after; null: there was none */
  constructor(settings: BatchSettings, checkpointAt: number | null) {
    this.#settings = settings;
    this.#checkpointAt = checkpointAt;
  }

  /** When what is kept goes out though it is less than the minimum; null: nothing waits. */
  get dueAt(): number | null {
    return this.#dueAt;
  }

  /** Takes in what one receive gave; gives a batch if there are enough, else an empty one. What is over the maximum stays. */
  received(events: readonly T[], now: number): readonly T[] {
    if (this.#settings.minimum <= 1) return events;
    this.#kept.push(...events);
    if (this.#kept.length >= this.#settings.minimum) return this.#take();
    this.#wait(now);
    return [];
  }

  /** Gives whatever there is once it has waited long enough, else an empty batch. */
  waited(now: number): readonly T[] {
    return this.#dueAt === null || now < this.#dueAt ? [] : this.#take();
  }

  /** The function has returned from the batch; what was left over begins to wait now. */
  ended(now: number): void {
    this.#isFirst = false;
    this.#wait(now);
  }

  #take(): readonly T[] {
    this.#dueAt = null;
    return this.#kept.splice(0, this.#settings.maximum);
  }

  /** The wait counts from when something is kept and nothing waits yet: later events do not prolong it. */
  #wait(now: number): void {
    if (this.#dueAt === null && this.#kept.length > 0) this.#dueAt = now + this.#waitMs(now);
  }

  /**
   * The first batch after a partition was taken over does not wait anew: without a checkpoint not at all, else for what is left
   * of the wait since it was written.
   */
  #waitMs(now: number): number {
    const { maxWaitMs } = this.#settings;
    if (!this.#isFirst) return maxWaitMs;
    return this.#checkpointAt === null ? 0 : Math.max(0, maxWaitMs - (now - this.#checkpointAt));
  }
}
