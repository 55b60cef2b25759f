import { newEtag } from 'azurite/dist/src/common/utils/utils';
import { type ContainerRecord } from './stores';
import { areMet, conditionsOf, header } from './conditions';
import { type Lake, type LakeHandler } from './lake';
import { LakeError } from './lake-error';
import { decodeToken, encodeToken } from './list';
import { decodeProperties, encodeProperties } from './properties';
import { accountName } from './request';

/** Filesystem - Create, Delete, Get Properties, Set Properties and List. The JavaScript SDK uses the Blob API's. */

const validName = /^[$a-z0-9](?!.*--)[-a-z0-9]{1,61}[a-z0-9]$/;

export const createFileSystem: LakeHandler = ({ records, now }, { fileSystem, headers }) => {
  if (!validName.test(fileSystem)) throw new LakeError('InvalidUri', fileSystem);
  if (records.fileSystem(fileSystem) !== null) throw new LakeError('FilesystemAlreadyExists', fileSystem);
  const record: ContainerRecord = {
    accountName,
    name: fileSystem,
    metadata: decodeProperties(header(headers, 'x-ms-properties') ?? ''),
    properties: {
      etag: newEtag(),
      lastModified: now(),
      leaseStatus: 'unlocked',
      leaseState: 'available',
      hasImmutabilityPolicy: false,
      hasLegalHold: false,
    },
  };
  records.addFileSystem(record);
  return { status: 201, headers: headersOf(record) };
};

export const deleteFileSystem: LakeHandler = (lake, { fileSystem, headers }) => {
  const record = demand(lake, fileSystem);
  demandUnchanged(record, headers);
  lake.records.removeFileSystem(record);
  return { status: 202 };
};

export const getFileSystemProperties: LakeHandler = (lake, { fileSystem }) => {
  const record = demand(lake, fileSystem);
  return { status: 200, headers: { ...headersOf(record), 'x-ms-properties': encodeProperties(record.metadata) } };
};

export const setFileSystemProperties: LakeHandler = (lake, { fileSystem, headers }) => {
  const record = demand(lake, fileSystem);
  demandUnchanged(record, headers);
  record.metadata = decodeProperties(header(headers, 'x-ms-properties') ?? '');
  record.properties.etag = newEtag();
  record.properties.lastModified = lake.now();
  lake.records.updateFileSystem(record);
  return { status: 200, headers: headersOf(record) };
};

export const listFileSystems: LakeHandler = ({ records, pageSize }, { query }) => {
  const prefix = query.get('prefix') ?? '';
  const after = decodeToken(query.get('continuation') ?? '');
  const wanted = records.fileSystems().filter(({ name }) => name.startsWith(prefix) && name > after);
  const page = wanted.slice(0, pageSize);
  const last = page.at(-1);
  return {
    status: 200,
    headers: last !== undefined && page.length < wanted.length ? { 'x-ms-continuation': encodeToken(last.name) } : {},
    body: {
      filesystems: page.map(({ name, properties }) => ({
        name,
        eTag: properties.etag.replaceAll('"', ''),
        lastModified: new Date(properties.lastModified).toUTCString(),
      })),
    },
  };
};

function demand({ records }: Lake, name: string): ContainerRecord {
  const record = records.fileSystem(name);
  if (record === null) throw new LakeError('FilesystemNotFound', name);
  return record;
}

/** File systems take conditions on time alone. */
function demandUnchanged(record: ContainerRecord, headers: Parameters<LakeHandler>[1]['headers']): void {
  const conditions = { ...conditionsOf(headers), ifMatch: null, ifNoneMatch: null };
  if (!areMet(conditions, record)) throw new LakeError('ConditionNotMet');
}

function headersOf({ properties }: ContainerRecord): Record<string, string> {
  return {
    etag: properties.etag,
    'last-modified': new Date(properties.lastModified).toUTCString(),
    'x-ms-namespace-enabled': 'true',
  };
}
