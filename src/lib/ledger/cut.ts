import { type HubEvent } from '../decode/event';
import { utcDay } from '../time';

/** Events of contiguous sequence numbers and one UTC day that go into one file (or one in bronze and one in quarantine). */
export type Run = readonly [HubEvent, ...HubEvent[]];

/**
 * Cuts ascending events into runs: where numbers are not contiguous, at midnight UTC (by enqueued time), and before the
 * run would outgrow `maxBytes` as told by `sizeOf`. A single event larger than that is a run of its own.
 */
export function cut(events: readonly HubEvent[], maxBytes: number, sizeOf: (event: HubEvent) => number): Run[] {
  const runs: [HubEvent, ...HubEvent[]][] = [];
  let bytes = 0;
  let before: HubEvent | undefined;
  for (const event of events) {
    const size = sizeOf(event);
    const run = runs.at(-1);
    if (run !== undefined && before !== undefined && continues(before, event) && bytes + size <= maxBytes) {
      run.push(event);
      bytes += size;
    } else {
      runs.push([event]);
      bytes = size;
    }
    before = event;
  }
  return runs;
}

function continues(before: HubEvent, event: HubEvent): boolean {
  return event.sequence === before.sequence + 1n && utcDay(event.enqueuedAt) === utcDay(before.enqueuedAt);
}
