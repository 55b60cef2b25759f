import { type Source } from '../decode/event';
import { isObject } from '../decode/json';
import { PipelineError } from '../errors';
import { capturePath, historyFolder, historyOf, historyPath } from '../ledger/names';
import { type Lake } from '../ledger/port';
import { type Progress } from './port';

/** The format of the file; a later program may write another. */
const VERSION = 1;

/** How a source's state is written as JSON, and read again; `parse` gives null for what is none. */
export interface StateFormat<State> {
  readonly json: (state: State) => Record<string, unknown>;
  readonly parse: (value: unknown) => State | null;
}

/**
 * Opens what is kept of a database's progress. It is replaced as ledgers are: as a whole, and only if it still is what was read, so
 * that of two processes one learns that it is not alone. A record of a former history is refused: its ids and positions are used up.
 *
 * @param lakeWithin the lake; each request ends when the signal is aborted
 * @throws PipelineError CAPTURE_STATE_INVALID, STORAGE_FAILED
 */
export async function openProgress<State>(
  lake: Lake,
  source: Source,
  name: string,
  format: StateFormat<State>,
): Promise<Progress<State>> {
  const path = capturePath(source, name);
  const found = await lake.read(path);
  let etag = found?.etag ?? null;
  const kept = found === null ? null : parseFile(path, found.bytes, format);
  const last = await lastHistory(lake, source, name);
  if (kept !== null && kept.history < last) throw formerHistory(source, name, path, kept.history, last);
  // Without its marker a history would be begun twice once the record is lost, too.
  if (found !== null && kept !== null && kept.history > last)
    await lake.swap(historyPath(source, name, kept.history), found.bytes, null);
  const history = kept?.history ?? last + 1;
  let state: State | null = kept?.state ?? null;
  return {
    history,
    get state() {
      return state;
    },
    async keep(next) {
      const bytes = Buffer.from(
        `${JSON.stringify({ version: VERSION, source, name, history, ...format.json(next) })}\n`,
      );
      // The marker comes first: a history is never begun twice, even where the record is lost.
      if (etag === null) await beginHistory(lake, source, name, history, bytes);
      const answer = await lake.swap(path, bytes, etag);
      if (answer !== 'overtaken') {
        [etag, state] = [answer.etag, next];
        return;
      }
      // One's own success, of which the answer was lost, looks the same as another's.
      const now = await lake.read(path);
      if (now?.bytes.equals(bytes) !== true) throw overtaken(source, name, path);
      [etag, state] = [now.etag, next];
    },
  };
}

/** The highest number of a history that was ever begun; 0 for none. */
export async function lastHistory(lake: Lake, source: Source, name: string): Promise<number> {
  let last = 0;
  for await (const { path } of lake.list(historyFolder(source, name))) last = Math.max(last, historyOf(path) ?? 0);
  return last;
}

/** Marks a history as begun; the marker is the first record of it. */
async function beginHistory(lake: Lake, source: Source, name: string, history: number, bytes: Buffer): Promise<void> {
  const path = historyPath(source, name, history);
  if ((await lake.swap(path, bytes, null)) !== 'overtaken') return;
  // One's own success, of which the answer was lost, looks the same as another's.
  if ((await lake.read(path))?.bytes.equals(bytes) !== true) throw overtaken(source, name, path);
}

interface Kept<State> {
  readonly history: number;
  readonly state: State;
}

function parseFile<State>(path: string, bytes: Buffer, format: StateFormat<State>): Kept<State> {
  const refuse = (found: string, action: string): PipelineError =>
    new PipelineError('CAPTURE_STATE_INVALID', `${path} ${found}. ${action}`);
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw refuse('is not JSON', 'Look at it; npm run capture -- reset begins anew, with a snapshot');
  }
  const version = isObject(json) ? json.version : undefined;
  if (typeof version === 'number' && version > VERSION) {
    throw refuse(`has format ${version}, this program knows ${VERSION}`, 'Deploy the newer version again');
  }
  const state = version === VERSION ? format.parse(json) : null;
  const history = isObject(json) ? json.history : undefined;
  if (state === null || typeof history !== 'number' || !Number.isSafeInteger(history) || history < 1) {
    throw refuse(
      'does not hold what this program writes',
      'Look at it; npm run capture -- reset begins anew, with a snapshot',
    );
  }
  return { history, state };
}

function formerHistory(source: Source, name: string, path: string, history: number, last: number): PipelineError {
  const command = `npm run capture -- reset ${source === 'postgresql' ? 'postgres' : source} ${name}`;
  return new PipelineError(
    'CAPTURE_STATE_INVALID',
    `${path} is of history ${history}, and history ${last} was begun since: an older record was put back. Going on from it would give ` +
      `new changes the ids and positions of former ones. Put the record of history ${last} back, or begin history ${last + 1} with a ` +
      `snapshot: ${command}`,
  );
}

function overtaken(source: Source, name: string, path: string): PipelineError {
  return new PipelineError(
    'CAPTURE_OVERTAKEN',
    `another process captures ${source} ${name}: it has written ${path} meanwhile. This one stops. Run one of them: the timer ` +
      `function, or npm run capture. What both sent has the same eventId and counts once.`,
  );
}
