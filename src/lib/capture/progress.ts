import { type Source } from '../decode/event';
import { isObject } from '../decode/json';
import { PipelineError } from '../errors';
import { capturePath } from '../ledger/names';
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
 * that of two processes one learns that it is not alone.
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
  let state = found === null ? null : parseFile(path, found.bytes, format);
  return {
    get state() {
      return state;
    },
    async keep(next) {
      const bytes = Buffer.from(`${JSON.stringify({ version: VERSION, source, name, ...format.json(next) })}\n`);
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

function parseFile<State>(path: string, bytes: Buffer, format: StateFormat<State>): State {
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
  if (state === null) {
    throw refuse(
      'does not hold what this program writes',
      'Look at it; npm run capture -- reset begins anew, with a snapshot',
    );
  }
  return state;
}

function overtaken(source: Source, name: string, path: string): PipelineError {
  return new PipelineError(
    'CAPTURE_OVERTAKEN',
    `another process captures ${source} ${name}: it has written ${path} meanwhile. This one stops. Run one of them: the timer ` +
      `function, or npm run capture. What both sent has the same eventId and counts once.`,
  );
}
