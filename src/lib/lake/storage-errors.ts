import { PipelineError } from '../errors';

/** The service's own code of what it refused (`x-ms-error-code`), if `error` is an answer; else null. */
export function storageCode(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code;
  return statusOf(error) !== null && typeof code === 'string' ? code : null;
}

/** The HTTP status of an answer; null when none arrived. */
export function statusOf(error: unknown): number | null {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : null;
}

/** One request to the lake, for messages. */
export interface Request {
  /** In words: `swap`, `rename to …` */
  readonly what: string;
  readonly path: string;
  /** `https://account.blob.core.windows.net/filesystem` */
  readonly where: string;
}

/** What a failed request means, as an error that says what to do. Never holds headers: they bear the signature. */
export function storageFailure(request: Request, error: unknown, timedOutAfterMs: number | null): PipelineError {
  const { what, path, where } = request;
  const found = timedOutAfterMs === null ? describe(error) : `no answer within ${timedOutAfterMs / 1000} s`;
  const advice = adviceFor(error, where, timedOutAfterMs !== null);
  return new PipelineError('STORAGE_FAILED', `${what} ${path} at ${where}: ${found}. ${advice}`, {
    retryable: true,
    cause: error,
  });
}

function describe(error: unknown): string {
  const status = statusOf(error);
  if (status !== null) return `status ${status}, ${storageCode(error) ?? 'no code'}`;
  if (!(error instanceof Error)) return String(error);
  const code = (error as { code?: unknown }).code;
  return `no answer (${typeof code === 'string' ? code : error.name})`;
}

function adviceFor(error: unknown, where: string, timedOut: boolean): string {
  const status = statusOf(error);
  const code = storageCode(error) ?? '';
  if (timedOut) {
    return 'Is the name in STORAGE_CONNECTION_STRING right, and does the account answer from here? STORAGE_REQUEST_SECONDS is the time it is given.';
  }
  if (code === 'ContainerNotFound' || code === 'FilesystemNotFound' || code === 'ContainerBeingDeleted') {
    return `The file system does not exist: create it (az storage fs create), or set LAKE_FILESYSTEM to the right name.`;
  }
  if (status === 403 && code === 'AuthenticationFailed') {
    return `The key in STORAGE_CONNECTION_STRING is not the account's, or no longer (az storage account keys list), or this machine's clock is wrong.`;
  }
  if (code === 'KeyBasedAuthenticationNotPermitted') {
    return `The account takes no keys: give it an identity (STORAGE_CONNECTION_STRING__blobServiceUri) in place of STORAGE_CONNECTION_STRING.`;
  }
  if (code === 'AuthorizationFailure') {
    return `The account's network rules do not let this machine in (az storage account show --query networkRuleSet); STORAGE_CONNECTION_STRING names it.`;
  }
  if (/ImmutableDueTo(Policy|LegalHold)$/.test(code)) {
    return `The container of LAKE_FILESYSTEM has an immutability policy or a legal hold: renames and replacements are refused there. Remove it (docs/deploy.md).`;
  }
  if (status === 401 || status === 403) {
    return (
      `An identity needs the role Storage Blob Data Contributor on ${where}; a key in STORAGE_CONNECTION_STRING must be ` +
      `the account's; and the account's network rules must let this app in.`
    );
  }
  if (status === 429 || status === 503) return 'The account is throttled or busy: the host tries again later.';
  if (status === 400 || status === 501) {
    return 'Is this an account with a hierarchical namespace, and a Data Lake endpoint? Plain Azurite is not.';
  }
  if (status !== null) return 'The host tries again later.';
  return `Is the name right and the network open? STORAGE_CONNECTION_STRING names the account.`;
}
