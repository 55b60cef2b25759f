import { failed, ok, skipped, warning, type Finding } from './check';
import { type Answer, type FileSystemFacts, type LakeProbe, type Refusal } from './port';

type Place = Pick<LakeProbe, 'account' | 'fileSystem' | 'byIdentity' | 'isLocal'>;

/** `status 403, AuthorizationPermissionMismatch`, or `no answer (ECONNRESET)`. */
export const refusalText = ({ status, code }: Refusal): string =>
  status === null ? `no answer (${code})` : `status ${status}, ${code}`;

/** What to do about a refusal of the lake's account. */
export function adviceFor({ status, code }: Refusal, { account, fileSystem, byIdentity }: Place): string {
  if (status === null) return `See whether the account ${account} answers from here`;
  if (code === 'ContainerNotFound' || code === 'FilesystemNotFound') return createFileSystem({ account, fileSystem });
  if (status === 401 || status === 403) {
    const network = `Else the account's network rules must let this machine in (az storage account show -n ${account} --query networkRuleSet)`;
    return byIdentity
      ? `Give the identity the role Storage Blob Data Contributor on the account ${account} (az role assignment create), or, where access control lists rule, rwx on this folder; a new role takes some minutes. ${network}`
      : `Check the AccountKey in STORAGE_CONNECTION_STRING (az storage account keys list -n ${account}), that keys are allowed (allowSharedKeyAccess), and this machine's clock. ${network}`;
  }
  if (status === 429 || status === 503)
    return `The account ${account} is throttled or busy: try again, and see its metrics`;
  if (status === 400 || status === 501)
    return 'The lake needs an account with a hierarchical namespace and its Data Lake endpoint';
  return `See the service's own health, and the activity log of the account ${account}`;
}

const createFileSystem = ({ account, fileSystem }: Pick<Place, 'account' | 'fileSystem'>): string =>
  `Create it: az storage fs create -n ${fileSystem} --account-name ${account} --auth-mode login; or correct LAKE_FILESYSTEM`;

/** Known, and without this right: access control lists may give those that matter. */
const isLetIn = ({ code }: Refusal): boolean => code === 'AuthorizationPermissionMismatch';

/** Whether the account lets us in at all; what it says of the file system is another check's. */
export function judgeCredentials(token: Answer<null>, seen: Answer<unknown>, place: Place): Finding {
  if ('refusal' in token) {
    return failed(
      `the identity got no token (${token.refusal.code})`,
      "In Azure: turn on the app's managed identity, or correct STORAGE_CONNECTION_STRING__clientId. Elsewhere: az login",
    );
  }
  if ('refusal' in seen && isLetIn(seen.refusal)) {
    return ok(
      `the account ${place.account} takes the identity's token, which has no right to look at the file system itself`,
    );
  }
  if ('refusal' in seen)
    return failed(`${refusalText(seen.refusal)} from the account ${place.account}`, adviceFor(seen.refusal, place));
  return ok(`the account ${place.account} takes the ${place.byIdentity ? "identity's token" : 'key'}`);
}

/** The app makes no file system: its rights need not reach so far. */
export function judgeFileSystem(seen: Answer<FileSystemFacts>, place: Place): Finding {
  const found = `the file system ${place.fileSystem} of ${place.account}`;
  if ('refusal' in seen) {
    return warning(
      `${found}: ${refusalText(seen.refusal)}`,
      'What follows tells which rights are missing; with all of them nothing needs doing',
    );
  }
  if (seen.value.isImmutable) {
    return failed(
      `${found} has an immutability policy or a legal hold: files can be neither renamed nor replaced there`,
      'Remove it (az storage container immutability-policy delete, az storage container legal-hold clear), or set LAKE_FILESYSTEM to a container without one; soft delete protects what is deleted',
    );
  }
  if (seen.value.exists) return ok(`${found} is there`);
  return failed(`${found} does not exist; the app does not create it`, createFileSystem(place));
}

