import { type Client } from 'pg';
import { formatTableName } from '../../config/table-name';
import { PipelineError } from '../../errors';
import { publicationNames, type PostgresDatabase } from './database';
import { identifier } from './names';
import { readCandidates, unknownOf, wantedOf, type Candidate } from './publication-tables';

/** The comment on a publication that capture made, and may alter. Others are never altered. */
const MARK = 'change-lake keeps the tables of this publication (CAPTURE_POSTGRES, create)';

const INSERTS_ONLY = `publish = 'insert, truncate'`;

/** Another process has made it meanwhile. */
const TAKEN = ['42710', '23505'];
/** Somebody holds the table, or has dropped it: the next look sees. */
const PASSING = ['55P03', '42P01', '40P01', '42710'];

/** The statements that make the publications, as instructions for an administrator. */
export function publicationSql(database: PostgresDatabase, candidates: readonly Candidate[]): string {
  const [main, inserts] = publicationNames(database).map(identifier);
  const list = (tables: readonly Candidate[]): string =>
    tables.length === 0 ? '' : ` FOR TABLE ${tables.map(formatTableName).join(', ')}`;
  const wanted = wantedOf(database, candidates);
  const rest = wanted.filter(({ isIdentified }) => !isIdentified);
  return [
    `CREATE PUBLICATION ${main ?? ''}${list(wanted.filter(({ isIdentified }) => isIdentified))};`,
    ...(rest.length === 0 ? [] : [`CREATE PUBLICATION ${inserts ?? ''}${list(rest)} WITH (${INSERTS_ONLY});`]),
  ].join(' ');
}

/**
 * Makes the publications that capture has not made yet, empty. It comes before the slot: the log before a publication cannot be read with it.
 *
 * @throws PipelineError SOURCE_NOT_READY with the SQL for an administrator
 */
export async function makePublications(client: Client, database: PostgresDatabase): Promise<void> {
  const [main, inserts] = publicationNames(database);
  const { rows } = await client.query<{ version: number }>(
    "select pg_catalog.current_setting('server_version_num')::int as version",
  );
  // Else an update of a table whose replica identity has a generated column is refused.
  const generated = (rows[0]?.version ?? 0) >= 180_000 ? ' WITH (publish_generated_columns = stored)' : '';
  const make = (name: string, options: string): string =>
    `CREATE PUBLICATION ${identifier(name)}${options}; COMMENT ON PUBLICATION ${identifier(name)} IS '${MARK}'`;
  const kept = await readKept(client, database);
  const sql = [
    ...(kept.has(main) ? [] : [make(main, generated)]),
    ...(kept.has(inserts) ? [] : [make(inserts, ` WITH (${INSERTS_ONLY})`)]),
  ];
  try {
    // One message is one transaction.
    await client.query(sql.join('; '));
  } catch (error) {
    const { code = '', message } = error as Error & { code?: string };
    if (TAKEN.includes(code) && (await isKept(client, database))) return;
    throw new PipelineError(
      'SOURCE_NOT_READY',
      `PostgreSQL ${database.name}: the publications ${main} and ${inserts} cannot be made: ${message}. Have the tables' owner run: ` +
        publicationSql(database, await readCandidates(client, database)),
      { cause: error },
    );
  }
}

/** The publications that capture made, and that this role may alter. */
export async function readKept(client: Client, database: PostgresDatabase): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ pubname: string }>(
    `select pubname from pg_catalog.pg_publication
     where pubname = any ($1) and pg_catalog.obj_description(oid, 'pg_publication') = $2 and pg_catalog.pg_has_role(pubowner, 'USAGE')`,
    [publicationNames(database), MARK],
  );
  return new Set(rows.map(({ pubname }) => pubname));
}

/** Whether both are so. */
const isKept = async (client: Client, database: PostgresDatabase): Promise<boolean> =>
  (await readKept(client, database)).size === 2;

/** A change of the publications: one transaction, for one table's trouble is one table's. */
interface Step {
  readonly table: string;
  readonly isOwned: boolean;
  readonly sql: readonly string[];
}

/** What to add, and what to move: a table without a usable replica identity must not be in a publication of updates. */
export function planPublications(database: PostgresDatabase, candidates: readonly Candidate[]): readonly Step[] {
  const [main, inserts] = publicationNames(database);
  const wanted = new Set(wantedOf(database, candidates));
  return candidates.flatMap((candidate) => {
    const { isIdentified, inMain, inInserts, isRestricted, isOwned } = candidate;
    if (isRestricted || !(inMain || inInserts || wanted.has(candidate))) return [];
    const table = formatTableName(candidate);
    const [to, from] = isIdentified ? [main, inserts] : [inserts, main];
    const [isThere, isElsewhere] = isIdentified ? [inMain, inInserts] : [inInserts, inMain];
    const sql = [
      ...(isThere ? [] : [`ALTER PUBLICATION ${identifier(to)} ADD TABLE ${table}`]),
      ...(isElsewhere ? [`ALTER PUBLICATION ${identifier(from)} DROP TABLE ${table}`] : []),
    ];
    return sql.length === 0 ? [] : [{ table, isOwned, sql }];
  });
}

/** A table that the settings want, and that cannot be published. */
export interface Unpublished {
  readonly table: string;
  readonly error: PipelineError;
}

/**
 * Publishes the wanted tables that are not published yet, and moves those that have won or lost their replica identity. Publications that capture
 * has not made stay as they are.
 */
export async function arrangePublications(
  client: Client,
  database: PostgresDatabase,
  candidates: readonly Candidate[],
): Promise<{ readonly isChanged: boolean; readonly unpublished: readonly Unpublished[] }> {
  const unpublished = unknownOf(database, candidates).map((table) => ({
    table,
    error: isNotPublished(database, table, MISSING),
  }));
  const plan = planPublications(database, candidates);
  if (plan.length === 0 || !(await isKept(client, database))) return { isChanged: false, unpublished };
  let isChanged = false;
  for (const { table, isOwned, sql } of plan) {
    const refused = isOwned ? await alter(client, sql) : 'this role does not own it';
    if (refused === null) isChanged = true;
    else if (refused !== undefined) {
      const remedy = `${refused}. Have its owner run: ${sql.join('; ')};`;
      unpublished.push({ table, error: isNotPublished(database, table, remedy) });
    }
  }
  return { isChanged, unpublished };
}

const MISSING =
  "there is no such table that can be published (views, temporary, unlogged, system and extensions' tables cannot be). Correct tables in " +
  'CAPTURE_POSTGRES; a name with a dot in it is written "x.y"."z"';

/** @returns null where it was done; undefined where it is tried again at the next look; else why not */
async function alter(client: Client, sql: readonly string[]): Promise<string | null | undefined> {
  try {
    // A lock that waits makes others wait behind it. One message is one transaction, and no other query of the session comes in between.
    await client.query(["set local lock_timeout = '2s'", ...sql].join('; '));
    return null;
  } catch (error) {
    const { code = '', message } = error as Error & { code?: string };
    if (PASSING.includes(code)) return undefined;
    if (!/^[0-9A-Z]{5}$/.test(code)) throw error;
    return message;
  }
}

const UNPUBLISHED = 'is not published: ';

function isNotPublished({ name }: PostgresDatabase, table: string, why: string): PipelineError {
  return new PipelineError('SOURCE_NOT_READY', `PostgreSQL ${name}: ${table} ${UNPUBLISHED}${why}`);
}

/** Whether a table that is set aside is so because it is not published. */
export const isUnpublished = ({ message }: { readonly message: string }): boolean => message.includes(UNPUBLISHED);
