import { type CaptureNews } from '../../src/lib/capture/run';
import { type BatchReport } from '../../src/lib/report';
import { type LogLine } from '../host/worker';

/** What the app says of a batch that landed: its report, as a line of log. */
export interface BatchLine extends BatchReport {
  readonly message: 'batch';
  readonly source: string;
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

/** Reads what the app's log tells of capture; null where a line is about something else. */
export function readNews({ message }: LogLine): (CaptureNews & { readonly source: string }) | null {
  if (!message.startsWith('{"message":"capture",')) return null;
  try {
    return JSON.parse(message) as CaptureNews & { readonly source: string };
  } catch {
    return null;
  }
}
