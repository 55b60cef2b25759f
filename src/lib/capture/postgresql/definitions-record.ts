import { isObject } from '../../decode/json';
import { PipelineError } from '../../errors';
import { definitionsPath } from '../../ledger/names';
import { type Lake } from '../../ledger/port';
import { type TableDefinition } from './definition';
import { definitionJson, parseDefinition } from './definition-json';

/** The format of the file; a later program may write another. */
const VERSION = 1;

/** Where the definitions of a database's tables are kept. */
export interface DefinitionsRecord {
  /** Those of this history; none where another one was kept. */
  readonly tables: readonly TableDefinition[];

  /** @throws PipelineError CAPTURE_OVERTAKEN when another process has written meanwhile: this one must stop */
  keep(tables: readonly TableDefinition[]): Promise<void>;
}

/**
 * Opens `_system/capture/postgresql/{name}.tables.json`. It is replaced as the capture record is: as a whole, and only if it still is what was
 * read.
 *
 * @throws PipelineError CAPTURE_STATE_INVALID, STORAGE_FAILED
 */
export async function openDefinitions(lake: Lake, name: string, history: number): Promise<DefinitionsRecord> {
  const path = definitionsPath(name);
  const found = await lake.read(path);
  let etag = found?.etag ?? null;
  return {
    tables: found === null ? [] : parseDefinitions(path, found.bytes, history),
    async keep(tables) {
      const bytes = formatDefinitions(name, history, tables);
      const answer = await lake.swap(path, bytes, etag);
      if (answer !== 'overtaken') {
        etag = answer.etag;
        return;
      }
      // One's own success, of which the answer was lost, looks the same as another's.
      const now = await lake.read(path);
      if (now?.bytes.equals(bytes) !== true) throw overtaken(name, path);
      etag = now.etag;
    },
  };
}

export function formatDefinitions(name: string, history: number, tables: readonly TableDefinition[]): Buffer {
  const json = { version: VERSION, source: 'postgresql', name, history, tables: tables.map(definitionJson) };
  return Buffer.from(`${JSON.stringify(json)}\n`);
}

/** @throws PipelineError CAPTURE_STATE_INVALID */
export function parseDefinitions(path: string, bytes: Buffer, history: number): TableDefinition[] {
  const refuse = (found: string, action: string): PipelineError =>
    new PipelineError('CAPTURE_STATE_INVALID', `${path} ${found}. ${action}`);
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch {
    json = null;
  }
  const { version, history: kept, tables } = isObject(json) ? json : {};
  if (typeof version === 'number' && version > VERSION) {
    throw refuse(`has format ${version}, this program knows ${VERSION}`, 'Deploy the newer version again');
  }
  const parsed = Array.isArray(tables) ? tables.map(parseDefinition) : [null];
  if (version !== VERSION || typeof kept !== 'number' || parsed.includes(null)) {
    throw refuse(
      'does not hold what this program writes',
      'Look at it; npm run capture -- reset begins a new history, with a snapshot',
    );
  }
  return kept === history ? parsed.filter((definition) => definition !== null) : [];
}

function overtaken(name: string, path: string): PipelineError {
  return new PipelineError(
    'CAPTURE_OVERTAKEN',
    `another process captures postgresql ${name}: it has written ${path} meanwhile. This one stops. Run one of them: the timer function, or ` +
      `npm run capture. What both sent has the same eventId and counts once.`,
  );
}
