import { hash } from 'node:crypto';
import { type Readable } from 'node:stream';
import { type Client } from 'pg';
import { to } from 'pg-copy-streams';
import { type CapturedEvent } from '../port';
import { type SnapshotEncoder } from './envelope-snapshot';
import { identifier } from './names';
import { type KeyCursor, type SnapshotCursor } from './snapshot-state';
import { baseType, copySql, fromSql, type RowRange, type SnapshotTable } from './snapshot-tables';
import { CopyRows, parseCopyRow } from './values-copy';

/** How much is sent, and how long that takes, before how far it is is written down: whichever comes first. */
export interface SnapshotLimits {
  readonly rows: number;
  readonly bytes: number;
  readonly ms: number;
}

export const SNAPSHOT_LIMITS: SnapshotLimits = { rows: 10_000, bytes: 16 * 1024 * 1024, ms: 5_000 };

/** What reading a table works with. */
export interface TableReader {
  /** In a transaction. */
  readonly client: Client;
  readonly table: SnapshotTable;
  readonly encode: SnapshotEncoder;
  readonly limits: SnapshotLimits;
  readonly now: () => number;
  readonly put: (event: CapturedEvent) => Promise<void> | undefined;
  /** Resolves once Event Hubs has accepted what was put, and how far that is has been written down. */
  readonly reach: (cursor: SnapshotCursor) => Promise<void>;
}

/** The cursor, where it still is one of this table; null: it begins at its first row. */
export function goesOnAt(
  table: SnapshotTable,
  files: TableFiles,
  cursor: SnapshotCursor | null,
): SnapshotCursor | null {
  if (table.key.length === 0) return cursor?.kind === 'block' && cursor.files === files.id ? cursor : null;
  return cursor?.kind === 'key' && cursor.columns.join('\n') === keyColumns(table).join('\n') ? cursor : null;
}

const keyColumns = ({ key }: SnapshotTable): string[] => key.map(({ name, type }) => `${identifier(name)} ${type}`);

/**
 * Reads a table's rows from its first on, or from behind `cursor`, which `goesOnAt` has seen.
 *
 * @returns false when it was stopped before the last row; that place is kept
 */
export async function readRows(
  reader: TableReader,
  files: TableFiles,
  cursor: SnapshotCursor | null,
  stop: AbortSignal,
): Promise<boolean> {
  if (reader.table.key.length > 0) return await readByKey(reader, cursor?.kind === 'key' ? cursor : null, stop);
  return await readBlocks(reader, files, cursor?.kind === 'block' ? cursor.next : 0, stop);
}

async function readByKey(reader: TableReader, cursor: KeyCursor | null, stop: AbortSignal): Promise<boolean> {
  const { table, encode, now, reach } = reader;
  const columns = keyColumns(table);
  const range: RowRange = cursor === null ? { kind: 'all' } : { kind: 'behind', key: cursor.after };
  const due = dueAfter(reader);
  let last: Buffer | null = null;
  const keep = (row: Buffer): Promise<void> => reach({ kind: 'key', columns, after: keyOf(table, row) });
  try {
    for await (const rows of copyRows(reader, range)) {
      for (const row of rows) {
        const event = encode(row, now(), row);
        const full = reader.put(event);
        if (full !== undefined) await full;
        last = row;
        if (!due.count(event) && !stop.aborted) continue;
        await keep(row);
        last = null;
        due.begin();
        if (stop.aborted) return false;
      }
    }
  } catch (error) {
    // What the database gave before it failed need not come again.
    if (last !== null && isOfDatabase(error)) await keep(last);
    throw error;
  }
  return true;
}

/**
 * Rows that nothing tells apart are read in pieces of a table's blocks. A row's place is not its own for ever, but it is while the table keeps
 * its file: what an update moves behind the cursor is in the stream.
 */
async function readBlocks(reader: TableReader, files: TableFiles, first: number, stop: AbortSignal): Promise<boolean> {
  const { encode, limits, now, reach } = reader;
  const due = dueAfter(reader);
  let blocks = 1;
  for (let from = first; from < files.blocks;) {
    const to = Math.min(from + blocks, files.blocks);
    const began = now();
    let rows = 0;
    let bytes = 0;
    let isDue = false;
    for await (const lines of copyRows(reader, { kind: 'blocks', from, to })) {
      for (const line of lines) {
        const { row, transactionId } = cutLine(line);
        const event = encode(row, now(), line, transactionId);
        const full = reader.put(event);
        if (full !== undefined) await full;
        isDue = due.count(event);
        rows += 1;
        bytes += event.body.length;
      }
    }
    from = to;
    // A piece is to stay below the limits, for a run that is to stop waits for its end.
    const share = Math.max(rows / limits.rows, bytes / limits.bytes, (now() - began) / limits.ms);
    blocks = share > 1 ? Math.max(1, Math.floor(blocks / 2)) : share < 0.25 ? blocks * 2 : blocks;
    if (!isDue && !stop.aborted) continue;
    await reach({ kind: 'block', files: files.id, next: from });
    due.begin();
    if (stop.aborted) return from >= files.blocks;
  }
  return true;
}

