import { MongoError, MongoNetworkError, MongoServerError, MongoServerSelectionError } from 'mongodb';
import { PipelineError } from '../../errors';
import { type MongoDatabase } from './database';

/** https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml */
const CODE = {
  unauthorized: 13,
  authenticationFailed: 18,
  cursorNotFound: 43,
  noMatchingDocument: 47,
  invalidNamespace: 73,
  cappedPositionLost: 136,
  queryFeatureNotAllowed: 224,
  cursorKilled: 237,
  invalidResumeToken: 260,
  changeStreamFatalError: 280,
  changeStreamHistoryLost: 286,
  bsonObjectTooLarge: 10_334,
  unknownStage: 40_324,
  unknownField: 40_415,
  onlyOnReplicaSets: 40_573,
  badResumeToken: 40_647,
  tokenOfOtherVersion: 50_795,
  tokenWithoutTime: 50_811,
} as const;

const HISTORY_LOST: readonly unknown[] = [
  CODE.changeStreamHistoryLost,
  CODE.changeStreamFatalError,
  CODE.invalidResumeToken,
  CODE.badResumeToken,
  CODE.tokenOfOtherVersion,
  CODE.tokenWithoutTime,
];

const codeOf = (error: unknown): unknown => (error instanceof MongoServerError ? error.code : undefined);

/** Whether the stream can be taken up again behind what it gave last: as the driver judges it, and what only the next attempt can tell. */
export function isResumable(error: unknown): boolean {
  if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError) return true;
  if (error instanceof MongoError && error.hasErrorLabel('ResumableChangeStreamError')) return true;
  return [CODE.cursorNotFound, CODE.cursorKilled, CODE.cappedPositionLost].some((code) => code === codeOf(error));
}

/** Whether the server does not know something of the stream's pipeline, which an older one does not. */
export function isUnknownToServer(error: unknown): boolean {
  return [CODE.unknownStage, CODE.unknownField, CODE.queryFeatureNotAllowed].some((code) => code === codeOf(error));
}

/** What failed at the database, by its name, with MongoDB's own code and words; these hold no document's values. */
export function sourceFailure(database: MongoDatabase, tried: string, error: unknown): PipelineError {
  if (error instanceof PipelineError) return error;
  const code = codeOf(error);
  const found = wordsOf(database, error);
  if (HISTORY_LOST.includes(code)) return lost(database, found, 'behind the last position', error);
  const advice = adviceToMakeReady(database, code);
  if (advice !== null) return notReady(database, `could not ${tried}: ${found}`, advice, error);
  return new PipelineError(
    'SOURCE_FAILED',
    `MongoDB ${database.name}: could not ${tried}: ${found}. Nothing is lost: the next run goes on from the last position that Event Hubs ` +
      `has accepted. ${adviceFor(code)}`,
    { retryable: true, cause: error },
  );
}

export function lost(database: MongoDatabase, what: string, which: string, cause?: unknown): PipelineError {
  return new PipelineError(
    'SOURCE_HISTORY_LOST',
    `MongoDB ${database.name}: ${what}. Changes ${which} are missing in the lake and will stay so; nothing was skipped, capture of this ` +
      `database has stopped. To begin anew with a snapshot of what is there now: npm run capture -- reset mongodb ${database.name}. To ` +
      `keep changes for longer, enlarge the oplog (replSetResizeOplog, minRetentionHours).`,
    { cause },
  );
}

export function notReady(database: MongoDatabase, what: string, action: string, cause?: unknown): PipelineError {
  return new PipelineError('SOURCE_NOT_READY', `MongoDB ${database.name}: ${what}. ${action}`, { cause });
}

/** The error's code and first line, without what only its user may know. */
export function wordsOf({ connectionString }: MongoDatabase, error: unknown): string {
  const { message } = error instanceof Error ? error : { message: String(error) };
  const code =
    error instanceof MongoServerError ? `${error.code ?? 'no code'} ${error.codeName ?? ''}`.trim() : 'no code';
  const [line = ''] = message.split('\n');
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

/** What somebody has to do first; null where trying again may help. */
function adviceToMakeReady({ database }: MongoDatabase, code: unknown): string | null {
  const place = database === null ? 'every database (the role readAnyDatabase)' : `${database} (the role read)`;
  switch (code) {
    case CODE.unauthorized:
      return `The user needs the actions find, changeStream and listCollections on ${place}.`;
    case CODE.onlyOnReplicaSets:
      return REPLICA_SET_ADVICE;
    case CODE.invalidNamespace:
      return 'Name a database other than admin, config and local: change streams tell of no others.';
    case CODE.noMatchingDocument:
      return (
        'The collection keeps no images of its documents, or no longer that one. Enable them (collMod with changeStreamPreAndPostImages), ' +
        'and choose whenAvailable instead of required to get past this event.'
      );
    case CODE.bsonObjectTooLarge:
      return 'Events over 16 MB need MongoDB 6.0.9 or later, or 7.0; without, choose the full document default and no pre-images.';
    default:
      return null;
  }
}

export const REPLICA_SET_ADVICE =
  'Change streams need a replica set or a sharded cluster: start mongod with --replSet, and run rs.initiate() once; one member is enough.';

function adviceFor(code: unknown): string {
  return code === CODE.authenticationFailed
    ? "Check the user, the password and the connection string's authSource."
    : 'Check that the deployment has a primary and can be reached from here.';
}
