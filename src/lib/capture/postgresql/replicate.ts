import { type ChangeSink, type Until } from '../port';
import { SafePosition } from '../safe';
import { type Session } from './connect';
import { type SessionDefinitions } from './definitions-session';
import { type EnvelopeEncoder } from './envelope';
import { type PostgresDatabase } from './database';
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
  /** Writes a safe position down in the lake. */
  readonly keep: (safeLsn: bigint) => Promise<void>;
  readonly now: () => number;
  /** Without a word from the server for so long it is asked, and for twice as long given up; a minute when left out. */
  readonly silenceMs?: number | undefined;
  /** Told of each transaction that was put, by the microsecond in which the source committed it. */
  readonly onCommit: (committedAtUs: bigint) => void;
}

/**
 * Sends what is committed behind `from`, until it is told to stop; then everything that was sent is accepted, written down and
 * confirmed.
 *
 * @throws what the server, Event Hubs or the lake says; nothing is confirmed that is not safe
 */
export async function replicate(replication: Replication, from: bigint, { stop, abort }: Until): Promise<void> {
  const { database, publications, stream: session, sink, keep, now } = replication;
  using stream = startReplication(session, { slot: database.slot, publications }, from, now, replication.silenceMs);
  const tell = (reached: bigint, safe: bigint): void => stream.confirm(reached, safe);
  const safe = new SafePosition<bigint>({ sink, keep, tell }, from, (error) => stream.cut(error));
  const wake = (): void => stream.wake();
  const cut = (): void => stream.cut(abort.reason);
  stop.addEventListener('abort', wake);
  abort.addEventListener('abort', cut);
  try {
    await takeFrames(replication, stream.frames, { safe, from }, stop);
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

async function takeFrames(
  replication: Replication,
  frames: ReturnType<typeof startReplication>['frames'],
  { safe, from }: { readonly safe: SafePosition<bigint>; readonly from: bigint },
  stop: AbortSignal,
): Promise<void> {
  const { definitions, encoder, sink, now, onCommit } = replication;
  let isWithin = false;
  let reached = from;
  // The first keepalives may stand before what is safe already.
  const reach = (lsn: bigint): void => {
    if (lsn > reached) safe.reach((reached = lsn));
  };
  for await (const frame of frames) {
    if (stop.aborted && !isWithin) return;
    if (frame.kind === 'keepalive') {
      // Outside of a transaction all that was committed before has come: an idle table does not hold the WAL.
      if (!isWithin) reach(frame.endLsn);
      if (frame.replyNow) safe.tell();
      continue;
    }
    const defined = definitions.before(frame.payload, encoder);
    if (defined !== undefined) await defined;
    const step = encoder.take(frame.payload, frame.startLsn, now());
    switch (step.kind) {
      case 'begin':
        isWithin = true;
        break;
      case 'commit':
        isWithin = false;
        reach(step.endLsn);
        onCommit(step.committedAtUs);
        break;
      case 'relation':
      case 'type':
        definitions.take(step);
        break;
      case 'events':
        for (const event of step.events) {
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
