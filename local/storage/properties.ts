import { type IncomingHttpHeaders } from 'node:http';
import { newEtag } from 'azurite/dist/src/common/utils/utils';
import { type BlobProperties, type BlobRecord } from './stores';
import { header } from './conditions';
import { LakeError } from './lake-error';
import { isDirectory, type Place } from './records';
import { accountName } from './request';

/** The metadata that makes a blob a directory: the one that the service and Hadoop use. */
export const directoryMark = { hdi_isfolder: 'true' };

/** The record of a new, empty file or directory, with the metadata and content headers of the request. */
export function newRecord(
  kind: 'file' | 'directory',
  place: Place,
  headers: IncomingHttpHeaders,
  now: Date,
): BlobRecord {
  const record: BlobRecord = {
    accountName,
    containerName: place.fileSystem,
    name: place.path,
    snapshot: '',
    deleted: false,
    isCommitted: true,
    metadata: kind === 'directory' ? { ...directoryMark } : undefined,
    properties: {
      creationTime: now,
      lastModified: now,
      etag: newEtag(),
      contentLength: 0,
      contentType: 'application/octet-stream',
      blobType: 'BlockBlob',
      leaseStatus: 'unlocked',
      leaseState: 'available',
      serverEncrypted: true,
      accessTier: 'Hot',
      accessTierInferred: true,
    },
    committedBlocksInOrder: [],
  };
  setContentHeaders(record, headers);
  setMetadata(record, headers);
  return record;
}

/** Gives a changed record its new entity tag and time. */
export function touch(record: BlobRecord, now: Date): void {
  record.properties.etag = newEtag();
  record.properties.lastModified = now;
}

/** Replaces the metadata by `x-ms-properties`, where the request has any; a directory stays a directory. */
export function setMetadata(record: BlobRecord, headers: IncomingHttpHeaders): void {
  const text = header(headers, 'x-ms-properties');
  if (text === null) return;
  record.metadata = { ...decodeProperties(text), ...(isDirectory(record) ? directoryMark : {}) };
}

/** Sets what the request's `x-ms-content-…` headers name and leaves the rest. */
export function setContentHeaders(record: BlobRecord, headers: IncomingHttpHeaders): void {
  const set = (name: string, key: ContentKey) => {
    const value = header(headers, name);
    if (value !== null) record.properties[key] = value;
  };
  set('x-ms-content-type', 'contentType');
  set('x-ms-content-encoding', 'contentEncoding');
  set('x-ms-content-language', 'contentLanguage');
  set('x-ms-content-disposition', 'contentDisposition');
  set('x-ms-cache-control', 'cacheControl');
  const md5 = header(headers, 'x-ms-content-md5');
  if (md5 !== null) record.properties.contentMD5 = Buffer.from(md5, 'base64');
}

type ContentKey = 'contentType' | 'contentEncoding' | 'contentLanguage' | 'contentDisposition' | 'cacheControl';

/** `a=MQ==,b=` in its pairs. Values are bytes of ISO 8859-1, as the service has it. */
export function decodeProperties(text: string): Record<string, string> {
  const pairs = text.split(',').filter((pair) => pair.trim() !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new LakeError('InvalidHeaderValue', `x-ms-properties: ${text}`);
      return [pair.slice(0, at).trim(), Buffer.from(pair.slice(at + 1), 'base64').toString('latin1')];
    }),
  );
}

/** The other way; the mark of a directory is no property of its own. */
export function encodeProperties(metadata: Readonly<Record<string, string>> = {}): string {
  return Object.entries(metadata)
    .filter(([key]) => key.toLowerCase() !== 'hdi_isfolder')
    .map(([key, value]) => `${key}=${Buffer.from(value, 'latin1').toString('base64')}`)
    .join(',');
}

/** `ETag` and `Last-Modified`, which every answer about a path has. */
export function versionHeaders({ etag, lastModified }: Pick<BlobProperties, 'etag' | 'lastModified'>) {
  return { etag, 'last-modified': new Date(lastModified).toUTCString() };
}
