import { type LogLine } from '../host/worker';

/** What the app says of a batch that landed: the fields of its line of log that are of use here. */
export interface BatchLine {
  readonly message: 'batch';
  readonly source: string;
  readonly hub: string;
  readonly partition: string;
  readonly firstSequence: string;
  readonly lastSequence: string;
  readonly received: number;
  readonly written: number;
  readonly duplicates: number;
  readonly quarantined: number;
  readonly gap: number;
  readonly files: number;
  readonly bytes: number;
  readonly swapConflicts: number;
  readonly writeMs: number;
  readonly delayMs: number;
}

/** What the app says of an attempt that failed: the batch comes again. */
export interface FailureLine {
  readonly message: 'batch_failed';
  readonly source: string;
  readonly code: string | null;
  readonly error: string;
}

/** Reads a line of the app's log; null where it is about something else. */
export function readLine({ message }: LogLine): BatchLine | FailureLine | null {
  if (!message.startsWith('{"message":"batch')) return null;
  try {
    const line = JSON.parse(message) as BatchLine | FailureLine;
    return ['batch', 'batch_failed'].includes(line.message) ? line : null;
  } catch {
    return null;
  }
}