const TAB = 0x09;

/** Of a line `place, transaction, columns…`. */
function cutLine(line: Buffer): { readonly row: Buffer; readonly transactionId: number } {
  const place = line.indexOf(TAB);
  const transaction = line.indexOf(TAB, place + 1);
  const end = transaction === -1 ? line.length : transaction;
  return { row: line.subarray(end + 1), transactionId: Number(line.toString('latin1', place + 1, end)) };
}

/** What has been sent since the last place that was kept. */
function dueAfter({ limits, now }: TableReader): { count(event: CapturedEvent): boolean; begin(): void } {
  let [rows, bytes, since] = [0, 0, now()];
  return {
    count: ({ body }) => {
      rows += 1;
      bytes += body.length;
      return rows >= limits.rows || bytes >= limits.bytes || now() - since >= limits.ms;
    },
    begin: () => {
      [rows, bytes, since] = [0, 0, now()];
    },
  };
}

async function* copyRows({ client, table }: TableReader, range: RowRange): AsyncGenerator<readonly Buffer[]> {
  const copy = client.query(to(copySql(table, range, (text) => client.escapeLiteral(text)))) as Readable;
  const cut = new CopyRows();
  for await (const chunk of copy as AsyncIterable<Buffer>) yield cut.push(chunk);
}

/** The text of the row's key columns. */
function keyOf({ key, description }: SnapshotTable, row: Buffer): string[] {
  const { bytes, starts, lengths } = parseCopyRow(row, description.columns.length);
  return key.map(({ index }) => {
    const start = starts[index] ?? 0;
    return bytes.toString('utf8', start, start + (lengths[index] ?? 0));
  });
}

/** The files of a table, or of its partitions. */
export interface TableFiles {
  readonly id: string;
  /** Of the longest one. */
  readonly blocks: number;
  /** Whether they are those that the transaction's snapshot has. */
  readonly isOfSnapshot: boolean;
}

/** Functions answer as it is now, a query of pg_class as the transaction's snapshot has it. */
const FILES = `
select part.oid::int8::text as oid, coalesce(pg_catalog.pg_relation_filenode(part.oid), 0)::int8::text as file,
  coalesce(pg_catalog.pg_relation_size(part.oid) / pg_catalog.current_setting('block_size')::int8, 0)::text as blocks,
  seen.relfilenode::int8::text as seen
from (
  select $1::oid as oid where not $2
  union all
  select relid::oid from pg_catalog.pg_partition_tree($1::oid::regclass) where isleaf and $2
) as part
left join pg_catalog.pg_class as seen on seen.oid = part.oid
order by part.oid`;

interface FileRow {
  readonly oid: string;
  readonly file: string;
  readonly blocks: string;
  readonly seen: string | null;
}

/**
 * Takes the table's lock, too: until the transaction ends nothing rewrites it, or alters it.
 *
 * @returns null where it has changed since it was looked up, or is gone
 */
export async function tableFiles(client: Client, table: SnapshotTable): Promise<TableFiles | null> {
  if (!(await isAsLookedUp(client, table))) return null;
  const { rows } = await client.query<FileRow>(FILES, [table.description.oid, table.kind === 'partitioned']);
  const names = rows.map(({ oid, file }) => `${oid}:${file}`).join();
  return {
    id: hash('sha256', names, 'hex').slice(0, 16),
    blocks: rows.reduce((most, { blocks }) => Math.max(most, Number(blocks)), 0),
    isOfSnapshot: rows.every(({ file, seen }) => file === seen),
  };
}

const UNDEFINED_TABLE = '42P01';
const UNDEFINED_COLUMN = '42703';

/** The server describes columns as they are, whatever the transaction's snapshot has, and domains by what they are made of. */
async function isAsLookedUp(client: Client, table: SnapshotTable): Promise<boolean> {
  const { columns, oid } = table.description;
  const list = columns.map(({ name }) => identifier(name)).join();
  try {
    const { fields } = await client.query(`select ${list} from ${fromSql(table)} limit 0`);
    const typeOf = (index: number): number => baseType(columns[index]?.typeOid ?? 0, table.types);
    return fields.every(({ tableID, dataTypeID }, index) => tableID === oid && dataTypeID === typeOf(index));
  } catch (error) {
    if (isOfDatabase(error) && [UNDEFINED_TABLE, UNDEFINED_COLUMN].includes(error.code)) return false;
    throw error;
  }
}

/** PostgreSQL's errors have a code of five characters. */
export function isOfDatabase(error: unknown): error is Error & { readonly code: string } {
  const code: unknown = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && 'severity' in (error as object);
}
