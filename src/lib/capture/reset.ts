import { type Source } from '../decode/event';
import { capturePath, historyPath, replacedCapturePath } from '../ledger/names';
import { type Lake } from '../ledger/port';
import { lastHistory } from './progress';

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

/**
 * Has the next history be `history`, where the lake lost its markers with all of `_system`: only its lines know which ones there were.
 *
 * @returns the highest history that was begun, where that is not before `history`: nothing was done
 */
export async function beginAtHistory(
  lake: Lake,
  source: Source,
  name: string,
  history: number,
): Promise<number | null> {
  const last = await lastHistory(lake, source, name);
  if (last >= history) return last;
  const bytes = Buffer.from(`${JSON.stringify({ source, name, history: history - 1 })}\n`);
  if (last < history - 1) await lake.swap(historyPath(source, name, history - 1), bytes, null);
  return null;
}
