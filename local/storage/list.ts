import { type BlobRecord } from './stores';
import { demandFileSystem, wholeNumber, type LakeHandler } from './lake';
import { LakeError } from './lake-error';
import { isDirectory } from './records';

/**
 * Path - List: files and directories under a directory, by name, a page at a time. The continuation token is the last
 * name given, so a list that is being read while files come and go neither repeats nor skips those that stay.
 */
export const list: LakeHandler = (lake, { fileSystem, path, query }) => {
  const { records } = lake;
  demandFileSystem(lake, fileSystem);
  const recursive = query.get('recursive');
  if (recursive === undefined) throw new LakeError('MissingRequiredQueryParameter', 'recursive');
  const maxResults = wholeNumber(query, 'maxresults');
  if (maxResults === 0) throw new LakeError('InvalidQueryParameterValue', 'maxResults: 0');
  if (path !== '') {
    const record = records.find({ fileSystem, path });
    if (record === null) throw new LakeError('PathNotFound', path);
    if (!isDirectory(record)) return { status: 200, body: { paths: [entryOf(record)] } };
  }
  const after = decodeToken(query.get('continuation') ?? '');
  const start = path === '' ? 0 : path.length + 1;
  const wanted = records
    .beneath({ fileSystem, path })
    .filter(({ name }) => name > after && (recursive === 'true' || !name.includes('/', start)));
  const page = wanted.slice(0, Math.min(maxResults ?? Infinity, lake.pageSize));
  const last = page.at(-1);
  return {
    status: 200,
    headers: last !== undefined && page.length < wanted.length ? { 'x-ms-continuation': encodeToken(last.name) } : {},
    body: { paths: page.map(entryOf) },
  };
};

/** An entry as the service writes it: numbers and booleans as text, the entity tag without quotes. */
export function entryOf(record: BlobRecord) {
  const { etag, lastModified, creationTime, contentLength } = record.properties;
  return {
    name: record.name,
    ...(isDirectory(record) ? { isDirectory: 'true' } : {}),
    contentLength: String(contentLength),
    eTag: etag.replaceAll('"', ''),
    lastModified: new Date(lastModified).toUTCString(),
    creationTime: String(windowsTicks(new Date(creationTime))),
    owner: '$superuser',
    group: '$superuser',
    permissions: isDirectory(record) ? 'rwxr-x---' : 'rw-r-----',
  };
}

/** 100-nanosecond intervals since 1601, the form the service gives creation times in. */
function windowsTicks(time: Date): bigint {
  return (BigInt(time.getTime()) + 11_644_473_600_000n) * 10_000n;
}

/** A continuation token is opaque to callers and safe in a URL. */
export function encodeToken(name: string): string {
  return Buffer.from(name).toString('base64url');
}

/** The empty token stands for the beginning. */
export function decodeToken(token: string): string {
  return Buffer.from(token, 'base64url').toString();
}
