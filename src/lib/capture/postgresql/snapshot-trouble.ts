import { type Client } from 'pg';
import { PipelineError } from '../../errors';
import { type PostgresDatabase } from './database';
import { identifier } from './names';
import { isOfDatabase } from './snapshot-read';
import { type SnapshotTable } from './snapshot-tables';

/**
 * Classes and codes of errors that come of one table: its rights, its definition, its rows, its files. Others come of the server, or of the
 * connection, and would meet the next table, too. https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const OF_ONE_TABLE = /^(0A|21|22|38|39|3F|42|54|P0|XX|55000|58030|58P01)/;

/** Whether only one table cannot be read: the others are to go on. */
export function isOfOneTable(error: unknown): error is Error & { readonly code: string } {
  return isOfDatabase(error) && 'severity' in error && error.severity !== 'FATAL' && OF_ONE_TABLE.test(error.code);
}

/** What is missing, and how it is mended. PostgreSQL's words name a table and hold no row's values. */
export async function tableTrouble(
  database: PostgresDatabase,
  client: Client,
  table: SnapshotTable,
  error: Error & { readonly code: string },
): Promise<PipelineError> {
  const { code, remedy } = await remedyFor(client, table, error.code);
  return new PipelineError(
    code,
    `PostgreSQL ${database.name}: the table ${table.name} is missing in the snapshot, or a part of it: ${error.code}, ` +
      `${firstLine(error.message)}. ${remedy} Its changes are captured all the same; the next run reads what is missing.`,
    { cause: error },
  );
}

const INSUFFICIENT_PRIVILEGE = '42501';

interface Remedy {
  readonly code: 'SOURCE_NOT_READY' | 'SOURCE_FAILED';
  readonly remedy: string;
}

async function remedyFor(client: Client, { name, description }: SnapshotTable, code: string): Promise<Remedy> {
  if (code !== INSUFFICIENT_PRIVILEGE) {
    const remedy = 'Read the table with psql, or pg_dump, to see where it fails.';
    return { code: 'SOURCE_FAILED', remedy };
  }
  const { rows } = await client.query<{ role: string; by_policy: boolean | null }>(
    'select current_user as role, pg_catalog.row_security_active($1::oid) as by_policy',
    [description.oid],
  );
  const role = identifier(rows[0]?.role ?? '');
  const remedy =
    rows[0]?.by_policy === true
      ? `Its policies hide rows from ${role}: ALTER ROLE ${role} BYPASSRLS;`
      : `GRANT USAGE ON SCHEMA ${identifier(description.schema)} TO ${role}; GRANT SELECT ON ${name} TO ${role};`;
  return { code: 'SOURCE_NOT_READY', remedy };
}

const firstLine = (text: string): string => text.split('\n')[0] ?? '';
