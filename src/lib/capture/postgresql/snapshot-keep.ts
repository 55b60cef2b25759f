import { type PipelineError } from '../../errors';
import { type CapturedEvent, type ChangeSink, type SnapshotTold } from '../port';
import { type CaptureRecord } from './record';
import { type SnapshotCursor, type SnapshotState, type TableProgress } from './snapshot-state';
import { type SnapshotTable } from './snapshot-tables';

/** Sends a table's rows, and writes down how far it is. Nothing is written down that Event Hubs has not accepted. */
export interface TableKeeper {
  /** Where the last run has left it. */
  readonly from: SnapshotCursor | null;
  /** The table begins at its first row. */
  readonly restart: () => void;
  readonly put: (event: CapturedEvent) => Promise<void> | undefined;
  readonly reach: (cursor: SnapshotCursor) => Promise<void>;
  readonly end: () => Promise<void>;
  readonly setAside: (error: PipelineError) => Promise<void>;
}

export interface KeeperDeps {
  readonly sink: ChangeSink;
  readonly record: CaptureRecord;
  readonly onProgress: (told: SnapshotTold) => void;
}

/** @param tables how many the snapshot has */
export function keepTable({ sink, record, onProgress }: KeeperDeps, table: SnapshotTable, tables: number): TableKeeper {
  const { name, description, estimatedRows } = table;
  const kept = snapshotOf(record).begun.find((one) => one.table === name);
  const before = kept?.relationOid === description.oid ? kept : null;
  let progress: TableProgress = {
    ...{ table: name, relationOid: description.oid, rows: before?.rows ?? 0, cursor: before?.cursor ?? null },
    isSetAside: kept?.isSetAside ?? false,
  };
  let unkept = 0;

  const write = async (isDone: boolean): Promise<void> => {
    const state = snapshotOf(record);
    const others = state.begun.filter((one) => one.table !== name);
    const begun = isDone ? others : [...others, progress];
    const done = isDone ? [...state.done, name] : state.done;
    await record.keep({ snapshot: { ...state, rows: state.rows + unkept, done, begun } });
    unkept = 0;
    onProgress({ table: name, rows: progress.rows, estimatedRows, tablesDone: done.length, tables });
  };
  const flush = async (): Promise<void> => {
    await sink.flush();
    progress = { ...progress, rows: progress.rows + unkept };
  };

  return {
    from: progress.cursor,
    restart: () => {
      progress = { ...progress, rows: 0, cursor: null };
    },
    put: (event) => {
      unkept += 1;
      return sink.put(event);
    },
    reach: async (cursor) => {
      await flush();
      progress = { ...progress, cursor };
      await write(false);
    },
    end: async () => {
      await flush();
      const wasSetAside = progress.isSetAside;
      await write(true);
      if (wasSetAside) await record.takeBack(name);
    },
    setAside: async (error) => {
      // What was sent behind the last place that was kept comes again.
      unkept = 0;
      progress = { ...progress, isSetAside: true };
      await write(false);
      const isKnown = record.state.setAside.some(({ table: of, message }) => of === name && message === error.message);
      if (!isKnown) await record.setAside(name, error, true);
    },
  };
}

export function snapshotOf({ state: { snapshot } }: CaptureRecord): SnapshotState {
  if (snapshot === null) throw new Error('the snapshot is complete');
  return snapshot;
}
