import { Pool } from 'pg';
import { Random } from '../../events/random';
import { patiently } from '../patience';
import { allOf } from '../workers';
import { countAdded } from './added-columns';
import { Agenda, type ShopReport } from './agenda';
import { withConnection } from './connection';
import { isPassing, transact } from './transact';

export interface ShopChangesOptions {
  /** Of a superuser, in a database where `createShop` made the shop. */
  readonly connectionString: string;
  readonly seed: number;
  /** Row changes to commit; the last transactions under way may make it a few more. */
  readonly changes: number;
  /** Transactions at once, 4 when left out. With 1 the same seed makes the same changes. */
  readonly connections?: number;
  /** Rows that no event of a hub can hold; 3 when left out. */
  readonly largeRows?: number;
  /** Of such a row's JSON, at least; 1,250,000 when left out. */
  readonly largeRowBytes?: number;
  /** Ends the run: transactions that have begun are finished, those that wait for the server are given up. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (report: ShopReport) => void;
}

/**
 * Changes the shop by transactions, several at once, until enough is committed. The server may end and start meanwhile.
 *
 * @throws Error where the server refuses what it should not, or is away for two minutes
 */
export async function shopChanges(options: ShopChangesOptions): Promise<ShopReport> {
  const { changes, connections = 4, largeRows = 3, largeRowBytes = 1_250_000, signal = null } = options;
  const pool = openPool(options.connectionString, connections);
  try {
    const added = (await patiently(() => withConnection(pool, countAdded), isPassing, signal)) ?? 0;
    const agenda = new Agenda(new Random(options.seed), { changes, largeRows, largeRowBytes, added });
    const onProgress = options.onProgress ?? (() => undefined);
    await allOf(connections, signal, (stop) => workOff(agenda, pool, stop, onProgress));
    return agenda.report;
  } finally {
    await pool.end();
  }
}

async function workOff(
  agenda: Agenda,
  pool: Pool,
  stop: AbortSignal,
  onProgress: (report: ShopReport) => void,
): Promise<void> {
  const passes = (error: unknown): boolean => {
    const passing = isPassing(error);
    if (passing) agenda.retried();
    return passing;
  };
  for (let plan = agenda.next(); plan !== null && !stop.aborted; plan = agenda.next()) {
    const transaction = plan;
    const ending = await patiently(() => transact(pool, transaction), passes, stop);
    if (ending === null) return;
    agenda.ended(transaction, ending);
    onProgress(agenda.report);
  }
}

/** A lock is not waited for as long as a snapshot may hold it: a TRUNCATE that waits holds up everyone behind it. */
const SESSION = '-c deadlock_timeout=50ms -c lock_timeout=2s';

function openPool(connectionString: string, connections: number): Pool {
  const pool = new Pool({ connectionString, max: connections, connectionTimeoutMillis: 5_000, options: SESSION });
  // A connection that nobody uses was cut: the next transaction opens another.
  pool.on('error', () => undefined);
  return pool;
}
