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

/** Writes a change of a table as Debezium does, with its values in exact forms. */
export function rowBody(out: ByteWriter, table: TablePlan, change: RowChange, context: EventContext): Buffer {
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
  writeSource(out, context, table.names);
  out.ascii(operation);
  writeTime(out, context);
  return finish(out, context);
}

const COMMA = Buffer.from(',');
const NO_TABLE = Buffer.from(',"schema":"","table":""');

/** Writes a message of `pg_logical_emit_message`. */
export function messageBody(out: ByteWriter, { prefix, content }: LogicalMessage, context: EventContext): Buffer {
  out.ascii('{');
  writeSource(out, context, NO_TABLE);
  out.ascii('m');
  writeTime(out, context);
  out.raw(Buffer.from(`,"message":{"prefix":${quoted(prefix)},"content":"${content.toString('base64')}"}`));
  return finish(out, context);
}

function writeSource(out: ByteWriter, { source, lsn }: EventContext, names: Buffer): void {
  out.raw(source.head);
  out.raw(names);
  out.raw(source.middle);
  out.ascii(String(lsn));
  out.raw(source.end);
}

function writeTime(out: ByteWriter, { nowMs }: EventContext): void {
  out.ascii(`","ts_ms":${nowMs}`);
}

function finish(out: ByteWriter, { transaction }: EventContext): Buffer {
  if (transaction === undefined) out.ascii('}');
  else if (transaction === null) out.ascii(',"transaction":null}');
  else out.ascii(`,"transaction":{"id":"${transaction.id}","total_order":${transaction.order}}}`);
  return out.take();
}
