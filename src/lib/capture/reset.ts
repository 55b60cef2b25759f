import { type Source } from '../decode/event';
import { capturePath, replacedCapturePath } from '../ledger/names';
import { type Lake } from '../ledger/port';

/**
 * Forgets how far capture has come with a database: the next run begins anew, with a snapshot where the settings want one. What was kept is
 * put aside, for whoever wants to know.
 *
 * @param id makes the name under which it is put aside its own
 * @returns where it was put; null where nothing was kept
 */
export async function resetCapture(lake: Lake, source: Source, name: string, id: string): Promise<string | null> {
  const path = capturePath(source, name);
  const found = await lake.read(path);
  if (found === null) return null;
  const aside = replacedCapturePath(source, name, id);
  await lake.stage(aside, found.bytes);
  await lake.remove(path);
  return aside;
}
