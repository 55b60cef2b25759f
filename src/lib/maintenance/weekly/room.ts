import { type Clock } from '../../clock';
import { type Lake } from '../../ledger/port';
import { type LedgerMover } from '../archive/port';
import { type CheckpointBlobs, type Namespace } from '../checkpoints/port';
import { type Action } from '../checkpoints/result';
import { type Scope } from '../checkpoints/scope';
import { type MaintenanceLock } from '../lock';
import { type MaintenanceLake } from '../port';

/** What the steps work with; their requests end when the signal is aborted that it was made with. */
export interface WeeklyTools {
  readonly lake: Lake;
  readonly files: MaintenanceLake;
  readonly mover: LedgerMover;
  /** The time by the storage service's clock, UTC ms. */
  readonly serviceNow: () => Promise<number>;
  /** Opens the host's checkpoints. @throws PipelineError CONFIG_INVALID where the host's storage is not given */
  readonly openCheckpoints: () => Promise<CheckpointBlobs>;
}

export interface WeeklyRoom {
  readonly lock: MaintenanceLock;
  readonly toolsWithin: (signal: AbortSignal) => WeeklyTools;
  readonly namespace: Namespace;
  readonly scope: Scope;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly sleep: (ms: number) => Promise<void>;
  /** Gets what becomes of each checkpoint, as it is done. */
  readonly tell: (action: Action) => void;
}

export interface WeeklyOptions {
  /** Decides and tells the same, and changes nothing; no record is left. */
  readonly dryRun: boolean;
  /** Nothing new is begun after it. */
  readonly budgetMs: number;
  readonly targetBytes: number;
  readonly closedAfterMs: number;
  /** For how long the hubs keep events. */
  readonly retentionMs: number;
  /** A hub that is not found is asked for again after so long. */
  readonly confirmAfterMs: number;
}
