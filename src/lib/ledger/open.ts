import { type HubPartition, type Source } from '../decode/event';
import { PipelineError } from '../errors';
import { restoreLedger } from './archived';
import { type Ledger } from './ledger';
import { parseLedger } from './ledger-json';
import { type LineOwner } from './line-head';
import { ledgerPath, type Incarnate } from './names';
import { type Lake } from './port';
import { belongsToSuccessor, type Birth } from './rules';
import { whoseFile } from './whose';

/** A ledger and the version it has in the lake; not born yet: no version. */
export type OpenLedger =
  { readonly ledger: Ledger; readonly etag: string } | { readonly ledger: Birth; readonly etag: null };

/** A born ledger with its version. */
export type BornLedger = OpenLedger & { readonly ledger: Ledger };

/**
 * Reads the ledger that events enqueued at `enqueuedAt` (UTC ms) belong to: of the first incarnation, or of the one that
 * followed when the hub was made anew. Where there is none yet, says who will be born.
 *
 * @throws PipelineError `LEDGER_DAMAGED`, `LEDGER_NEWER`
 */
export async function loadLedger(
  lake: Lake,
  source: Source,
  of: HubPartition,
  enqueuedAt: number,
  newId: () => string,
): Promise<OpenLedger> {
  let incarnation = 1;
  let hubCreatedAt: number | null = null;
  for (;;) {
    const { namespace, hub, partition } = of;
    const found = await readOrRestore(lake, { namespace, hub, partition, incarnation });
    if (found === null) {
      const birth = { source, namespace, hub, partition, incarnation, hubCreatedAt, generation: newId() };
      return { ledger: birth, etag: null };
    }
    if (!belongsToSuccessor(found.ledger, enqueuedAt)) return found;
    ({ incarnation, hubCreatedAt } = found.ledger.successor);
  }
}

/**
 * As {@link readLedger}, and brought back from the archive if it is there: a hub of a name that was gone is the next
 * incarnation only to whoever knows the former one's ledger. It costs a request more where there is no ledger yet.
 */
export async function readOrRestore(lake: Lake, of: Incarnate): Promise<BornLedger | null> {
  let found = await readLedger(lake, of);
  while (found === null && (await restoreLedger(lake, of))) found = await readLedger(lake, of);
  return found;
}

/** The ledger of one incarnation with its version, null when there is none. */
export async function readLedger(lake: Lake, of: Incarnate): Promise<BornLedger | null> {
  const path = ledgerPath(of);
  const found = await lake.read(path);
  if (found === null) return null;
  const ledger = parseLedger(found.bytes, path);
  if (ledgerPath(ledger) !== path) {
    throw new PipelineError(
      'LEDGER_DAMAGED',
      `${path} is the ledger of ${ledgerPath(ledger)}: it was copied or moved. Restore the right one (soft delete), or ` +
        `rebuild it from the file names: docs/commit.md, "rebuild-ledger".`,
      {
        retryable: true,
      },
    );
  }
  return { ledger, etag: found.etag };
}

/** Whether the data file at `path` holds events of this incarnation of the hub partition, in whatever format its lines are. */
export async function isOf(lake: Lake, of: LineOwner, path: string): Promise<boolean> {
  const whose = await whoseFile(lake, of, path);
  return whose === 'ours' || whose === 'ours_newer';
}
