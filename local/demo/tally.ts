import { type HostEvent } from '../host/host';
import { readLine } from '../platform/batch-line';

/** What the instances told while the demo ran. A killed one takes what it had not told yet with it. */
export class Tally {
  /** Events that the app says it landed. */
  written = 0;
  /** Events handed over again and dropped as covered. */
  redelivered = 0;
  /** Ledger swaps that another writer, or one's own lost answer, had overtaken. */
  swapConflicts = 0;
  /** Attempts at a batch that failed and were made again. */
  failures = 0;
  /** Partitions taken from a live owner. */
  steals = 0;
  /** From Event Hubs accepting the oldest event of a batch to its file being visible, in ms, for each batch. */
  readonly delaysMs: number[] = [];

  heard(event: HostEvent): void {
    if (event.kind === 'owned' && event.stolenFrom !== null) this.steals += 1;
    if (event.kind !== 'log') return;
    const line = readLine(event.line);
    if (line?.message === 'batch_failed') this.failures += 1;
    if (line?.message !== 'batch') return;
    this.written += line.written;
    this.redelivered += line.duplicates;
    this.swapConflicts += line.swapConflicts;
    if (line.written > 0) this.delaysMs.push(line.delayMs);
  }
}
