import { type Client } from 'pg';

/** What a replication slot tells of: the shop's changes as the server counts them. */
export interface Told {
  /** By the letter of pgoutput's message: `I`, `U`, `D`, `T`, `M`. */
  readonly messages: Readonly<Partial<Record<string, number>>>;
  /** Inserts, updates and deletes. */
  readonly changes: number;
  readonly transactions: number;
  readonly largestBytes: number;
  /** Rows that have another row of their transaction at the same LSN. */
  readonly sharedLsns: number;
  readonly updatesWithUnchanged: number;
  /** Transactions that began in the log before the one that committed before them had. */
  readonly interleaved: number;
}

const ARGUMENTS = `'told', null, null, 'proto_version', '1', 'publication_names', 'told', 'messages', 'true'`;

export async function openSlot(client: Client): Promise<void> {
  await client.query('create publication told for all tables');
  await client.query(`select pg_create_logical_replication_slot('told', 'pgoutput')`);
}

/** Reads the slot to its end. */
export async function readSlot(client: Client): Promise<Told> {
  await client.query(`
    create temporary table told as
    select number, lsn, xid, data, chr(get_byte(data, 0)) as letter
    from pg_logical_slot_get_binary_changes(${ARGUMENTS}) with ordinality as change (lsn, xid, data, number)`);
  const { rows: messages } = await client.query<{ letter: string; count: number }>(
    'select letter, count(*)::integer as count from told group by letter',
  );
  const { rows } = await client.query<{ largest: number; shared: number; interleaved: number }>(`
    select (select max(length(data)) from told) as largest,
      (select coalesce(sum(count), 0)::integer
       from (select count(*) from told where letter = 'I' group by xid, lsn having count(*) > 1) groups) as shared,
      (select count(*)::integer
       from (select min(lsn) as first, lag(max(lsn)) over (order by max(number)) as last
             from told where letter in ('I', 'U', 'D') group by xid) transactions
       where first < last) as interleaved`);
  const updates = await client.query<{ data: Buffer }>(`select data from told where letter = 'U'`);
  const counts = Object.fromEntries(messages.map(({ letter, count }) => [letter, count]));
  return {
    messages: counts,
    changes: (counts['I'] ?? 0) + (counts['U'] ?? 0) + (counts['D'] ?? 0),
    transactions: counts['C'] ?? 0,
    largestBytes: rows[0]?.largest ?? 0,
    sharedLsns: rows[0]?.shared ?? 0,
    updatesWithUnchanged: updates.rows.filter(({ data }) => columnKinds(data).includes('u')).length,
    interleaved: rows[0]?.interleaved ?? 0,
  };
}

/**
 * How an update's message tells each column of its new row: `t`ext, `n`ull or `u`nchanged.
 * https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html
 */
function columnKinds(update: Buffer): string[] {
  let at = 5;
  for (;;) {
    const isNew = update.toString('latin1', at, at + 1) === 'N';
    const columns = update.readUInt16BE(at + 1);
    const kinds: string[] = [];
    at += 3;
    while (kinds.length < columns) {
      const kind = update.toString('latin1', at, at + 1);
      kinds.push(kind);
      at += kind === 't' ? 5 + update.readUInt32BE(at + 1) : 1;
    }
    if (isNew) return kinds;
  }
}
