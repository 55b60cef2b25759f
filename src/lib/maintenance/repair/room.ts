import { type Source } from '../../decode/event';
import { type IngestRoom } from '../../ingest';
import { type Lake } from '../../ledger/port';
import { type Namespace } from '../checkpoints/port';
import { type HubReader } from './port';

/** What repairing works with. */
export interface RepairRoom {
  readonly lake: Lake;
  /** Events that are read again land as every batch does. Its ledgers are not used: a run has its own. */
  readonly landing: IngestRoom;
  readonly reader: HubReader;
  readonly namespace: Namespace;
  readonly sleep: (ms: number) => Promise<void>;
}

/** Which hubs are ours, and how they are read. */
export interface RepairScope {
  /** Fully qualified, without a port, in lower case: the one namespace that can be asked. */
  readonly namespace: string;
  readonly hubs: Readonly<Record<Source, string>>;
  /** The consumer group that gaps are read through. */
  readonly group: string;
}

export interface RepairOptions {
  /** Tells what it would do: it asks the hub, and reads its events, but writes nothing to the lake. */
  readonly dryRun: boolean;
  /**
   * Whether numbers that a ledger covers and no file names are read again, too. For people alone: it takes back what was promised to be
   * in the lake. Where a file was taken away on purpose its events come back.
   */
  readonly reopen: boolean;
  /** Nothing new is begun once it says so. */
  readonly isTimeUp: () => boolean;
  readonly signal: AbortSignal;
  /** A hub that is not found is asked for again after so long, and is gone if it is not found then. */
  readonly confirmAfterMs?: number;
  readonly onProgress?: (progress: RepairProgress) => void;
}

/** Told as it goes. */
export interface RepairProgress {
  readonly hub: string;
  readonly partition: string;
  /** Events that were looked at. */
  readonly read: number;
  /** Those of them that were missing. */
  readonly found: number;
}
