import { type Readable } from 'node:stream';
import { to } from 'pg-copy-streams';
import { type ChangeSink, type SnapshotTold } from '../port';
import { connect, type Session } from './connect';
import { type PostgresDatabase } from './database';
import { snapshotEncoder } from './envelope-snapshot';
import { type CaptureSource } from './envelope-source';
import { type CaptureRecord } from './record';
import { pinSession } from './session';
import { copySql, snapshotTables, type SnapshotTable } from './snapshot-tables';
import { type PostgresState, type SnapshotState } from './state';
import { CopyRows, parseCopyRow } from './values-copy';

/** What a snapshot works with. */
export interface Snapshot {
  readonly database: PostgresDatabase;
  readonly publications: readonly string[];
  /** Tables that cannot be read are set aside there. */
  readonly record: CaptureRecord;
  readonly source: CaptureSource;
  readonly sink: ChangeSink;
  /** Where it has come to; its rows stand at `startLsn`. */
  readonly state: PostgresState & { readonly snapshot: SnapshotState };
  readonly keep: (state: PostgresState) => Promise<void>;
  /**
   * The snapshot that the slot exported when it was made; null later on. Without it rows are read as they are now: what has changed since
   * comes in the stream, too, and stands behind it.
   */
  readonly exported: string | null;
  readonly now: () => number;
  readonly onProgress: (told: SnapshotTold) => void;
}

/** So many rows are accepted by Event Hubs before how far it is is written down. */
const ROWS_AT_A_TIME = 10_000;

/**
 * Sends the rows that are there, table by table. What is through is not read again by whoever goes on.
 *
 * @returns the state without a snapshot when it is complete; null when it was stopped before
 */
export async function takeSnapshot(snapshot: Snapshot, stop: AbortSignal): Promise<PostgresState | null> {
  const { database, publications, exported } = snapshot;
  await using session = await connect(database, 'query');
  const { client } = session;
  await client.query('begin isolation level repeatable read read only');
  if (exported !== null) await client.query(`set transaction snapshot '${exported}'`);
  // Behind a pooler this transaction may have another session of the server than the statements before.
  await pinSession(client, database);
  const tables = await snapshotTables(client, publications);
  let { state } = snapshot;
  for (const table of tables) {
    if (state.snapshot.done.includes(table.name)) continue;
    const after = state.snapshot.table === table.name ? state.snapshot.after : null;
    const read = await readTable(snapshot, session, { table, after, tables: tables.length }, state, stop);
    if (read === null) return null;
    state = read;
  }
  const complete = { ...state, snapshot: null };
  await snapshot.keep(complete);
  return complete;
}

type InSnapshot = Snapshot['state'];

interface Reading {
  readonly table: SnapshotTable;
  readonly after: readonly string[] | null;
  readonly tables: number;
}

/** Null when it was stopped. */
async function readTable(
  snapshot: Snapshot,
  { client }: Session,
  { table, after, tables }: Reading,
  before: InSnapshot,
  stop: AbortSignal,
): Promise<InSnapshot | null> {
  const { source, sink, keep, now, onProgress } = snapshot;
  const { startLsn, snapshot: at } = before;
  const facts = { consistentPoint: startLsn, takenAtUs: at.takenAtUs };
  const encode = snapshotEncoder(source, facts, table.description, table.types);
  let rows = 0;
  let state = before;
  const reach = async (next: Partial<SnapshotState>): Promise<void> => {
    await sink.flush();
    state = { ...before, snapshot: { ...state.snapshot, ...next, rows: at.rows + rows } };
    await keep(state);
    const { estimatedRows } = table;
    onProgress({ table: table.name, rows, estimatedRows, tablesDone: state.snapshot.done.length, tables });
  };

  const copy = client.query(to(copySql(table, after, (text) => client.escapeLiteral(text)))) as Readable;
  const cut = new CopyRows();
  for await (const chunk of copy as AsyncIterable<Buffer>) {
    for (const row of cut.push(chunk)) {
      const room = sink.put(encode(row, now()));
      if (room !== undefined) await room;
      rows += 1;
      if (rows % ROWS_AT_A_TIME !== 0) continue;
      await reach({ table: table.name, after: table.key.length === 0 ? null : keyOf(table, row) });
      if (stop.aborted) return null;
    }
  }
  await reach({ table: null, after: null, done: [...state.snapshot.done, table.name] });
  return stop.aborted ? null : state;
}

/** The text of the row's key columns. */
function keyOf({ key, description }: SnapshotTable, row: Buffer): string[] {
  const { bytes, starts, lengths } = parseCopyRow(row, description.columns.length);
  return key.map(({ index }) => {
    const start = starts[index] ?? 0;
    return bytes.toString('utf8', start, start + (lengths[index] ?? 0));
  });
}
