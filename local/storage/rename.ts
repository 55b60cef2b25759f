import { conditionsOf, demandLease, demandMet, areMet, header, sourceConditionsOf } from './conditions';
import { parentOf } from './hierarchy';
import { demandFileSystem, type LakeHandler } from './lake';
import { LakeError } from './lake-error';
import { setMetadata, versionHeaders } from './properties';
import { isDirectory, type LakeRecords, type Place } from './records';
import { parsePath } from './request';

/**
 * Path - Create with `x-ms-rename-source`: a file or a whole directory gets another name in one step. The entity tag
 * and the time of last modification stay. Without `If-None-Match: *` the destination is overwritten; the directory
 * above it must exist. Nothing here awaits: readers see the old name or the new one, never both and never neither.
 */
export const rename: LakeHandler = (lake, { fileSystem, path, headers }) => {
  const { records } = lake;
  const from = sourceOf(header(headers, 'x-ms-rename-source') ?? '');
  const to = { fileSystem, path };
  const nowMs = lake.now().getTime();
  demandFileSystem(lake, from.fileSystem);
  demandFileSystem(lake, fileSystem);

  const source = from.path === '' ? null : records.find(from);
  if (source === null) throw new LakeError('SourcePathNotFound', from.path);
  if (!areMet(sourceConditionsOf(headers), source)) throw new LakeError('SourceConditionNotMet');
  demandLease(source, header(headers, 'x-ms-source-lease-id'), nowMs);

  if (path === '') throw new LakeError('InvalidRenameSourcePath');
  if (isDirectory(source) && isWithin(from, to)) throw new LakeError('InvalidRenameSourcePath');
  demandParent(records, to);

  const destination = records.find(to);
  demandMet(conditionsOf(headers), destination);
  const leaseId = header(headers, 'x-ms-lease-id');
  if (destination !== null) {
    if (leaseId !== null) demandLease(destination, leaseId, nowMs);
    if (isDirectory(destination) !== isDirectory(source)) {
      throw new LakeError('InvalidSourceOrDestinationResourceType');
    }
    if (isDirectory(destination) && !records.isEmpty(to)) throw new LakeError('PathAlreadyExists', 'It is not empty.');
  }
  if (destination !== source) {
    setMetadata(source, headers);
    records.move(source, to);
  }
  return { status: 201, headers: versionHeaders(source.properties) };
};

/** Reads `/account/fs/path` or `/fs/path`, percent-encoded, perhaps with a query. */
function sourceOf(text: string): Place {
  try {
    return parsePath(text.split('?', 1)[0] ?? '');
  } catch {
    throw new LakeError('InvalidSourceUri', text);
  }
}

function isWithin(directory: Place, place: Place): boolean {
  return place.fileSystem === directory.fileSystem && `${place.path}/`.startsWith(`${directory.path}/`);
}

function demandParent(records: LakeRecords, { fileSystem, path }: Place): void {
  const parent = parentOf(path);
  if (parent === '') return;
  const record = records.find({ fileSystem, path: parent });
  if (record === null) throw new LakeError('RenameDestinationParentPathNotFound', parent);
  if (!isDirectory(record)) throw new LakeError('PathConflict', parent);
}
