import { type IncomingHttpHeaders } from 'node:http';
import { type BlobRecord } from './stores';
import { LakeError } from './lake-error';

/** Conditional headers of one request; entity tags without quotes, times in milliseconds. */
export interface Conditions {
  readonly ifMatch: string | null;
  readonly ifNoneMatch: string | null;
  readonly ifModifiedSince: number | null;
  readonly ifUnmodifiedSince: number | null;
}

/** What conditions look at: a path or a file system. */
export interface Versioned {
  readonly properties: { readonly etag: string; readonly lastModified: Date | string };
}

/** The conditions on the path that a request names; for a rename, on its destination. */
export function conditionsOf(headers: IncomingHttpHeaders): Conditions {
  return read(headers, '');
}

/** The conditions on a rename's source. */
export function sourceConditionsOf(headers: IncomingHttpHeaders): Conditions {
  return read(headers, 'x-ms-source-');
}

/** Whether `record` is as the conditions want it; null stands for nothing there. */
export function areMet(conditions: Conditions, record: Versioned | null): boolean {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  if (record === null) return ifMatch === null;
  const etag = unquoted(record.properties.etag);
  // HTTP dates have whole seconds.
  const modified = Math.floor(new Date(record.properties.lastModified).getTime() / 1000) * 1000;
  return (
    (ifMatch === null || ifMatch === '*' || ifMatch === etag) &&
    (ifNoneMatch === null || (ifNoneMatch !== '*' && ifNoneMatch !== etag)) &&
    (ifModifiedSince === null || modified > ifModifiedSince) &&
    (ifUnmodifiedSince === null || modified <= ifUnmodifiedSince)
  );
}

/**
 * Checks the conditions on a path that is to be written.
 *
 * @throws LakeError PathAlreadyExists when only `If-None-Match: *` stands in the way, else ConditionNotMet
 */
export function demandMet(conditions: Conditions, record: Versioned | null): void {
  if (areMet(conditions, record)) return;
  throw new LakeError(conditions.ifNoneMatch === '*' ? 'PathAlreadyExists' : 'ConditionNotMet');
}

/**
 * Checks the lease of a file that is to be changed.
 *
 * @throws LakeError LeaseIdMissing, LeaseIdMismatchWithBlobOperation or LeaseLost
 */
export function demandLease(record: BlobRecord, leaseId: string | null, nowMs: number): void {
  if (!isLeased(record, nowMs)) {
    if (leaseId !== null) throw new LakeError('LeaseLost');
    return;
  }
  if (leaseId === null) throw new LakeError('LeaseIdMissing');
  if (leaseId.toLowerCase() !== record.leaseId?.toLowerCase()) {
    throw new LakeError('LeaseIdMismatchWithBlobOperation');
  }
}

/** Whether a lease holds at `nowMs`; Azurite writes down that one has ended only when the blob is next asked for. */
export function isLeased(record: BlobRecord, nowMs: number): boolean {
  const endsAt = (time: Date | string | undefined) => (time === undefined ? Infinity : new Date(time).getTime());
  const state = record.properties.leaseState;
  switch (state) {
    case 'leased':
      return record.properties.leaseDuration !== 'fixed' || endsAt(record.leaseExpireTime) > nowMs;
    case 'breaking':
      return endsAt(record.leaseBreakTime) > nowMs;
    case undefined:
    case 'available':
    case 'expired':
    case 'broken':
      return false;
    default:
      return state satisfies never;
  }
}

/** A header's one value, or null. */
export function header(headers: IncomingHttpHeaders, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' ? value : null;
}

function read(headers: IncomingHttpHeaders, prefix: string): Conditions {
  const tag = (name: string) => {
    const value = header(headers, prefix + name);
    return value === null ? null : unquoted(value);
  };
  const time = (name: string) => {
    const value = header(headers, prefix + name);
    if (value === null) return null;
    const ms = Date.parse(value);
    if (Number.isNaN(ms)) throw new LakeError('InvalidHeaderValue', `${prefix}${name}: ${value}`);
    return ms;
  };
  return {
    ifMatch: tag('if-match'),
    ifNoneMatch: tag('if-none-match'),
    ifModifiedSince: time('if-modified-since'),
    ifUnmodifiedSince: time('if-unmodified-since'),
  };
}

function unquoted(etag: string): string {
  return etag.replace(/^"|"$/g, '');
}
