import { type Client } from 'pg';
import { type Publishing } from '../shop/postgresql/table-rows';

/** How those show tables that capture makes. */
export const BY_CAPTURE: Publishing = { throughRoot: false, generated: true };

/** How the publications that {@link publishByHand} makes show tables. */
export const BY_HAND: Publishing = { throughRoot: true, generated: true };

const ROLE = 'capture';
const SCHEMAS = 'public, "x.y", x';

/** Those whose updates and deletes can be published; with `people` comes `staff`. */
const TABLES =
  'customers, orders, order_lines, payments, stock, promotions, movements, people, sales, notices, invoices, "x.y".z, x."y.z"';

/**
 * Makes the publications, and a role with the rights that capture needs and no more; row level security does not apply to it.
 *
 * @param url of a superuser, in the shop's database
 * @returns the URL of the role
 */
export async function publishByHand(sql: Client, url: string): Promise<string> {
  await sql.query(`
    create role ${ROLE} login replication bypassrls password '${ROLE}';
    grant usage on schema ${SCHEMAS} to ${ROLE};
    grant select on all tables in schema ${SCHEMAS} to ${ROLE};
    create publication change_lake for table ${TABLES}
      with (publish_via_partition_root = true, publish_generated_columns = stored);
    create publication change_lake_inserts for table visits with (publish = 'insert, truncate')`);
  const its = new URL(url);
  [its.username, its.password] = [ROLE, ROLE];
  return its.href;
}
