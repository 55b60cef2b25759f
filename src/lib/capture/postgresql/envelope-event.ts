import { type CapturedEvent } from '../port';
import { writeOldRow, writeRow } from './envelope-row';
import { type SourceParts } from './envelope-source';
import { quoted, type TablePlan } from './envelope-table';
import { type LogicalMessage, type OldTuple, type Tuple } from './pgoutput-messages';
import { type ByteWriter } from './values-writer';

/** What stands around a change: where and when it happened, and in which transaction. */
export interface EventContext {
  readonly source: SourceParts;
  readonly lsn: bigint;
  /** When capture handled it, in milliseconds since 1970. */
  readonly nowMs: number;
  /** Null for a snapshot's rows; left out for what no transaction had a part in. */
  readonly transaction?: { readonly id: string; readonly order: number } | null;
}

export interface RowChange {
  readonly operation: 'c' | 'u' | 'd' | 'r' | 't';
  /** What is told of it in `before`. */
  readonly before: OldTuple | null;
  readonly after: Tuple | null;
  /** Where values may be that the new row left out; for an update with a full replica identity `before`. */
  readonly old: OldTuple | null;
}

/** An event's JSON, and how to make its facts. */
export type Written = Pick<CapturedEvent, 'body' | 'facts'>;

/** Writes a change of a table as Debezium does, with its values in exact forms. */
export function rowBody(out: ByteWriter, table: TablePlan, change: RowChange, context: EventContext): Written {
  const { operation, before, after, old } = change;
  out.ascii('{"before":');
  if (before === null) out.ascii('null');
  else writeOldRow(out, table, before);
  out.ascii(',"after":');
  if (after === null) {
    out.ascii('null,');
  } else {
    const leftOut = writeRow(out, table, after, old);
    out.raw(leftOut.length === 0 ? COMMA : Buffer.from(`,"unchanged":[${leftOut.map(quoted).join()}],`));
  }
  return finish(out, table.names, operation, context);
}

const OPEN = Buffer.from('{');
const COMMA = Buffer.from(',');
const NO_TABLE = Buffer.from(',"schema":"","table":""');

/** Writes a message of `pg_logical_emit_message`. */
export function messageBody(out: ByteWriter, { prefix, content }: LogicalMessage, context: EventContext): Written {
  out.raw(Buffer.from(`{"message":{"prefix":${quoted(prefix)},"content":"`));
  writeBase64(out, content);
  out.ascii('"},');
  return finish(out, NO_TABLE, 'm', context);
}

/** A piece at a time, of whole groups of three bytes: content is as long as 1 GB. */
function writeBase64(out: ByteWriter, content: Buffer): void {
  for (let at = 0; at < content.length; at += BASE64_PIECE_BYTES) {
    out.ascii(content.toString('base64', at, at + BASE64_PIECE_BYTES));
  }
}

const BASE64_PIECE_BYTES = 3 * 1024 * 1024;

/** Writes what stands behind the rows. It comes last, so that it is the event's facts as it is. */
function finish(out: ByteWriter, names: Buffer, operation: string, context: EventContext): Written {
  const factsAt = out.length;
  const { source, lsn, nowMs, transaction } = context;
  out.raw(source.head);
  out.raw(names);
  out.raw(source.middle);
  out.ascii(String(lsn));
  out.raw(source.end);
  out.ascii(`${operation}","ts_ms":${nowMs}`);
  if (transaction === undefined) out.ascii('}');
  else if (transaction === null) out.ascii(',"transaction":null}');
  else out.ascii(`,"transaction":{"id":"${transaction.id}","total_order":${transaction.order}}}`);
  const body = out.take();
  return { body, facts: () => Buffer.concat([OPEN, body.subarray(factsAt)]) };
}
