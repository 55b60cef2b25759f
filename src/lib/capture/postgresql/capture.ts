import { type Client } from 'pg';
import { type ChangeSink, type Ended, type Progress, type SnapshotTold, type Until } from '../port';
import { type TableSetAside } from '../set-aside';
import { connect, type Session } from './connect';
import { publicationNames, type PostgresDatabase } from './database';
import { type DefinitionsRecord } from './definitions-record';
import { catalogOver, SessionDefinitions } from './definitions-session';
import { EnvelopeEncoder } from './envelope';
import { type CaptureSource } from './envelope-source';
import { sourceFailure } from './failure';
import { beginningOf, OtherLog, type LastTransaction } from './log-proof';
import { parseLsn } from './lsn';
import { CaptureRecord } from './record';
import { replicate } from './replicate';
import { readPublished } from './publication';
import { arrangePublications, makePublications, publicationSql, readKept } from './publication-arrange';
import { readCandidates } from './publication-tables';
import { publicationLost, PublicationWatch, type PublicationNews } from './publication-watch';
import { readServer, type ServerFacts } from './server';
import { takeSnapshot } from './snapshot';
import { newSnapshot } from './snapshot-state';
import { identifier } from './names';
import { dropSql, judgeStart, logPutBack, mustBeReady, notReady, type Start } from './start';
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
  /** Told what was changed in what is published, and which tables' updates do not come. */
  readonly onPublication: (news: PublicationNews) => void;
  /** How often publications and tables are looked at; five seconds when left out. */
  readonly lookMs?: number;
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
    for (;;) {
      const ended = await capture(database, room, until);
      if (ended !== 'again') return ended;
    }
  } catch (error) {
    if (until.abort.aborted) return 'stopped';
    // Between looking at the slot and reading it another was faster.
    if ((error as { code?: unknown }).code === OBJECT_IN_USE) return 'busy';
    if (error instanceof OtherLog) throw logPutBack(database, error);
    if (isMissingPublication(error)) throw publicationLost(database, { name: database.publication, isMadeAgain: true });
    throw sourceFailure(database, 'capture its changes', error);
  }
}

const OBJECT_IN_USE = '55006';

/** Before PostgreSQL 18 the log cannot be read where a publication was not there when it was written. */
function isMissingPublication(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return code === '42704' && String(message).startsWith('publication ');
}

/** How often the publications and the tables are looked at. */
const LOOK_MS = 5_000;

