import { PgoutputError } from './pgoutput-error';

/** What the server sends while it replicates. https://www.postgresql.org/docs/current/protocol-replication.html */
export type Frame =
  | {
      readonly kind: 'data';
      /** Where the change stands in the log. */
      readonly startLsn: bigint;
      /** The output plugin's message. */
      readonly payload: Buffer;
    }
  | {
      readonly kind: 'keepalive';
      /** All that was committed before this was sent. */
      readonly endLsn: bigint;
      readonly replyNow: boolean;
    };

const XLOG_DATA = 0x77;
const KEEPALIVE = 0x6b;
const STATUS_UPDATE = 0x72;

/** @throws PgoutputError for anything else */
export function parseFrame(bytes: Buffer): Frame {
  const [tag] = bytes;
  if (tag === XLOG_DATA && bytes.length >= 25) {
    return { kind: 'data', startLsn: bytes.readBigUInt64BE(1), payload: bytes.subarray(25) };
  }
  if (tag === KEEPALIVE && bytes.length === 18) {
    return { kind: 'keepalive', endLsn: bytes.readBigUInt64BE(1), replyNow: bytes[17] === 1 };
  }
  throw new PgoutputError(`a frame of ${bytes.length} bytes that begins with ${bytes[0] ?? 'nothing'}`);
}

/** 2000-01-01, from which PostgreSQL counts its microseconds, in milliseconds since 1970. */
const POSTGRES_EPOCH_MS = 946_684_800_000;

/** What the server is told. */
export interface Status {
  /** What has arrived. */
  readonly receivedLsn: bigint;
  /** What is safe elsewhere: the slot keeps nothing from before it. */
  readonly safeLsn: bigint;
  /** Whether the server is to answer with a keepalive at once. */
  readonly replyNow: boolean;
}

export function statusUpdate({ receivedLsn, safeLsn, replyNow }: Status, nowMs: number): Buffer {
  const bytes = Buffer.alloc(34);
  bytes[0] = STATUS_UPDATE;
  bytes.writeBigUInt64BE(receivedLsn, 1);
  bytes.writeBigUInt64BE(safeLsn, 9);
  bytes.writeBigUInt64BE(safeLsn, 17);
  bytes.writeBigInt64BE(BigInt(nowMs - POSTGRES_EPOCH_MS) * 1000n, 25);
  bytes[33] = replyNow ? 1 : 0;
  return bytes;
}
