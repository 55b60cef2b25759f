import { hash } from 'node:crypto';
import { type CapturedEvent } from '../port';
import { rowBody, type EventContext } from './envelope-event';
import { keyText, keyTokens } from './envelope-row';
import { eventIdPrefix, lsnHex, sourceParts, type CaptureSource } from './envelope-source';
import { planTable, type TableDescription } from './envelope-table';
import { type TypeRow } from './types';
import { parseCopyRow } from './values-copy';
import { ByteWriter } from './values-writer';

export interface SnapshotFacts {
  /** The replication slot's consistent point: every change behind it comes in the stream. */
  readonly consistentPoint: bigint;
  /** When the snapshot was taken, in microseconds since 1970: its rows have no commit time of their own. */
  readonly takenAtUs: bigint;
}

/**
 * Turns a row of `COPY … TO STDOUT`, without its line feed, into its event.
 *
 * @param identity the bytes of which the event id is made where the table has no key: those of no other row
 * @param transactionId which wrote the row, where that is known; without a key nothing else shows that a change in the stream wrote it, too
 */
export type SnapshotEncoder = (
  row: Buffer,
  nowMs: number,
  identity: Buffer,
  transactionId?: number | null,
) => CapturedEvent;

// 128 bits: with 64, one pair of a table of 100 million rows would share an id in one case of 3,000, and one of the two would be taken for a repeat.
const ID_DIGITS = 32;

/** @param table with the columns in the order of COPY; those are marked by which rows are told apart (`KEY_QUERY`) */
export function snapshotEncoder(
  source: CaptureSource,
  { consistentPoint, takenAtUs }: SnapshotFacts,
  table: TableDescription,
  types: readonly TypeRow[] = [],
): SnapshotEncoder {
  const plan = planTable(table, new Map(types.map((row) => [row.oid, row])));
  const facts = { snapshot: true, atUs: takenAtUs, commitLsn: consistentPoint };
  let writer: number | null = null;
  let parts = sourceParts(source, { ...facts, transactionId: writer });
  const idPrefix = `${eventIdPrefix(source)}${lsnHex(consistentPoint)}/${plan.name}/`;
  const out = new ByteWriter();
  return (row, nowMs, identity, transactionId = null) => {
    // Rows beside each other were often written together.
    if (transactionId !== writer) parts = sourceParts(source, { ...facts, transactionId: (writer = transactionId) });
    const after = parseCopyRow(row, plan.columns.length);
    const context: EventContext = { source: parts, lsn: consistentPoint, nowMs, transaction: null };
    const { body, facts: eventFacts } = rowBody(out, plan, { operation: 'r', before: null, after, old: null }, context);
    const hashed = plan.keyIndexes.length === 0 ? identity : keyTokens(plan, after, null);
    return {
      key: keyText(plan, after, null),
      eventId: `${idPrefix}${hash('sha256', hashed, 'hex').slice(0, ID_DIGITS)}`,
      body,
      facts: eventFacts,
    };
  };
}
