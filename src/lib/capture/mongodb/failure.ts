import {
  MongoError,
  MongoMissingDependencyError,
  MongoNetworkError,
  MongoServerError,
  MongoServerSelectionError,
} from 'mongodb';
import { PipelineError } from '../../errors';
import { adviceFor } from './advice';
import { type MongoDatabase } from './database';
import { CODE, HISTORY_LOST_CODES, PASSING_READ_CODES, refusalAdvice, UNKNOWN_CODES } from './refusals';

const codeOf = (error: unknown): unknown => (error instanceof MongoServerError ? error.code : undefined);

/** Whether the stream can be taken up again behind what it gave last: as the driver judges it, and what only the next attempt can tell. */
export function isResumable(error: unknown): boolean {
  if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError) return true;
  if (error instanceof MongoError && error.hasErrorLabel('ResumableChangeStreamError')) return true;
  return [CODE.cursorNotFound, CODE.cursorKilled, CODE.cappedPositionLost].some((code) => code === codeOf(error));
}

/** Whether a read of documents can be begun again behind the last one: a primary was elected, or its cursor is gone. */
export function isPassingRead(error: unknown): boolean {
  if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError) return true;
  if (error instanceof MongoError && error.hasErrorLabel('RetryableError')) return true;
  return PASSING_READ_CODES.includes(codeOf(error));
}

/** Whether the server does not know something of the stream's pipeline, which an older one does not. */
export const isUnknownToServer = (error: unknown): boolean => UNKNOWN_CODES.includes(codeOf(error));

/** What failed at the database, by its name, with MongoDB's own code and words; these hold no document's values. */
export function sourceFailure(database: MongoDatabase, tried: string, error: unknown): PipelineError {
  if (error instanceof PipelineError) return error;
  const code = codeOf(error);
  const found = wordsOf(database, error);
  if (HISTORY_LOST_CODES.includes(code)) return lost(database, found, 'behind the last position', error);
  const advice = error instanceof MongoMissingDependencyError ? MISSING_MODULE_ADVICE : refusalAdvice(database, code);
  if (advice !== null) return notReady(database, `could not ${tried}: ${found}`, advice, error);
  return new PipelineError(
    'SOURCE_FAILED',
    `MongoDB ${database.name}: could not ${tried}: ${found}. Nothing is lost: the next run goes on from the last position that Event Hubs ` +
      `has accepted. ${adviceFor(database.setting, code === CODE.authenticationFailed, found)}`,
    { retryable: true, cause: error },
  );
}

const MISSING_MODULE_ADVICE =
  'Capture comes without that module: change the connection string (compressors, authMechanism, proxyHost) so that it is not needed.';

export function lost(database: MongoDatabase, what: string, which: string, cause?: unknown): PipelineError {
  return new PipelineError(
    'SOURCE_HISTORY_LOST',
    `MongoDB ${database.name}: ${what}. Changes ${which} that were not sent before are missing in the lake and will stay so; nothing was skipped, capture of this ` +
      `database has stopped. To begin anew with a snapshot of what is there now: npm run capture -- reset mongodb ${database.name}. To ` +
      `keep changes for longer, enlarge the oplog (replSetResizeOplog, minRetentionHours).`,
    { cause },
  );
}

export function notReady(database: MongoDatabase, what: string, action: string, cause?: unknown): PipelineError {
  return new PipelineError('SOURCE_NOT_READY', `MongoDB ${database.name}: ${what}. ${action}`, { cause });
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The error's code and first line, without what only its user may know. */
export function wordsOf({ connectionString }: MongoDatabase, error: unknown): string {
  const code =
    error instanceof MongoServerError ? `${error.code ?? 'no code'} ${error.codeName ?? ''}`.trim() : 'no code';
  const [line = ''] = messageOf(error).split('\n');
  return `${code}, ${withoutSecrets(line, connectionString.reveal()).slice(0, MAX_WORDS)}`;
}

const MAX_WORDS = 400;

/** Nor are resume tokens told: they hold keys of documents. */
function withoutSecrets(line: string, connectionString: string): string {
  const [, credentials = ''] = /^[a-z+]+:\/\/([^/]*)@/i.exec(connectionString) ?? [];
  const password = credentials.slice(credentials.indexOf(':') + 1);
  const parts = [connectionString, credentials, password].flatMap((part) => [part, decoded(part)]);
  const secrets = parts.filter((part) => part.length >= 3).sort((a, b) => b.length - a.length);
  return secrets.reduce((text, secret) => text.replaceAll(secret, '***'), line).replace(/[0-9A-F]{40,}/gi, '…');
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
