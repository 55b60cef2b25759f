import { type Duplex, type DuplexOptions } from 'node:stream';
import { type Submittable } from 'pg';
import { both } from 'pg-copy-streams';
import { type Session } from './connect';
import { parseFrame, statusUpdate, type Frame } from './frames';
import { formatLsn } from './lsn';
import { identifier } from './names';

declare module 'pg-copy-streams' {
  /** COPY in both directions, which replication speaks; the package's types do not know it. */
  function both(sql: string, options?: DuplexOptions & { alignOnCopyDataFrame?: boolean }): Duplex & Submittable;
}

/** The changes of a slot, as they come. Disposing of it stops the watch over the server. */
export interface ReplicationStream extends Disposable {
  /**
   * One at a time; while nobody asks for the next, the server is not read from.
   *
   * @throws what the server says, or the connection's end
   */
  readonly frames: AsyncIterable<Frame>;

  /** Tells the server what has arrived, and what it may forget. */
  confirm(receivedLsn: bigint, safeLsn: bigint): void;

  /** Has the server send a keepalive now: whoever waits for the next frame gets one. */
  wake(): void;

  /** Ends it at once: whoever waits for the next frame is thrown `reason`. */
  cut(reason: unknown): void;

  /** Says goodbye, so that the last confirmation is known to have been read. */
  end(): Promise<void>;
}

/** Frames read ahead of whoever takes them, beside those of one read of the socket. Few: a row may be 1 GB. */
const FRAMES_AHEAD = 2;

const GOODBYE_MS = 2_000;

/** A server that is there says something twice a minute, unless its wal_sender_timeout is 0; it is asked after so long. */
export const SILENCE_MS = 60_000;

/** The slot that is read, and what of it. */
export interface Subscription {
  readonly slot: string;
  readonly publications: readonly string[];
}

/**
 * Starts logical replication. The session is for nothing else from now on.
 *
 * @param from what is committed from here on comes
 * @param confirmedLsn what the slot has confirmed: the server hears this until more is confirmed
 */
export function startReplication(
  { client, broken }: Session,
  { slot, publications }: Subscription,
  { from, confirmedLsn }: { readonly from: bigint; readonly confirmedLsn: bigint },
  now: () => number,
  silenceMs: number = SILENCE_MS,
): ReplicationStream {
  const names = publications.map(identifier).join().replaceAll("'", "''");
  const sql =
    `START_REPLICATION SLOT ${identifier(slot)} LOGICAL ${formatLsn(from)} ` +
    `(proto_version '1', publication_names '${names}', messages 'true')`;
  const copy = client.query(
    both(sql, { alignOnCopyDataFrame: true, readableObjectMode: true, readableHighWaterMark: FRAMES_AHEAD }),
  );
  // Heard where the frames are read; it may also come when nobody reads any more.
  copy.on('error', () => undefined);
  broken.catch((error: unknown) => copy.destroy(error as Error));
  let told = { receivedLsn: confirmedLsn, safeLsn: confirmedLsn };
  const tell = (replyNow: boolean): void => {
    if (copy.writable) copy.write(statusUpdate({ ...told, replyNow }, now()));
  };
  const cut = (reason: unknown): void =>
    void copy.destroy(reason instanceof Error ? reason : new Error(String(reason)));
  const silence = new Silence(silenceMs, { ask: () => tell(true), giveUp: cut });
  return {
    frames: framesOf(copy, silence),
    confirm: (receivedLsn, safeLsn) => {
      told = { receivedLsn, safeLsn };
      tell(false);
    },
    wake: () => tell(true),
    cut,
    end: async () => {
      if (copy.destroyed || !copy.writable) return;
      const ended = new Promise<void>((resolve) => copy.once('finish', () => resolve()).once('close', () => resolve()));
      copy.resume();
      copy.end();
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([ended, new Promise((resolve) => (timer = setTimeout(resolve, GOODBYE_MS)))]);
      clearTimeout(timer);
    },
    [Symbol.dispose]: () => silence.stop(),
  };
}

async function* framesOf(copy: Duplex, silence: Silence): AsyncGenerator<Frame> {
  // `destroyOnReturn`: whoever stops reading still has to say goodbye.
  for await (const bytes of copy.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    // Whoever takes the frame may be long about it: that is no silence of the server's.
    silence.busy();
    yield parseFrame(bytes);
    silence.waiting();
  }
}

/** Watches over a server that may be gone without a word, as behind a firewall that forgets connections. */
class Silence {
  readonly #ms: number;
  readonly #then: { readonly ask: () => void; readonly giveUp: (reason: Error) => void };
  readonly #timer: NodeJS.Timeout;
  /** Null while nobody waits. */
  #waitingSince: number | null = performance.now();

  constructor(ms: number, then: { readonly ask: () => void; readonly giveUp: (reason: Error) => void }) {
    this.#ms = ms;
    this.#then = then;
    this.#timer = setInterval(() => this.#look(), ms / 2);
  }

  busy(): void {
    this.#waitingSince = null;
  }

  /** From now on something is to be heard. */
  waiting(): void {
    this.#waitingSince = performance.now();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    if (this.#waitingSince === null) return;
    const silentMs = performance.now() - this.#waitingSince;
    if (silentMs >= 2 * this.#ms)
      this.#then.giveUp(new Error(`the server has said nothing for ${Math.round(silentMs / 1000)} s`));
    else if (silentMs >= this.#ms) this.#then.ask();
  }
}
