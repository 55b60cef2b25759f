import { type SnapshotTold } from '../../../src/lib/capture/port';
import { CaptureRecord } from '../../../src/lib/capture/postgresql/record';
import { takeSnapshot, type Snapshot } from '../../../src/lib/capture/postgresql/snapshot';
import { SNAPSHOT_LIMITS } from '../../../src/lib/capture/postgresql/snapshot-read';
import { newSnapshot } from '../../../src/lib/capture/postgresql/snapshot-state';
import { type TableSetAside } from '../../../src/lib/capture/set-aside';
import { type Rig, type Seen } from './rig';

export interface Taken {
  readonly isThrough: boolean;
  readonly told: readonly SnapshotTold[];
  readonly setAside: readonly TableSetAside[];
  /** The events of this run that were accepted. */
  readonly seen: readonly Seen[];
}

/** What a run is given beside what every run has. */
export interface Taking {
  /** Rows after which progress is kept. */
  readonly rows?: number;
  /** It is stopped as soon as this holds, asked before each row that is put. */
  readonly stopWhen?: (puts: number) => boolean;
  readonly exported?: string;
  readonly limits?: Partial<typeof SNAPSHOT_LIMITS>;
  readonly now?: () => number;
}

const STATE = {
  ...{ systemId: '7431234567890123456', slot: 'change_lake', startLsn: 24_025_000n, safeLsn: 24_025_000n },
  log: { timeline: 1, ancestors: [] },
  published: { publications: [], tables: {} },
};

/** Takes the snapshot of a rig's database from where the last run has left it, by `takeSnapshot` itself. */
export async function take(
  rig: Rig,
  { rows, stopWhen, exported, limits, now = Date.now }: Taking = {},
): Promise<Taken> {
  const told: SnapshotTold[] = [];
  const setAside: TableSetAside[] = [];
  const [before, puts] = [rig.hub.seen.length, rig.hub.puts];
  const stop = new AbortController();
  const { onPut } = rig.hub;
  rig.hub.onPut = (event) => {
    if (stopWhen?.(rig.hub.puts - puts) === true) stop.abort();
    return onPut?.(event);
  };
  rig.progress.kept ??= { ...STATE, last: null, snapshot: newSnapshot(1_764_158_400_000_123n), setAside: [] };
  const record = new CaptureRecord(rig.progress.open(), rig.progress.kept, {
    now,
    onSetAside: (table) => void setAside.push(table),
  });
  const snapshot: Snapshot = {
    ...{ database: rig.database, publications: ['change_lake'], record, exported: exported ?? null, now },
    source: { name: 'shop', database: 'shop', systemId: STATE.systemId, history: 1 },
    sink: rig.hub,
    onProgress: (at) => void told.push(at),
    limits: { ...SNAPSHOT_LIMITS, ...(rows === undefined ? {} : { rows }), ...limits },
  };
  try {
    const isThrough = await takeSnapshot(snapshot, stop.signal);
    return { isThrough, told, setAside, seen: rig.hub.seen.slice(before) };
  } finally {
    rig.hub.onPut = onPut;
    rig.hub.forget();
  }
}

/** `id` of each row that was sent, as often as it was, by table. */
export function ids(events: readonly Seen[], table: string, column = 'id'): unknown[] {
  return events.filter(({ json }) => json.source.table === table).map(({ json }) => json.after?.[column]);
}

export const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);
