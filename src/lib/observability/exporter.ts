import { type Sample } from './aggregate';
import { type Failure } from './failure';

/** What is sent at a time. */
export interface Telegram {
  readonly samples: readonly Sample[];
  readonly failures: readonly Failure[];
}

/** What became of a telegram. What is in neither list was accepted, or may have been. */
export interface Receipt {
  /** Provably not accepted, and acceptable later: to be sent again. */
  readonly refused: Telegram;
  /** How many values were refused for good, or sent and never answered: sent again they might count twice. */
  readonly dropped: number;
  /** The endpoint asked for that much patience. */
  readonly retryAfterMs: number | null;
  /** Why, in a word, for the log; null when all went well. */
  readonly fault: string | null;
}

/** Where telemetry goes. */
export interface Exporter {
  /** Sends a telegram; ends soon after `signal` is aborted. It does not throw. */
  send(telegram: Telegram, signal: AbortSignal): Promise<Receipt>;
  close(): Promise<void>;
}

export const NOTHING: Telegram = { samples: [], failures: [] };

export const ACCEPTED: Receipt = { refused: NOTHING, dropped: 0, retryAfterMs: null, fault: null };
