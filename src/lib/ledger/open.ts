import { type HubPartition, type Source } from '../decode/event';
import { PipelineError } from '../errors';
import { forEachOf } from '../parallel';
import { restoreLedger } from './archived';
import { DAY_MS, dayFolders } from '../time';
import { type Ledger } from './ledger';
import { parseLedger } from './ledger-json';
import { type LineOwner } from './line-head';
import { dayPath, ledgerPath, nameOf, parseName, type DataFile, type Incarnate } from './names';
import { type Lake } from './port';
import { belongsToSuccessor, type Birth } from './rules';
import { whoseFile, type Whose } from './whose';

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

/**
 * Makes sure that a ledger which is not there never was: a file of its partition in the day folders of the hub's
 * retention means that it was lost, and starting over would double what the lake holds. So does a file that may be one, whose lines
 * are of a newer format.
 *
 * @param period the enqueued times that the hub may still deliver, UTC ms
 * @throws PipelineError `LEDGER_MISSING`
 */
export async function refuseBirthAmongFiles(
  lake: Lake,
  birth: Birth,
  period: { readonly from: number; readonly to: number },
): Promise<void> {
  for (const day of dayFolders(period.from - DAY_MS, period.to + DAY_MS)) {
    for (const shelf of ['bronze', 'quarantine'] as const) {
      const candidates: { path: string; incarnation: number }[] = [];
      for await (const { path } of lake.list(dayPath(shelf, birth.source, day))) {
        const file = parseName(nameOf(path));
        if (file !== null && mayBeOf(birth, file)) candidates.push({ path, incarnation: file.incarnation });
      }
      await forEachOf(candidates, HEADS_AT_ONCE, async ({ path, incarnation }) => {
        const whose = await whoseFile(lake, { ...birth, incarnation }, path);
        if (whose === 'no') return;
        throw new PipelineError(
          'LEDGER_MISSING',
          `${ledgerPath(birth)} does not exist, yet ${path} ${FOUND[whose]}. Starting over could double its ` +
            `events. Restore the ledger (soft delete) or rebuild it from the file names: docs/commit.md, "rebuild-ledger".`,
          { retryable: true },
        );
      });
    }
  }
}

const FOUND: Readonly<Record<Exclude<Whose, 'no'>, string>> = {
  ours: 'is a file of its partition',
  ours_newer:
    'is a file of its partition, with lines of a newer format: deploy the newer version of this program that wrote it',
  untold:
    'may be a file of its partition: its lines are of a newer format, which does not tell this version whose they are. ' +
    'Deploy the newer version that wrote it',
};

/** Heads of files read at once. */
const HEADS_AT_ONCE = 16;

/** Whether the data file at `path` holds events of this incarnation of the hub partition, in whatever format its lines are. */
export async function isOf(lake: Lake, of: LineOwner, path: string): Promise<boolean> {
  const whose = await whoseFile(lake, of, path);
  return whose === 'ours' || whose === 'ours_newer';
}

/** A file of a later incarnation, too, means that there has been a ledger of this one. */
function mayBeOf(birth: Birth, file: DataFile): boolean {
  return file.partition === birth.partition && file.incarnation >= birth.incarnation;
}
