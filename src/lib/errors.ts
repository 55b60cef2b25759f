/**
 * The one family of errors. `code` is a closed list (docs/errors.md explains each), `retryable` says whether the same
 * batch may succeed later without anyone's help, `cause` is what was caught. A message says where, what was found, what
 * was expected and what to do; it never holds a secret or a row's values.
 */
export type ErrorCode =
  /** The settings are wrong; every fault is in the message, by name. */
  | 'CONFIG_INVALID'
  /** The host handed over a batch whose positions cannot be told. */
  | 'TRIGGER_METADATA_INVALID'
  /** A ledger is not what this program wrote: cut short, not JSON, or its figures contradict each other. */
  | 'LEDGER_DAMAGED'
  /** A ledger, its closed gaps, or lines that it would be rebuilt from were written by a newer version of this program. */
  | 'LEDGER_NEWER'
  /** There is no ledger, yet the lake holds files of this partition. */
  | 'LEDGER_MISSING'
  /** The ledger was rebuilt while a batch was under way: judge the batch again. */
  | 'LEDGER_REBUILT'
  /** A file that a ledger commits is neither staged nor published nor in an optimise plan. */
  | 'COMMITTED_FILE_MISSING'
  /** A name in the lake is taken by other bytes. */
  | 'NAME_TAKEN'
  /** The lake holds the hub's events under another name of its namespace. */
  | 'HUB_UNDER_OTHER_NAME'
  /** Sequence numbers began anew and it could not be told whether the hub was made anew. */
  | 'INCARNATION_UNCONFIRMED'
  /** Other writers won the swap too many times in one attempt. */
  | 'SWAP_CONTENTION'
  /** The attempt's time is up. */
  | 'ATTEMPT_TIMED_OUT'
  /** The storage service refused, failed or did not answer. */
  | 'STORAGE_FAILED'
  /** The Event Hubs namespace refused, failed or did not answer. */
  | 'EVENT_HUBS_FAILED'
  /** A database that is captured refused, failed or did not answer. */
  | 'SOURCE_FAILED'
  /** A database is not set up for capture: a right, a setting of the server, the publication or the slot is missing. */
  | 'SOURCE_NOT_READY'
  /** Changes are gone from the source before they were captured: the slot or the resume token no longer leads to them. */
  | 'SOURCE_HISTORY_LOST'
  /** Another process captures the same database: it has kept its progress meanwhile. */
  | 'CAPTURE_OVERTAKEN'
  /** What is kept of a database's progress is not what this program wrote, or a newer one wrote it. */
  | 'CAPTURE_STATE_INVALID'
  /** A run of maintenance went to its end, but not all of it: what failed is in the message. */
  | 'MAINTENANCE_FAILED'
  /** The proof of completeness found something missing, damaged or newly lost, or could not be made. */
  | 'LAKE_INCOMPLETE';

/** An error with a code that docs, alerts and callers can rely on. */
export class PipelineError extends Error {
  override readonly name = 'PipelineError';
  readonly code: ErrorCode;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options: { retryable?: boolean; cause?: unknown } = {}) {
    super(`${code}: ${message}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

/** Whether `error` is ours and bears `code`. */
export function hasCode(error: unknown, code: ErrorCode): error is PipelineError {
  return error instanceof PipelineError && error.code === code;
}
