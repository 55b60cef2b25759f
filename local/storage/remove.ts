import { conditionsOf, demandLease, demandMet, header } from './conditions';
import { demandFileSystem, type LakeHandler } from './lake';
import { LakeError } from './lake-error';
import { isDirectory } from './records';

/**
 * Path - Delete. A directory that holds something goes only with `recursive=true`: in one step, or with
 * `paginated=true` a page at a time, from the last name to the first, so that the directory itself goes last and a
 * client that stops half-way can begin anew.
 */
export const remove: LakeHandler = (lake, { fileSystem, path, query, headers }) => {
  const { records } = lake;
  demandFileSystem(lake, fileSystem);
  const record = records.find({ fileSystem, path });
  if (record === null) throw new LakeError('PathNotFound', path);
  demandMet(conditionsOf(headers), record);
  demandLease(record, header(headers, 'x-ms-lease-id'), lake.now().getTime());

  const beneath = isDirectory(record) ? records.beneath({ fileSystem, path }) : [];
  if (beneath.length > 0 && query.get('recursive') !== 'true') throw new LakeError('DirectoryNotEmpty', path);
  const goes = [record, ...beneath].reverse();
  const page = query.get('paginated') === 'true' ? goes.slice(0, lake.pageSize) : goes;
  for (const each of page) records.remove(each);
  return { status: 200, headers: page.length < goes.length ? { 'x-ms-continuation': 'more' } : {} };
};
