import { conditionsOf, demandLease, demandMet, header } from './conditions';
import { createDirectoriesAbove, demandDirectoriesAbove } from './hierarchy';
import { demandFileSystem, type LakeHandler } from './lake';
import { LakeError } from './lake-error';
import { newRecord, setContentHeaders, setMetadata, touch, versionHeaders } from './properties';
import { isDirectory } from './records';

/**
 * Path - Create: an empty file or a directory, with the directories above it. An existing file is replaced, an
 * existing directory keeps what it holds.
 */
export const create: LakeHandler = (lake, { operation, fileSystem, path, headers }) => {
  const { records } = lake;
  const kind = operation === 'createDirectory' ? 'directory' : 'file';
  const place = { fileSystem, path };
  demandFileSystem(lake, fileSystem);
  if (path === '') throw new LakeError('PathAlreadyExists');
  demandDirectoriesAbove(records, place);

  const there = records.find(place);
  demandMet(conditionsOf(headers), there);
  if (there !== null && isDirectory(there) !== (kind === 'directory')) throw new LakeError('PathConflict', path);

  const now = lake.now();
  const leaseId = header(headers, 'x-ms-lease-id');
  // An unnamed lease on what is replaced is broken, says the documentation; a named one must be the right one.
  if (there !== null && leaseId !== null) demandLease(there, leaseId, now.getTime());

  if (there !== null && kind === 'directory') {
    setContentHeaders(there, headers);
    setMetadata(there, headers);
    touch(there, now);
    records.update(there);
    return { status: 201, headers: versionHeaders(there.properties) };
  }
  const record = records.put(newRecord(kind, place, headers, now));
  createDirectoriesAbove(records, place, now);
  return { status: 201, headers: versionHeaders(record.properties) };
};
