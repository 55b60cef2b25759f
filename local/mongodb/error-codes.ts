/** https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml: those given here, and those that faults may name. */
const NAMES = new Map<number, string>([
  [1, 'InternalError'],
  [2, 'BadValue'],
  [6, 'HostUnreachable'],
  [7, 'HostNotFound'],
  [9, 'FailedToParse'],
  [13, 'Unauthorized'],
  [14, 'TypeMismatch'],
  [15, 'Overflow'],
  [20, 'IllegalOperation'],
  [22, 'InvalidBSON'],
  [26, 'NamespaceNotFound'],
  [27, 'IndexNotFound'],
  [28, 'PathNotViable'],
  [40, 'ConflictingUpdateOperators'],
  [43, 'CursorNotFound'],
  [47, 'NoMatchingDocument'],
  [48, 'NamespaceExists'],
  [50, 'MaxTimeMSExpired'],
  [52, 'DollarPrefixedFieldName'],
  [53, 'InvalidIdField'],
  [59, 'CommandNotFound'],
  [63, 'StaleShardVersion'],
  [66, 'ImmutableField'],
  [72, 'InvalidOptions'],
  [73, 'InvalidNamespace'],
  [76, 'NoReplicationEnabled'],
  [89, 'NetworkTimeout'],
  [91, 'ShutdownInProgress'],
  [112, 'WriteConflict'],
  [115, 'CommandNotSupported'],
  [118, 'NamespaceNotSharded'],
  [133, 'FailedToSatisfyReadPreference'],
  [134, 'ReadConcernMajorityNotAvailableYet'],
  [136, 'CappedPositionLost'],
  [143, 'CursorInUse'],
  [150, 'StaleEpoch'],
  [166, 'CommandNotSupportedOnView'],
  [189, 'PrimarySteppedDown'],
  [225, 'TransactionTooOld'],
  [234, 'RetryChangeStream'],
  [237, 'CursorKilled'],
  [238, 'NotImplemented'],
  [239, 'SnapshotTooOld'],
  [246, 'SnapshotUnavailable'],
  [251, 'NoSuchTransaction'],
  [256, 'TransactionCommitted'],
  [260, 'InvalidResumeToken'],
  [262, 'ExceededTimeLimit'],
  [263, 'OperationNotSupportedInTransaction'],
  [280, 'ChangeStreamFatalError'],
  [286, 'ChangeStreamHistoryLost'],
  [352, 'UnsupportedOpQueryCommand'],
  [8000, 'AtlasError'],
  [9001, 'SocketException'],
  [10107, 'NotWritablePrimary'],
  [10334, 'BSONObjectTooLarge'],
  [11000, 'DuplicateKey'],
  [11600, 'InterruptedAtShutdown'],
  [11601, 'Interrupted'],
  [11602, 'InterruptedDueToReplStateChange'],
  [13388, 'StaleConfig'],
  [13435, 'NotPrimaryNoSecondaryOk'],
  [13436, 'NotPrimaryOrSecondary'],
]);

/** A code without a name is told as the server tells it. */
export const codeName = (code: number): string => NAMES.get(code) ?? `Location${code}`;

const NETWORK = [6, 7, 89, 9001];
const RETRIABLE = [...NETWORK, 91, 134, 189, 262, 10107, 11600, 11602, 13435, 13436];
const NEEDS_RETARGETTING = [150, 13388];
const SNAPSHOT = [239, 246];
const NON_RESUMABLE = [280, 286];

const WRITE_CONFLICT = 112;
const NO_SUCH_TRANSACTION = 251;
const RETRY_CHANGE_STREAM = 234;
const FAILED_TO_SATISFY_READ_PREFERENCE = 133;

/** What the labels of an error depend on beside its code. */
export interface FailedCommand {
  readonly name: string;
  readonly hasTxnNumber: boolean;
  /** In a transaction of several statements. */
  readonly inTransaction: boolean;
  /** An aggregate with `$changeStream`, or a getMore of its cursor. */
  readonly isChangeStream: boolean;
}

/** The labels that the server adds to an error: https://github.com/mongodb/mongo/blob/master/src/mongo/db/error_labels.cpp */
export function errorLabels(code: number, { name, hasTxnNumber, inTransaction, isChangeStream }: FailedCommand) {
  const ends = name === 'commitTransaction' || name === 'abortTransaction';
  if (inTransaction && isTransient(code, ends)) return ['TransientTransactionError'];
  if (hasTxnNumber && (!inTransaction || ends) && RETRIABLE.includes(code)) return ['RetryableWriteError'];
  if (NON_RESUMABLE.includes(code)) return ['NonResumableChangeStreamError'];
  const resumable =
    RETRIABLE.includes(code) ||
    NEEDS_RETARGETTING.includes(code) ||
    code === RETRY_CHANGE_STREAM ||
    code === FAILED_TO_SATISFY_READ_PREFERENCE;
  return isChangeStream && resumable ? ['ResumableChangeStreamError'] : [];
}

function isTransient(code: number, ends: boolean): boolean {
  if (code === WRITE_CONFLICT || code === NO_SUCH_TRANSACTION) return true;
  if (SNAPSHOT.includes(code) || NEEDS_RETARGETTING.includes(code)) return true;
  return !ends && RETRIABLE.includes(code);
}
