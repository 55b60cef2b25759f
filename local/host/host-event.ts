import { type LogLine } from './worker';

/** What an instance tells while it runs. Sequence numbers are decimal text. */
export type HostEvent =
  /** What the app logged. */
  | { readonly kind: 'log'; readonly line: LogLine }
  /** The instance reads this partition now; `stolenFrom` had it and was alive. */
  | { readonly kind: 'owned'; readonly hub: string; readonly partition: string; readonly stolenFrom: string | null }
  | { readonly kind: 'lost'; readonly hub: string; readonly partition: string; readonly reason: string }
  /** One attempt at one batch has ended; `error` is what it threw. */
  | {
      readonly kind: 'invoked';
      readonly function: string;
      readonly invocationId: string;
      readonly hub: string;
      readonly partition: string;
      readonly first: string;
      readonly last: string;
      readonly count: number;
      /** 1 for the first. */
      readonly attempt: number;
      readonly error: string | null;
      readonly ms: number;
    }
  | { readonly kind: 'checkpointed'; readonly hub: string; readonly partition: string; readonly sequence: string }
  /** A run of a timer function has ended, its retries included; `error` is what the last attempt threw. */
  | { readonly kind: 'timer'; readonly function: string; readonly isPastDue: boolean; readonly error: string | null }
  /** An HTTP function has answered. */
  | { readonly kind: 'http'; readonly function: string; readonly method: string; readonly status: number }
  /** A function ran longer than `functionTimeout`: the real host ends the worker's process for it. */
  | { readonly kind: 'timeout'; readonly function: string; readonly ms: number }
  /** Something of the host's own went wrong and is tried again. */
  | { readonly kind: 'trouble'; readonly where: string; readonly error: string };

export type OnEvent = (event: HostEvent) => void;
