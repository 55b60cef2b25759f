import { type ChangeSink, type Until } from '../port';
import { SafePosition } from '../safe';
import { type Session } from './connect';
import { type SessionDefinitions } from './definitions-session';
import { type EnvelopeEncoder } from './envelope';
import { type BeginStep } from './envelope-steps';
import { type PostgresDatabase } from './database';
import { CommittedTransactions, LogProof, type Beginning, type LastTransaction } from './log-proof';
import { type CaptureRecord } from './record';
import { startReplication } from './stream';

/** What replicating works with. */
export interface Replication {
  readonly database: PostgresDatabase;
  readonly stream: Session;
  /** By which rows are read. */
  readonly definitions: SessionDefinitions;
  readonly encoder: EnvelopeEncoder;
  /** What is read of the slot. */
  readonly publications: readonly string[];
  /** Tables that cannot be read are set aside there. */
  readonly record: CaptureRecord;
  readonly sink: ChangeSink;
  /** Writes a safe position down in the lake, and the last transaction before it. */
  readonly keep: (safeLsn: bigint, last: LastTransaction | null) => Promise<void>;
  readonly now: () => number;
  /** Without a word from the server for so long it is asked, and for twice as long given up; a minute when left out. */
  readonly silenceMs?: number | undefined;
  /** Told of each transaction that was put, by the microsecond in which the source committed it. */
  readonly onCommit: (committedAtUs: bigint) => void;
}

/**
 * Sends what is committed, until it is told to stop; then everything that was sent is accepted, written down and
 * confirmed.
 *
 * @param slotLsn what the slot has confirmed
 * @throws OtherLog; what the server, Event Hubs or the lake says; nothing is confirmed that is not safe
 */
export async function replicate(
  replication: Replication,
  { from, known }: Beginning,
  slotLsn: bigint,
  { stop, abort }: Until,
): Promise<void> {
  const { database, record, publications, stream: session, sink, now, silenceMs } = replication;
  const at = { from, confirmedLsn: slotLsn };
  using stream = startReplication(session, { slot: database.slot, publications }, at, now, silenceMs);
  const proof = new LogProof(known);
  const committed = new CommittedTransactions(record.state.last, publications);
  const keep = (safeLsn: bigint): Promise<void> => replication.keep(safeLsn, committed.lastBefore(safeLsn));
  const tell = (reached: bigint, safe: bigint): void => {
    if (proof.isProven) stream.confirm(reached, safe);
    else stream.confirm(slotLsn, slotLsn);
  };
  const safe = new SafePosition<bigint>({ sink, keep, tell }, from, (error) => stream.cut(error));
  const wake = (): void => stream.wake();
  const cut = (): void => stream.cut(abort.reason);
  stop.addEventListener('abort', wake);
  abort.addEventListener('abort', cut);
  try {
    await takeFrames(replication, stream.frames, { safe, committed, proof, from }, stop);
    await safe.settle();
    // Whoever shuts a server down has it say goodbye to all.
    if (!stop.aborted) throw new Error('the server has ended replication: it is shutting down');
    await stream.end();
  } finally {
    safe.stop();
    stop.removeEventListener('abort', wake);
    abort.removeEventListener('abort', cut);
  }
}

interface Positions {
  readonly safe: SafePosition<bigint>;
  readonly committed: CommittedTransactions;
  readonly proof: LogProof;
  readonly from: bigint;
}

async function takeFrames(
  replication: Replication,
  frames: ReturnType<typeof startReplication>['frames'],
  { safe, committed, proof, from }: Positions,
  stop: AbortSignal,
): Promise<void> {
  const { definitions, encoder, sink, now, onCommit } = replication;
  let running: BeginStep | null = null;
  let isKnown = false;
  let reached = from;
  // The first keepalives may stand before what is safe already.
  const reach = (lsn: bigint): void => {
    if (lsn > reached) safe.reach((reached = lsn));
  };
  for await (const frame of frames) {
    if (stop.aborted && running === null) return;
    if (frame.kind === 'keepalive') {
      // Outside of a transaction all that was committed before has come: an idle table does not hold the WAL.
      if (running === null) {
        proof.reach(frame.endLsn);
        reach(frame.endLsn);
      }
      if (frame.replyNow) safe.tell();
      continue;
    }
    const defined = definitions.before(frame.payload, encoder);
    if (defined !== undefined) await defined;
    const step = encoder.take(frame.payload, frame.startLsn, now());
    switch (step.kind) {
      case 'begin':
        running = step;
        isKnown = proof.begin(step);
        break;
      case 'commit':
        if (running !== null) committed.add({ ...running, endLsn: step.endLsn });
        running = null;
        reach(step.endLsn);
        if (!isKnown) onCommit(step.committedAtUs);
        isKnown = false;
        break;
      case 'relation':
      case 'type':
        definitions.take(step);
        break;
      case 'events':
        // The definitions take part in a known transaction, its events are sent already.
        for (const event of isKnown ? [] : step.events) {
          const room = sink.put(event);
          if (room !== undefined) await room;
        }
        break;
      case 'nothing':
        break;
      default:
        step satisfies never;
    }
  }
}
