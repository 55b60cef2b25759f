import { PipelineError } from '../../errors';
import { type ChangeSink, type Ended, type Progress, type SnapshotTold, type Until } from '../port';
import { type TableSetAside } from '../set-aside';
import { connect, type Session } from './connect';
import { type PostgresDatabase } from './database';
import { type DefinitionsRecord } from './definitions-record';
import { catalogOver, SessionDefinitions } from './definitions-session';
import { EnvelopeEncoder } from './envelope';
import { type CaptureSource } from './envelope-source';
import { sourceFailure } from './failure';
import { beginningOf, OtherLog, type LastTransaction } from './log-proof';
import { parseLsn } from './lsn';
import { CaptureRecord } from './record';
import { replicate } from './replicate';
import { readServer } from './server';
import { takeSnapshot } from './snapshot';
import { newSnapshot } from './snapshot-state';
import { identifier } from './names';
import { judgeStart, logPutBack, publicationSql, type Start } from './start';
import { type PostgresState } from './state';
import { identifyServer, type ServerIdentity } from './timeline';

/** What capturing a database works with. */
export interface PostgresRoom {
  readonly sink: ChangeSink;
  readonly progress: Progress<PostgresState>;
  readonly definitions: DefinitionsRecord;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** As replicating has it. */
  readonly silenceMs?: number;
  readonly onSnapshot: (told: SnapshotTold) => void;
  /** Told of each table of which something is missing, when it is set aside and at the start of each run. */
  readonly onSetAside: (table: TableSetAside) => void;
  /** Told of each transaction that was put, by when the source committed it, in microseconds since 1970. */
  readonly onCommit: (committedAtUs: bigint) => void;
  /** Told what the server keeps for the slot, in bytes, when capture begins. */
  readonly onRetained: (bytes: number) => void;
}

/**
 * Captures a database until it is told to stop: makes what is missing where that is allowed, sends a snapshot where one is wanted,
 * then every change, in order, at least once.
 *
 * @throws PipelineError SOURCE_*, CAPTURE_*, EVENT_HUBS_FAILED, STORAGE_FAILED
 */
export async function capturePostgres(database: PostgresDatabase, room: PostgresRoom, until: Until): Promise<Ended> {
  try {
    return await capture(database, room, until);
  } catch (error) {
    if (until.abort.aborted) return 'stopped';
    // Between looking at the slot and reading it another was faster.
    if ((error as { code?: unknown }).code === OBJECT_IN_USE) return 'busy';
    if (error instanceof OtherLog) throw logPutBack(database, error);
    throw sourceFailure(database, 'capture its changes', error);
  }
}

const OBJECT_IN_USE = '55006';

async function capture(database: PostgresDatabase, room: PostgresRoom, until: Until): Promise<Ended> {
  const { progress, sink, now, onCommit } = room;
  await using catalog = await connect(database, 'query');
  await using stream = await connect(database, 'replication');
  const server = await identifyServer(stream);
  if (database.create) await makePublication(database, catalog);
  const facts = await readServer(catalog.client, database);
  const start = judgeStart(database, facts, server, progress.state);
  if (start.kind === 'busy') return 'busy';
  room.onRetained(facts.slot?.retainedBytes ?? 0);

  const source: CaptureSource = {
    name: database.name,
    database: facts.database,
    systemId: server.systemId,
    history: progress.history,
  };
  const { publications } = facts;
  const begun = await begin(database, server, start, room, stream);
  const record = new CaptureRecord(progress, begun.state, room);
  const { timeline, ancestors } = server;
  if (record.state.log.timeline !== timeline) await record.keep({ log: { timeline, ancestors } });
  const slotLsn = start.kind === 'create' ? begun.state.startLsn : start.slotLsn;
  const { exported } = begun;
  // Before anything is read: a type or a key that is dropped later is known by then.
  const asked = catalogOver(catalog.client, publications, now);
  const definitions = await SessionDefinitions.begin(room.definitions, asked, {
    safeLsn: begun.state.safeLsn,
    sentUpTo: server.endLsn,
  });
  const snapshot = { database, publications, source, record, exported, sink, now, onProgress: room.onSnapshot };
  if (!(await takeSnapshot(snapshot, until.stop))) return 'stopped';
  const keep = async (safeLsn: bigint, last: LastTransaction | null): Promise<void> => {
    await definitions.keep(safeLsn);
    await record.keep({ safeLsn, last });
  };
  const encoder = new EnvelopeEncoder(source);
  const replication = { database, publications, record, stream, definitions, encoder, sink, keep, now, onCommit };
  const beginning = beginningOf(record.state, slotLsn, publications);
  await replicate({ ...replication, silenceMs: room.silenceMs }, beginning, slotLsn, until);
  return 'stopped';
}

interface Begun {
  readonly state: PostgresState;
  readonly exported: string | null;
}

/** Makes the slot where there is none, and writes down where capture begins before anything is sent. */
async function begin(
  database: PostgresDatabase,
  { systemId, timeline, ancestors }: ServerIdentity,
  start: Exclude<Start, { kind: 'busy' }>,
  { progress, now }: PostgresRoom,
  stream: Session,
): Promise<Begun> {
  if (progress.state !== null) return { state: progress.state, exported: null };
  const made = start.kind === 'create' ? await makeSlot(database, stream) : null;
  const startLsn = made?.consistentPoint ?? (start.kind === 'create' ? 0n : start.slotLsn);
  const takenAtUs = BigInt(now()) * 1000n;
  const snapshot = database.snapshot === 'initial' ? newSnapshot(takenAtUs) : null;
  const log = { timeline, ancestors };
  const state = { systemId, slot: database.slot, log, startLsn, safeLsn: startLsn, last: null, snapshot, setAside: [] };
  await progress.keep(state);
  return { state, exported: made?.snapshot ?? null };
}

async function makePublication(database: PostgresDatabase, { client }: Session): Promise<void> {
  const { rowCount } = await client.query('select from pg_catalog.pg_publication where pubname = $1', [
    database.publication,
  ]);
  if (rowCount !== 0) return;
  await client.query(publicationSql(database)).catch((error: unknown) => {
    throw new PipelineError(
      'SOURCE_NOT_READY',
      `PostgreSQL ${database.name}: the publication ${database.publication} cannot be made: ${(error as Error).message}. Have the ` +
        `tables' owner run: ${publicationSql(database)}`,
      { cause: error },
    );
  });
}

async function makeSlot(
  { slot }: PostgresDatabase,
  { client }: Session,
): Promise<{ readonly consistentPoint: bigint; readonly snapshot: string }> {
  const { rows } = await client.query<{ consistent_point: string; snapshot_name: string }>(
    `CREATE_REPLICATION_SLOT ${identifier(slot)} LOGICAL pgoutput EXPORT_SNAPSHOT`,
  );
  const [made] = rows;
  return { consistentPoint: parseLsn(made?.consistent_point ?? '') ?? 0n, snapshot: made?.snapshot_name ?? '' };
}
