/** What arrived is not what this program knows of PostgreSQL's logical replication, or of its text formats. */
export class PgoutputError extends Error {
  override readonly name = 'PgoutputError';
}
