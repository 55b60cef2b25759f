import { PipelineError } from '../errors';
import { forEachOf } from '../parallel';
import { type Ledger, type PendingFile } from './ledger';
import { parseLedger } from './ledger-json';
import { HEAD_BYTES, tellHead } from './line-head';
import { dataPath, ledgerPath, nameOf, parentOf, parseStagedName, stagingFolder } from './names';
import { planNames } from './optimise-plan';
import { type Lake } from './port';

/** Renames under way at once for one ledger. */
const RENAMES_AT_ONCE = 4;

/**
 * Publishes every pending file of `ledger`. When it returns, each is known to be, or to have been, visible to readers.
 * Anyone may do this for anyone: the content is durable, two that try do the same thing, nothing is overwritten.
 *
 * @throws PipelineError `COMMITTED_FILE_MISSING`, `NAME_TAKEN`, `LEDGER_REBUILT`, or what the lake throws
 */
export async function publishPending(lake: Lake, ledger: Ledger): Promise<void> {
  await forEachOf(ledger.pending, RENAMES_AT_ONCE, (file) => publishFile(lake, ledger, file));
}

async function publishFile(lake: Lake, ledger: Ledger, file: PendingFile): Promise<void> {
  let answer = await lake.rename(file.staged, file.final);
  if (answer === 'parent_missing') {
    await lake.makeFolder(parentOf(file.final));
    answer = await lake.rename(file.staged, file.final);
  }
  switch (answer) {
    case 'renamed':
      return;
    case 'source_gone':
      if (await lake.exists(file.final)) return;
      return await explainAbsence(lake, ledger, file);
    case 'name_taken':
      return await explainTaken(lake, file);
    case 'parent_missing':
      throw new PipelineError(
        'STORAGE_FAILED',
        `the folder ${parentOf(file.final)} was created, yet a rename into it was told that it is missing`,
        { retryable: true },
      );
    default:
      return answer satisfies never;
  }
}

/** The name is taken: by this very file (published by another, or by us with the answer lost), or something is wrong. */
async function explainTaken(lake: Lake, file: PendingFile): Promise<void> {
  const same = await lake.sameBytes(file.staged, file.final);
  if (same === null) {
    // Not both there. A staged file that is gone beside a taken name was published; else the name has come free: again.
    if (await lake.exists(file.final)) return;
    throw new PipelineError('STORAGE_FAILED', `${file.final} was taken and is gone: it is tried again`, {
      retryable: true,
    });
  }
  if (same) {
    await lake.remove(file.staged);
    return;
  }
  const head = await lake.readHead(file.final, HEAD_BYTES);
  const owner = head === null ? null : (tellHead(head.toString('utf8'))?.owner ?? null);
  // A file of another hub is as good as ours: it must not be moved away.
  const advice =
    owner === null
      ? 'Something else writes to this folder. Nothing was overwritten: move the stranger away and the next try goes on.'
      : `It holds events of hub ${owner.hub} of namespace ${owner.namespace}, so leave it where it is: two hubs, or one under two names, ` +
        'feed this folder. Nothing was overwritten. docs/errors.md, "NAME_TAKEN", says what to do.';
  throw new PipelineError(
    'NAME_TAKEN',
    `${file.final} holds other bytes than ${file.staged}, which is committed under that name. ${advice}`,
    { retryable: true },
  );
}

/** Neither staged nor published: somebody published and forgot it, or optimised it since; or it is lost. */
async function explainAbsence(lake: Lake, ledger: Ledger, file: PendingFile): Promise<void> {
  const path = ledgerPath(ledger);
  const found = await lake.read(path);
  const now = found === null ? null : parseLedger(found.bytes, path);
  if (now?.generation !== ledger.generation) {
    throw new PipelineError('LEDGER_REBUILT', `${path} was rebuilt or removed meanwhile: the batch is judged again`, {
      retryable: true,
    });
  }
  if (!now.pending.some((pending) => pending.staged === file.staged)) return;
  if (await planNames(lake, ledger, file.final)) return;
  const { source, partition, incarnation } = ledger;
  const of = incarnation === 1 ? '' : ` --incarnation ${incarnation}`;
  const command = `npm run lake -- rebuild-ledger ${source} ${partition}${of}`;
  const moved = await stagedElsewhere(lake, ledger, file);
  throw new PipelineError(
    'COMMITTED_FILE_MISSING',
    `${path} commits ${file.final}, but the file is neither there nor at ${file.staged}, and no optimise plan lists it. ` +
      (moved === null
        ? `Somebody deleted it: restore it (soft delete); or ${command}, and its events are taken from the hub again.`
        : `A rebuilding of the ledger was interrupted: it lies at ${moved}. Nothing is lost: ${command} publishes it.`),
    { retryable: true },
  );
}

/** Where a file of the same run waits under the name that a rebuilding has given it; null where there is none. */
async function stagedElsewhere(lake: Lake, ledger: Ledger, { final }: PendingFile): Promise<string | null> {
  for await (const { path } of lake.list(stagingFolder(ledger))) {
    const staged = parseStagedName(nameOf(path));
    if (staged !== null && dataPath(staged.shelf, ledger.source, staged.file) === final) return path;
  }
  return null;
}
