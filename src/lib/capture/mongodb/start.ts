import { compareClusterTimes, formatClusterTime, type ClusterTime } from './cluster-time';
import { type MongoDatabase } from './database';
import { lost, notReady } from './failure';
import { REPLICA_SET_ADVICE, UNSUPPORTED_ADVICE } from './refusals';
import { isSameDeployment, type ServerFacts } from './server';
import { snapshotAt, type MongoState } from './state';
import { watchedText } from './watch';

/**
 * Decides how capture begins, from what the deployment tells and what was kept: as it was left, or now, with what is there.
 *
 * @throws PipelineError SOURCE_NOT_READY with what to do; SOURCE_HISTORY_LOST with the command that begins anew
 */
export function judgeStart(database: MongoDatabase, facts: ServerFacts, state: MongoState | null): MongoState {
  const { kind, deployment, time } = facts;
  if (kind === 'standalone') throw notReady(database, 'this is a standalone server', REPLICA_SET_ADVICE);
  if (time === null) throw notReady(database, 'the deployment states no operation time', UNSUPPORTED_ADVICE);
  mustNameDatabases(database);
  if (state === null) return stateAt(database, deployment, time);
  if (isSameDeployment(deployment, state.deployment)) return notPutBack(database, facts, state);
  throw lost(
    database,
    `this is another deployment (${deployment}) than the one captured before (${state.deployment})`,
    'of the time between',
  );
}

/**
 * A replica set that was restored has the same id. The server would not say that it knows nothing of the point: it waits until its time has
 * come there, and what happens until then is in no stream. A router's time may lag behind its shards', so it proves nothing.
 */
function notPutBack(database: MongoDatabase, { kind, time }: ServerFacts, state: MongoState): MongoState {
  const kept = state.resume?.time ?? state.startTime;
  if (kind !== 'replicaSet' || time === null || compareClusterTimes(time, kept) >= 0) return state;
  throw lost(
    database,
    `the deployment's time (${formatClusterTime(time)}) lies before what was captured of it (${formatClusterTime(kept)}): it was put back`,
    'since then',
  );
}

function stateAt(database: MongoDatabase, deployment: string, startTime: ClusterTime): MongoState {
  const snapshot = database.snapshot === 'initial' ? snapshotAt(startTime, null) : null;
  return { deployment, watched: watchedText(database), startTime, resume: null, snapshot };
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
