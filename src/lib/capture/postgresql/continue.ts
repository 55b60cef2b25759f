import { PipelineError } from '../../errors';
import { type Progress } from '../port';
import { connect } from './connect';
import { type PostgresDatabase } from './database';
import { readServer } from './server';
import { judgeStart } from './start';
import { type PostgresState } from './state';
import { identifyServer } from './timeline';

/**
 * Sets the capture record forward to where the slot stands, in the same history and without a snapshot. Only its user can know that the
 * changes between were sent before.
 *
 * @returns where the record stood, and where it stands now: the same where the slot is not ahead of it
 * @throws PipelineError SOURCE_*, CAPTURE_OVERTAKEN, STORAGE_FAILED: nothing was done
 */
export async function continueFromSlot(
  database: PostgresDatabase,
  progress: Progress<PostgresState>,
): Promise<{ readonly fromLsn: bigint; readonly toLsn: bigint }> {
  const { state } = progress;
  if (state === null) throw refused(database, 'nothing is kept that could be set forward. The next run begins anew');
  await using catalog = await connect(database, 'query');
  await using stream = await connect(database, 'replication');
  const server = await identifyServer(stream);
  const facts = await readServer(catalog.client, database);
  const slotLsn = facts.slot?.confirmedLsn ?? 0n;
  const isAhead = slotLsn > state.safeLsn;
  const next = isAhead ? { ...state, safeLsn: slotLsn, last: null } : state;
  // Whatever else is wrong with slot, server or log is refused as at the start of a run.
  if (judgeStart(database, facts, server, next).kind === 'busy')
    throw refused(database, `another process reads the replication slot ${database.slot}. Stop it first`);
  if (isAhead) await progress.keep(next);
  return { fromLsn: state.safeLsn, toLsn: next.safeLsn };
}

const refused = ({ name }: PostgresDatabase, what: string): PipelineError =>
  new PipelineError('SOURCE_NOT_READY', `PostgreSQL ${name}: ${what}.`);
