import { within } from '../../attempt';
import { type HubEvent, type HubPartition, type Source } from '../../decode/event';
import { PipelineError } from '../../errors';
import { land } from '../../land';
import { type RepairOptions, type RepairRoom, type RepairScope } from './room';
import { holds, type Range, Ranges, stretchesOf } from '../../ranges';

/** What reading a partition again came to. */
export interface Reading {
  /** Numbers that the hub delivered. */
  readonly seen: readonly Range[];
  /** Numbers that it passed, or delivered: what is in here and not in `seen` it does not have, or not any more. */
  readonly passed: readonly Range[];
  /** Events landed; in a dry run, those that would be. */
  readonly filled: number;
  readonly isOutOfTime: boolean;
  /** Why reading ended early: the hub's own answer. */
  readonly why: string | null;
}

/** Reading what lies between two gaps is quicker than another connection. */
const MAX_BETWEEN = 5_000n;

/** So much lands at once: a file of its own for each contiguous part of it. */
const MAX_BATCH_BYTES = 8 << 20;
const MAX_BATCH_EVENTS = 2_000;

/** Which events are read again. */
export interface Wanted extends HubPartition {
  readonly source: Source;
  /** Ascending, apart from each other. */
  readonly ranges: readonly Range[];
}

/**
 * Reads the numbers wanted from the hub and lands their events as every batch lands, so that writers may go on meanwhile. A hub that does
 * not answer ends it; what was landed and passed by then counts.
 *
 * @throws PipelineError what landing throws; what the signal was aborted with
 */
export async function fill(
  room: RepairRoom,
  scope: RepairScope,
  wanted: Wanted,
  options: RepairOptions,
): Promise<Reading> {
  const { isTimeUp, signal, onProgress = () => undefined } = options;
  const { hub, partition } = wanted;
  const hand = new Hand(room, scope, wanted, options.dryRun);
  const passed: Range[] = [];
  let read = 0;
  for (const { first, last } of stretchesOf(wanted.ranges, MAX_BETWEEN)) {
    if (isTimeUp()) return { ...(await hand.empty(signal)), passed, isOutOfTime: true, why: null };
    let reached = first - 1n;
    const note = (to: bigint): void => {
      if (to >= first) passed.push({ first, last: to });
    };
    try {
      const range = { hub: scope.hubs[wanted.source], partition, from: first, to: last };
      for await (const events of room.reader.read(range, signal)) {
        read += events.length;
        reached = events.at(-1)?.sequence ?? reached;
        await hand.take(events, signal);
        onProgress({ hub, partition, read, found: hand.found });
        if (!isTimeUp()) continue;
        note(reached);
        return { ...(await hand.empty(signal)), passed, isOutOfTime: true, why: null };
      }
    } catch (error) {
      if (signal.aborted || !(error instanceof PipelineError) || error.code !== 'EVENT_HUBS_FAILED') throw error;
      note(reached);
      return { ...(await hand.empty(signal)), passed, isOutOfTime: false, why: error.message };
    }
    note(last);
  }
  return { ...(await hand.empty(signal)), passed, isOutOfTime: false, why: null };
}

/** Gathers wanted events until there are enough to land. */
class Hand {
  readonly #room: RepairRoom;
  readonly #scope: RepairScope;
  readonly #wanted: Wanted;
  readonly #isDryRun: boolean;
  readonly #seen = new Ranges();
  #events: HubEvent[] = [];
  #bytes = 0;
  #filled = 0;
  #found = 0;

  constructor(room: RepairRoom, scope: RepairScope, wanted: Wanted, isDryRun: boolean) {
    this.#room = room;
    this.#scope = scope;
    this.#wanted = wanted;
    this.#isDryRun = isDryRun;
  }

  get found(): number {
    return this.#found;
  }

  async take(events: readonly HubEvent[], signal: AbortSignal): Promise<void> {
    for (const event of events) {
      if (!this.#isWanted(event.sequence)) continue;
      this.#found += 1;
      this.#seen.add({ first: event.sequence, last: event.sequence });
      if (this.#isDryRun) continue;
      this.#events.push(event);
      this.#bytes += event.body.length;
    }
    if (this.#bytes >= MAX_BATCH_BYTES || this.#events.length >= MAX_BATCH_EVENTS) await this.#land(signal);
  }

  async empty(signal: AbortSignal): Promise<Pick<Reading, 'seen' | 'filled'>> {
    await this.#land(signal);
    return { seen: this.#seen.all, filled: this.#isDryRun ? this.#found : this.#filled };
  }

  #isWanted(sequence: bigint): boolean {
    return holds(this.#wanted.ranges, sequence);
  }

  async #land(signal: AbortSignal): Promise<void> {
    if (this.#events.length === 0) return;
    const { source, namespace, hub, partition } = this.#wanted;
    const delivery = { namespace, hub, partition, consumerGroup: this.#scope.group, events: this.#events };
    this.#events = [];
    this.#bytes = 0;
    const what = `what was read again of hub ${hub} partition ${partition}`;
    const { landing } = this.#room;
    const { written } = await within(landing.attemptMs, what, (timeIsUp) =>
      land(source, delivery, landing, AbortSignal.any([timeIsUp, signal])),
    );
    this.#filled += written;
  }
}
