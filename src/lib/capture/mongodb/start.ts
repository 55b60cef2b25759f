import { type ClusterTime } from './cluster-time';
import { type MongoDatabase } from './database';
import { lost, notReady, REPLICA_SET_ADVICE } from './failure';
import { isSameDeployment, type ServerFacts } from './server';
import { type MongoState } from './state';
import { watchedText } from './watch';

/**
 * Decides how capture begins, from what the deployment tells and what was kept: as it was left, or now, with what is there.
 *
 * @throws PipelineError SOURCE_NOT_READY with what to do; SOURCE_HISTORY_LOST with the command that begins anew
 */
export function judgeStart(database: MongoDatabase, facts: ServerFacts, state: MongoState | null): MongoState {
  const { kind, deployment, time } = facts;
  if (kind === 'standalone' || time === null)
    throw notReady(database, 'this is a standalone server', REPLICA_SET_ADVICE);
  mustNameDatabases(database);
  if (state === null) return stateAt(database, deployment, time);
  if (isSameDeployment(deployment, state.deployment)) return state;
  throw lost(
    database,
    `this is another deployment (${deployment}) than the one captured before (${state.deployment})`,
    'of the time between',
  );
}

function stateAt(database: MongoDatabase, deployment: string, startTime: ClusterTime): MongoState {
  const none = { done: [], collection: null, after: null, documents: 0 };
  const snapshot = database.snapshot === 'initial' ? none : null;
  return { deployment, watched: watchedText(database), startTime, resumeToken: null, snapshot };
}

function mustNameDatabases(database: MongoDatabase): void {
  if (database.database !== null) return;
  for (const name of database.collections ?? []) {
    if (/^[^.]+\../.test(name)) continue;
    throw notReady(
      database,
      `the settings name the collection ${name} and no database`,
      'Name a database, or each collection as database.collection.',
    );
  }
}