/** `again`: more can be read than this run read. */
async function capture(database: PostgresDatabase, room: PostgresRoom, until: Until): Promise<Ended | 'again'> {
  const { progress, sink, now, onCommit } = room;
  await using catalog = await connect(database, 'query', until.abort);
  await using stream = await connect(database, 'replication', until.abort);
  const server = await identifyServer(stream);
  const facts = await readServer(catalog.client, database);
  mustBeReady(database, facts);
  if (progress.state === null) await mustHavePublication(database, catalog, facts);
  const start = judgeStart(database, facts, server, progress.state);
  if (start.kind === 'busy') return 'busy';
  room.onRetained(facts.slot?.retainedBytes ?? 0);

  const source: CaptureSource = {
    name: database.name,
    database: facts.database,
    systemId: server.systemId,
    history: progress.history,
  };
  if (progress.state === null) await publish(database, catalog, facts);
  const begun = await begin(database, server, start, room, { stream, catalog });
  const record = new CaptureRecord(progress, begun.state, room);
  const { timeline, ancestors } = server;
  if (record.state.log.timeline !== timeline) await record.keep({ log: { timeline, ancestors } });
  const slotLsn = start.kind === 'create' ? begun.state.startLsn : start.slotLsn;
  const { exported } = begun;
  const [again, failed] = [new AbortController(), new AbortController()];
  const watched = { database, client: catalog.client, record, onNews: room.onPublication };
  using watch = new PublicationWatch({ ...watched, onReadable: () => again.abort() });
  await watch.check();
  const publications = watch.begin(room.lookMs ?? LOOK_MS, (error) => failed.abort(error));
  const stop = AbortSignal.any([until.stop, again.signal, failed.signal]);
  const abort = AbortSignal.any([until.abort, failed.signal]);
  // Before anything is read: a type or a key that is dropped later is known by then.
  const asked = catalogOver(catalog.client, publications, now);
  const definitions = await SessionDefinitions.begin(room.definitions, asked, {
    safeLsn: begun.state.safeLsn,
    sentUpTo: server.endLsn,
  });
  const told = { onProgress: room.onSnapshot, abort: until.abort };
  const snapshot = { database, publications, source, record, exported, sink, now, ...told };
  const isThrough = await takeSnapshot(snapshot, stop);
  failed.signal.throwIfAborted();
  const ended = (): Ended | 'again' => (again.signal.aborted && !until.stop.aborted ? 'again' : 'stopped');
  if (!isThrough) return ended();
  const keep = async (safeLsn: bigint, last: LastTransaction | null): Promise<void> => {
    // What was read up to here was read by the publications that are known: else it is not kept, nor confirmed.
    await watch.check();
    await definitions.keep(safeLsn);
    await record.keep({ safeLsn, last });
  };
  const encoder = new EnvelopeEncoder(source);
  const replication = { database, publications, record, stream, definitions, encoder, sink, keep, now, onCommit };
  const beginning = beginningOf(record.state, slotLsn, publications);
  await replicate({ ...replication, silenceMs: room.silenceMs }, beginning, slotLsn, { stop, abort });
  return ended();
}

async function mustHavePublication(database: PostgresDatabase, { client }: Session, facts: ServerFacts): Promise<void> {
  if (database.create || facts.publications.includes(database.publication)) return;
  const sql = publicationSql(database, await readCandidates(client, database));
  throw notReady(database, `there is no publication ${database.publication}`, sql);
}

/**
 * Makes the publications where they are missing, and fills those that capture has made.
 *
 * @throws PipelineError SOURCE_NOT_READY with the SQL for an administrator
 */
async function publish(database: PostgresDatabase, { client }: Session, facts: ServerFacts): Promise<void> {
  const { slot, create } = database;
  if (!create) return;
  const lacking = await lackingOf(database, client, facts);
  if (lacking !== undefined) {
    // It is not passed over: the one who made the slot decides.
    const missing = `there is no publication ${lacking}, and what the slot ${slot} holds cannot be read without it`;
    if (facts.slot !== null) throw notReady(database, missing, dropSql(database));
    await makePublications(client, database);
  }
  await arrangePublications(client, database, await readCandidates(client, database));
}

/** A publication to make; one of updates that somebody else has made stands alone. */
async function lackingOf(database: PostgresDatabase, client: Client, facts: ServerFacts): Promise<string | undefined> {
  const [main, inserts] = publicationNames(database);
  if (!facts.publications.includes(main)) return main;
  return facts.publications.includes(inserts) || !(await readKept(client, database)).has(main) ? undefined : inserts;
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
  { stream, catalog }: { readonly stream: Session; readonly catalog: Session },
): Promise<Begun> {
  if (progress.state !== null) return { state: progress.state, exported: null };
  const published = await readPublished(catalog.client, database);
  const made = start.kind === 'create' ? await makeSlot(database, stream) : null;
  const startLsn = made?.consistentPoint ?? (start.kind === 'create' ? 0n : start.slotLsn);
  const takenAtUs = BigInt(now()) * 1000n;
  const snapshot = database.snapshot === 'initial' ? newSnapshot(takenAtUs) : null;
  const log = { timeline, ancestors };
  const position = { startLsn, safeLsn: startLsn, last: null };
  const state = { systemId, slot: database.slot, log, ...position, snapshot, setAside: [], published };
  await progress.keep(state);
  return { state, exported: made?.snapshot ?? null };
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
