import { type MongoDatabase } from './database';

/** https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml, and of services that answer as MongoDB does. */
export const CODE = {
  badValue: 2,
  failedToParse: 9,
  unauthorized: 13,
  typeMismatch: 14,
  authenticationFailed: 18,
  cursorNotFound: 43,
  noMatchingDocument: 47,
  invalidOptions: 72,
  invalidNamespace: 73,
  commandNotSupported: 115,
  cappedPositionLost: 136,
  commandNotSupportedOnView: 166,
  optionNotSupportedOnView: 167,
  queryFeatureNotAllowed: 224,
  cursorKilled: 237,
  invalidResumeToken: 260,
  changeStreamFatalError: 280,
  changeStreamHistoryLost: 286,
  /** Amazon DocumentDB. */
  featureNotSupported: 303,
  stageNotSupported: 304,
  /** Atlas, where its user lacks a right. */
  atlas: 8_000,
  bsonObjectTooLarge: 10_334,
  unknownStage: 40_324,
  unknownField: 40_415,
  onlyOnReplicaSets: 40_573,
  expandedEventsOff: 6_188_501,
} as const;

/** The resume token is of no event that the server has, or it cannot read it. */
export const HISTORY_LOST_CODES: readonly unknown[] = [
  ...[CODE.changeStreamHistoryLost, CODE.changeStreamFatalError, CODE.invalidResumeToken],
  ...[40_646, 40_647, 40_648, 40_649, 50_788, 50_793, 50_794, 50_795, 50_796, 50_811, 50_854, 50_855, 50_870, 50_872],
  ...[51_055, 51_056, 51_057],
];

/** Of something in the stream's pipeline that an older server, or another product, does not know. */
export const UNKNOWN_CODES: readonly unknown[] = [
  ...[CODE.unknownStage, CODE.unknownField, CODE.queryFeatureNotAllowed, CODE.commandNotSupported],
  ...[CODE.featureNotSupported, CODE.stageNotSupported, CODE.expandedEventsOff],
];

/**
 * Of a find or a getMore that may do when it is begun again: as the drivers' specification of retryable reads has them, and those of a
 * cursor that is gone, or was interrupted.
 * https://github.com/mongodb/specifications/blob/master/source/retryable-reads/retryable-reads.md
 */
export const PASSING_READ_CODES: readonly unknown[] = [
  ...[6, 7, 89, 91, 134, 189, 262, 9_001, 10_107, 11_600, 11_602, 13_435, 13_436],
  ...[CODE.cursorNotFound, CODE.cursorKilled, CODE.cappedPositionLost],
  // MaxTimeMSExpired (a default of the deployment), QueryPlanKilled (the collection was renamed or dropped), Interrupted.
  ...[50, 175, 11_601],
];

/** What somebody has to do first, for a refusal that no further attempt mends; null for every other error. */
export function refusalAdvice(database: MongoDatabase, code: unknown): string | null {
  switch (code) {
    case CODE.unauthorized:
    case CODE.atlas:
      return `The user needs the actions find, changeStream and listCollections on ${placeOf(database)}.`;
    case CODE.onlyOnReplicaSets:
      return REPLICA_SET_ADVICE;
    case CODE.invalidNamespace:
      return 'Name a database other than admin, config and local: change streams tell of no others.';
    case CODE.commandNotSupportedOnView:
    case CODE.optionNotSupportedOnView:
      return 'Name collections: views and time series have no change streams.';
    case CODE.noMatchingDocument:
      return (
        'The collection keeps no images of its documents, or no longer that one. Enable them (collMod with changeStreamPreAndPostImages), ' +
        'and choose whenAvailable instead of required to get past this event.'
      );
    case CODE.bsonObjectTooLarge:
      return 'Events over 16 MB need MongoDB 6.0.9 or later, or 7.0; without, choose the full document default and no pre-images.';
    case CODE.badValue:
    case CODE.failedToParse:
    case CODE.typeMismatch:
    case CODE.invalidOptions:
    case CODE.unknownField:
      return (
        'The server does not take an option of the change stream: pre-images, and the full documents whenAvailable and required, need MongoDB 6.0; ' +
        'choose preImages off and fullDocument updateLookup or default.'
      );
    case CODE.commandNotSupported:
    case CODE.queryFeatureNotAllowed:
    case CODE.featureNotSupported:
    case CODE.stageNotSupported:
    case CODE.unknownStage:
    case CODE.expandedEventsOff:
      return UNSUPPORTED_ADVICE;
    default:
      return null;
  }
}

const placeOf = ({ database }: MongoDatabase): string =>
  database === null ? 'every database (the role readAnyDatabase)' : `${database} (the role read)`;

export const REPLICA_SET_ADVICE =
  'Change streams need a replica set or a sharded cluster: start mongod with --replSet, and run rs.initiate() once; one member is enough.';

export const UNSUPPORTED_ADVICE =
  'This deployment does not support what capture needs: change streams of a database or a deployment that begin at a cluster time. MongoDB ' +
  '4.0 and later has them as a replica set or a sharded cluster, and Amazon DocumentDB once they are enabled (modifyChangeStreams).';

/** Services that answer as MongoDB does, but whose change streams cannot be captured, by their hosts' names. */
const SERVICES = [
  {
    host: /\.mongo\.cosmos\.azure\.(?:com|us|cn)$/i,
    what: 'Azure Cosmos DB for MongoDB with request units: its change streams tell of no deletes and of one collection at a time',
  },
  {
    host: /\.mongocluster\.cosmos\.azure\.(?:com|us|cn)$/i,
    what: 'Azure DocumentDB (Cosmos DB for MongoDB vCore): its change streams are of one collection at a time, not of a database',
  },
] as const;

/** What cannot be captured at these hosts; null where nothing speaks against them. */
export const unfitService = (hosts: readonly string[]): string | null =>
  SERVICES.find(({ host }) => hosts.some((name) => host.test(name)))?.what ?? null;
