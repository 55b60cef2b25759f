import { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { type ExtentStore } from './stores';
import { LakeError } from './lake-error';
import { type LakeRecords, type Place } from './records';
import { type LakeOperation } from './request';

/** What the operations of the Data Lake API stand on. */
export interface Lake {
  readonly records: LakeRecords;
  /** Where Azurite keeps the bytes. */
  readonly extents: ExtentStore;
  readonly now: () => Date;
  /** Entries that one answer of a list or of a paged delete covers at most. */
  readonly pageSize: number;
}

/** One request, checked and read. */
export interface LakeRequest extends Place {
  readonly operation: LakeOperation;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: IncomingHttpHeaders;
  readonly body: IncomingMessage;
}

export interface LakeAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

/**
 * Answers one operation. A handler that only changes records does so without awaiting, so that it is one step.
 *
 * @throws LakeError for every answer that is not success
 */
export type LakeHandler = (lake: Lake, request: LakeRequest) => LakeAnswer | Promise<LakeAnswer>;

/** @throws LakeError FilesystemNotFound */
export function demandFileSystem(lake: Lake, name: string): void {
  if (lake.records.fileSystem(name) === null) throw new LakeError('FilesystemNotFound', name);
}

/**
 * A whole number from the query.
 *
 * @throws LakeError InvalidQueryParameterValue
 */
export function wholeNumber(query: ReadonlyMap<string, string>, name: string): number | null {
  const text = query.get(name);
  if (text === undefined) return null;
  if (!/^\d{1,15}$/.test(text)) throw new LakeError('InvalidQueryParameterValue', `${name}: ${text}`);
  return Number(text);
}
