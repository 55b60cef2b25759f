import { DatabaseError, type Pool } from 'pg';
import { ConnectionLost, withConnection } from './connection';
import { perform } from './perform';
import { type Plan } from './plan';

/** How a transaction ended, as its client knows. `unknown`: the answer to COMMIT was lost. */
export interface Ending {
  readonly outcome: 'committed' | 'rolled back' | 'unknown';
  /** Rows that it changed. */
  readonly changes: number;
}

/**
 * Runs a transaction on a connection of its own.
 *
 * @throws ConnectionLost before COMMIT was sent; DatabaseError where the server refused: nothing of it has happened then
 */
export async function transact(pool: Pool, plan: Plan): Promise<Ending> {
  const done = { changes: 0, committing: false };
  try {
    return await withConnection(pool, async (client) => {
      await client.query(`begin isolation level ${plan.isolation}`);
      for (const step of plan.steps) done.changes += await perform(client, step);
      done.committing = plan.ending === 'commit';
      await client.query(plan.ending);
      return { outcome: done.committing ? 'committed' : 'rolled back', changes: done.changes };
    });
  } catch (error) {
    if (error instanceof ConnectionLost && done.committing) return { outcome: 'unknown', changes: done.changes };
    throw error;
  }
}

/** Serialization failure, deadlock, lock timeout; and a key that another transaction inserted meanwhile. */
const CONFLICTS: ReadonlySet<string | undefined> = new Set(['40001', '40P01', '55P03', '23505']);

/** Whether the same transaction may succeed later. */
export const isPassing = (error: unknown): boolean =>
  error instanceof ConnectionLost || (error instanceof DatabaseError && CONFLICTS.has(error.code));
