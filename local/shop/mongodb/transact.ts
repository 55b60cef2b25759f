import { MongoError, MongoNetworkError, MongoServerError, MongoServerSelectionError, type MongoClient } from 'mongodb';
import { patiently } from '../patience';
import { DUPLICATE_KEY, perform } from './perform';
import { type MongoPlan } from './plan';

/** How a plan ended, as its client knows. `unknown`: an answer was lost, and the driver could not ask again. */
export interface MongoEnding {
  readonly outcome: 'committed' | 'aborted' | 'unknown';
  /** Of documents. */
  readonly changes: number;
}

/** @throws MongoError: nothing of it has happened then */
export async function transact(client: MongoClient, database: string, plan: MongoPlan): Promise<MongoEnding> {
  return plan.kind === 'transaction' ? await together(client, database, plan) : await alone(client, database, plan);
}

async function together(client: MongoClient, database: string, { writes, ending }: MongoPlan): Promise<MongoEnding> {
  await using session = client.startSession();
  session.startTransaction();
  let changes = 0;
  for (const write of writes) changes += await perform(client.db(database), write, session);
  if (ending === 'abort') {
    await session.abortTransaction();
    return { outcome: 'aborted', changes };
  }
  // The server answers a COMMIT that it has had already as it did the first time.
  await patiently(() => session.commitTransaction(), isUnknownCommit, null);
  return { outcome: 'committed', changes };
}

async function alone(client: MongoClient, database: string, { writes }: MongoPlan): Promise<MongoEnding> {
  let changes = 0;
  try {
    for (const write of writes) changes += await perform(client.db(database), write, null);
    return { outcome: 'committed', changes };
  } catch (error) {
    if (isNetworkError(error)) return { outcome: 'unknown', changes };
    throw error;
  }
}

/** Where a socket breaks while the driver writes to it, the socket's own error comes through. */
const isNetworkError = (error: unknown): boolean =>
  error instanceof MongoNetworkError || (error as { syscall?: string } | null)?.syscall !== undefined;

const isUnknownCommit = (error: unknown): boolean =>
  error instanceof MongoError && error.hasErrorLabel('UnknownTransactionCommitResult');

const LABELS = ['TransientTransactionError', 'RetryableWriteError'];

/** Whether the same plan may succeed later: the server is away, or another transaction was first. */
export const isPassing = (error: unknown): boolean =>
  error instanceof MongoServerSelectionError ||
  isNetworkError(error) ||
  (error instanceof MongoServerError && error.code === DUPLICATE_KEY) ||
  (error instanceof MongoError && LABELS.some((label) => error.hasErrorLabel(label)));
