import { type BlobRecord } from './stores';
import { areMet, conditionsOf, demandLease, demandMet, header } from './conditions';
import { demandFileSystem, type Lake, type LakeHandler, type LakeRequest } from './lake';
import { LakeError } from './lake-error';
import { encodeProperties, setContentHeaders, setMetadata, touch, versionHeaders } from './properties';
import { isDirectory } from './records';

/** Path - Update with `action=setProperties`: replaces the metadata, sets the content headers that are named. */
export const setProperties: LakeHandler = (lake, request) => {
  const { headers, query } = request;
  if (query.get('action') !== 'setProperties') throw new LakeError('InvalidQueryParameterValue', 'action');
  const record = demandPath(lake, request);
  demandMet(conditionsOf(headers), record);
  const now = lake.now();
  demandLease(record, header(headers, 'x-ms-lease-id'), now.getTime());
  setMetadata(record, headers);
  setContentHeaders(record, headers);
  touch(record, now);
  lake.records.update(record);
  return { status: 200, headers: versionHeaders(record.properties) };
};

/** Path - Get Properties with `action=getStatus`. */
export const getStatus: LakeHandler = (lake, request) => {
  const record = demandPath(lake, request);
  if (!areMet(conditionsOf(request.headers), record)) throw new LakeError('ConditionNotMet');
  const { properties, metadata } = record;
  const content = {
    'content-type': properties.contentType,
    'content-encoding': properties.contentEncoding,
    'content-language': properties.contentLanguage,
    'content-disposition': properties.contentDisposition,
    'cache-control': properties.cacheControl,
  };
  return {
    status: 200,
    headers: {
      ...Object.fromEntries(Object.entries(content).filter((pair): pair is [string, string] => pair[1] !== undefined)),
      ...versionHeaders(properties),
      'content-length': String(properties.contentLength),
      'accept-ranges': 'bytes',
      'x-ms-resource-type': isDirectory(record) ? 'directory' : 'file',
      'x-ms-properties': encodeProperties(metadata),
      'x-ms-lease-state': properties.leaseState ?? 'available',
      'x-ms-lease-status': properties.leaseStatus ?? 'unlocked',
    },
  };
};

function demandPath(lake: Lake, { fileSystem, path }: LakeRequest): BlobRecord {
  demandFileSystem(lake, fileSystem);
  const record = lake.records.find({ fileSystem, path });
  if (record === null) throw new LakeError('PathNotFound', path);
  return record;
}