/** Files keep the access control list with which they were made in `_system/staging/` when they are renamed. */
export function judgeReaders(staged: Answer<readonly string[]>, visible: Answer<readonly string[]>): Finding {
  for (const answer of [staged, visible]) {
    if ('refusal' in answer) return skipped(`the access control lists were not told: ${refusalText(answer.refusal)}`);
  }
  const [given, wanted] = [staged, visible].map((answer) => ('value' in answer ? answer.value : []));
  const lacking = (wanted ?? []).filter((reader) => given?.includes(reader) !== true);
  if (lacking.length === 0)
    return ok('whoever may read by the default lists of bronze and quarantine may read files from staging');
  return warning(
    `${lacking.join(', ')} may read by the default access control list of bronze or quarantine, and not by that of _system/staging: files keep the list of staging when they are renamed, so they are refused (403)`,
    'Give _system/staging the same default entries (az storage fs access update-recursive, for the folders that are there, too), or give readers the role Storage Blob Data Reader',
  );
}

export function judgeHierarchy(told: Answer<boolean>, { account, isLocal }: Place): Finding {
  const show = `az storage account show -n ${account} --query isHnsEnabled`;
  if ('refusal' in told) {
    return warning(`it could not be told: ${refusalText(told.refusal)}`, `Make sure that it says true: ${show}`);
  }
  if (told.value) return ok(`the account ${account} has a hierarchical namespace`);
  if (isLocal) {
    return warning(
      'an emulator on this machine says that it has none',
      'Nothing to do here; an account in Azure needs one',
    );
  }
  return failed(
    `the account ${account} has no hierarchical namespace: renames are neither atomic nor conditional there`,
    `Create an account with one (az storage account create --hns true), or upgrade this (az storage account hns-migration start); see ${show}`,
  );
}

/** What a request that the app makes came to. `action` in words: `put a file`. */
export function judgeRequest(action: string, answer: Answer<unknown>, place: Place): Finding {
  return 'refusal' in answer
    ? failed(`could not ${action}: ${refusalText(answer.refusal)}`, adviceFor(answer.refusal, place))
    : ok(`could ${action}`);
}

/** A request that must be refused because its condition does not hold. */
export function judgeCondition(action: string, answer: Answer<unknown>, place: Place): Finding {
  if ('value' in answer) {
    return failed(
      `${action} was carried out though its condition did not hold`,
      'Something between drops the headers If-Match or If-None-Match: without them events can be doubled; go around it',
    );
  }
  const { status } = answer.refusal;
  if (status === 412 || status === 409) return ok(`${action} was refused, as it must be`);
  return failed(`${action}: ${refusalText(answer.refusal)}; expected 412 or 409`, adviceFor(answer.refusal, place));
}

const WARN_CLOCK_MS = 30_000;
const FAIL_CLOCK_MS = 300_000;

/** @param offsetMs how far this machine's clock is ahead of the service's */
export function judgeClock(offsetMs: number): Finding {
  const seconds = Math.round(Math.abs(offsetMs) / 1000);
  const found = `this machine's clock is ${seconds} s ${offsetMs < 0 ? 'behind' : 'ahead of'} the account's`;
  const fix =
    'Set the clock (chrony, systemd-timesyncd): requests are signed with the time, and refused when it is 15 minutes off';
  if (Math.abs(offsetMs) > FAIL_CLOCK_MS) return failed(found, fix);
  return Math.abs(offsetMs) > WARN_CLOCK_MS ? warning(found, fix) : ok(found);
}

/** A few requests, one after the other. */
export interface Timed {
  /** Of those that were answered. */
  readonly tookMs: readonly number[];
  /** Answered with 429 or 503. */
  readonly throttled: number;
  readonly others: number;
}

const SLOW_MS = 500;

export function judgeLatency({ tookMs, throttled, others }: Timed): Finding {
  const asked = tookMs.length + throttled + others;
  const sorted = [...tookMs].sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  const found = `${asked} requests: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, ${throttled} throttled, ${others} failed, none tried again`;
  if (throttled > 0) {
    return warning(
      found,
      'The account is at its limits: larger batches (docs/host-json.md), or an account of its own for the lake',
    );
  }
  if (others > 0)
    return warning(found, 'Connections fail now and then: check the network between; the app tries again');
  return at(0.95) > SLOW_MS
    ? warning(found, "Run the app in the account's region: a batch waits for three requests")
    : ok(found);
}
