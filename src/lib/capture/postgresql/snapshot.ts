import { type Client } from 'pg';
import { PipelineError } from '../../errors';
import { type ChangeSink, type SnapshotTold } from '../port';
import { connect } from './connect';
import { type PostgresDatabase } from './database';
import { snapshotEncoder } from './envelope-snapshot';
import { type CaptureSource } from './envelope-source';
import { type CaptureRecord } from './record';
import { pinSession } from './session';
import { keepTable, snapshotOf, type TableKeeper } from './snapshot-keep';
import {
  goesOnAt,
  readRows,
  SNAPSHOT_LIMITS,
  tableFiles,
  type SnapshotLimits,
  type TableFiles,
  type TableReader,
} from './snapshot-read';
import { type SnapshotState } from './snapshot-state';
import { snapshotTables, type SnapshotTable } from './snapshot-tables';
import { isOfOneTable, tableTrouble } from './snapshot-trouble';

/** What a snapshot works with. */
export interface Snapshot {
  readonly database: PostgresDatabase;
  readonly publications: readonly string[];
  readonly source: CaptureSource;
  readonly sink: ChangeSink;
  /** Where it has come to, and the tables that are set aside. Its rows stand at `startLsn`. */
  readonly record: CaptureRecord;
  /**
   * The snapshot that the slot exported when it was made; null later on. Without it rows are read as they are now: what has changed since
   * comes in the stream, too, and stands behind it.
   */
  readonly exported: string | null;
  readonly now: () => number;
  readonly onProgress: (told: SnapshotTold) => void;
  readonly limits?: SnapshotLimits;
  /** Ends it at once. */
  readonly abort?: AbortSignal;
}

/**
 * Sends the rows that are there, table by table, and writes down how far it is, so that the next run goes on there. A table that cannot be read
 * is set aside, and tried again in the next run; its changes are captured all the same.
 *
 * @returns false when it was stopped before it was through
 * @throws PipelineError SOURCE_FAILED, EVENT_HUBS_FAILED, STORAGE_FAILED, CAPTURE_OVERTAKEN; what PostgreSQL says of no one table
 */
export async function takeSnapshot(snapshot: Snapshot, stop: AbortSignal): Promise<boolean> {
  const { database, publications, record } = snapshot;
  if (record.state.snapshot === null) return !stop.aborted;
  await using session = await connect(database, 'query', snapshot.abort);
  await begin(session.client, database, null);
  const tables = await snapshotTables(session.client, publications);
  await session.client.query('commit');
  await forgetUnpublished(snapshot, tables);
  for (const table of inTurn(tables, snapshotOf(record))) {
    if (stop.aborted) return false;
    if (record.isSetAside(table.name)) continue;
    if (!(await takeTable(snapshot, session.client, table, tables.length, stop))) return false;
  }
  const { done } = snapshotOf(record);
  if (tables.every(({ name }) => done.includes(name))) await record.keep({ snapshot: null });
  return !stop.aborted;
}

/** Those that are under way first; last those that could not be read the last time, for they may take a run's time and fail again. */
function inTurn(tables: readonly SnapshotTable[], { done, begun }: SnapshotState): SnapshotTable[] {
  const turn = ({ name }: SnapshotTable): number => {
    const progress = begun.find(({ table }) => table === name);
    return progress === undefined ? 1 : progress.isSetAside ? 2 : 0;
  };
  return tables.filter(({ name }) => !done.includes(name)).sort((one, other) => turn(one) - turn(other));
}

/** Of a table that is not published any more nothing is missing. */
async function forgetUnpublished(snapshot: Snapshot, tables: readonly SnapshotTable[]): Promise<void> {
  const { record } = snapshot;
  const state = snapshotOf(record);
  const gone = state.begun.filter(({ table }) => !tables.some(({ name }) => name === table));
  if (gone.length === 0) return;
  await record.keep({ snapshot: { ...state, begun: state.begun.filter((progress) => !gone.includes(progress)) } });
  for (const { table, isSetAside } of gone) if (isSetAside) await record.takeBack(table);
}

/** False when it was stopped before its last row. */
async function takeTable(
  snapshot: Snapshot,
  client: Client,
  table: SnapshotTable,
  tables: number,
  stop: AbortSignal,
  attempt = 1,
): Promise<boolean> {
  const keeper = keepTable(snapshot, table, tables);
  await begin(client, snapshot.database, snapshot.exported);
  try {
    const files = await filesToRead(snapshot, client, table);
    if (files === null) return await takeAltered(snapshot, client, table, { tables, stop, keeper, attempt });
    const from = goesOnAt(table, files, keeper.from);
    if (from === null) keeper.restart();
    if (!(await readRows(readerOf(snapshot, client, table, keeper), files, from, stop))) return false;
  } catch (error) {
    if (!isOfOneTable(error)) throw error;
    await client.query('rollback');
    await keeper.setAside(await tableTrouble(snapshot.database, client, table, error));
    return true;
  }
  await client.query('commit');
  await keeper.end();
  return true;
}

function readerOf(snapshot: Snapshot, client: Client, table: SnapshotTable, keeper: TableKeeper): TableReader {
  const { source, record, now, limits = SNAPSHOT_LIMITS } = snapshot;
  const facts = { consistentPoint: record.state.startLsn, takenAtUs: snapshotOf(record).takenAtUs };
  const encode = snapshotEncoder(source, facts, table.description, table.types);
  return { client, table, encode, limits, now, put: keeper.put, reach: keeper.reach };
}

interface Altered {
  readonly tables: number;
  readonly stop: AbortSignal;
  readonly keeper: TableKeeper;
  readonly attempt: number;
}

const MOST_ATTEMPTS = 5;

/** Takes a table that was altered since the tables were looked up, as it is now. Of one that is gone nothing is missing. */
async function takeAltered(
  snapshot: Snapshot,
  client: Client,
  { name }: SnapshotTable,
  { tables, stop, keeper, attempt }: Altered,
): Promise<boolean> {
  const { database, publications } = snapshot;
  await client.query('rollback');
  await begin(client, database, null);
  const found = (await snapshotTables(client, publications)).find((table) => table.name === name);
  await client.query('commit');
  if (found === undefined) return true;
  if (attempt < MOST_ATTEMPTS) return await takeTable(snapshot, client, found, tables, stop, attempt + 1);
  const message = `PostgreSQL ${database.name}: the table ${name} is missing in the snapshot, or a part of it: it was altered each time that it was to be read. The next run reads what is missing.`;
  await keeper.setAside(new PipelineError('SOURCE_FAILED', message));
  return true;
}

/** A transaction for each table: none holds a lock, or keeps dead rows, longer than its table takes. */
async function begin(client: Client, database: PostgresDatabase, exported: string | null): Promise<void> {
  await client.query('begin isolation level repeatable read read only');
  if (exported !== null) await client.query(`set transaction snapshot ${client.escapeLiteral(exported)}`);
  // Behind a pooler this transaction may have another session of the server than the one before.
  await pinSession(client, database);
}

/**
 * `ALTER TABLE` that rewrites a table hides its rows from every snapshot that was taken before
 * (https://www.postgresql.org/docs/current/mvcc-caveats.html): such a table is read as it is now.
 */
async function filesToRead(
  { database, exported }: Snapshot,
  client: Client,
  table: SnapshotTable,
): Promise<TableFiles | null> {
  const files = await tableFiles(client, table);
  if (exported === null || files === null || files.isOfSnapshot) return files;
  await client.query('rollback');
  await begin(client, database, null);
  return await tableFiles(client, table);
}
