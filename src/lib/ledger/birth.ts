import { PipelineError } from '../errors';
import { forEachOf } from '../parallel';
import { DAY_MS, dayFolders } from '../time';
import { Chains, type NamedFile } from './chains';
import { ledgerPath } from './names';
import { type Lake } from './port';
import { type Birth } from './rules';
import { filesOf } from './shelves';
import { whoseFile, type Whose } from './whose';

/**
 * How far the look for a partition's files has come, by day folder: every file of the day up to the path, as {@link filesOf} orders them, is
 * another hub's. A file never changes, and one that comes later is a writer's whose ledger is there by then. So the next attempt goes on
 * where the last one stopped, and a birth ends however many files there are.
 */
export type Looked = Map<string, string>;

/** Days looked at, and first lines of files read, at once. */
const DAYS_AT_ONCE = 4;
const HEADS_AT_ONCE = 16;

/** After so many first lines of a day it is noted how far the look has come. */
const HEADS_A_STEP = 1_024;

/** Behind every path. */
const ALL = '\uffff';

/**
 * Makes sure that a ledger which is not there never was: a file of its partition in the day folders of the hub's
 * retention means that it was lost, and starting over would double what the lake holds. So does a file that may be one, whose lines
 * are of a newer format. The latest days come first.
 *
 * @param period the enqueued times that the hub may still deliver, UTC ms
 * @param looked what earlier attempts have seen; this one adds to it
 * @throws PipelineError `LEDGER_MISSING`
 */
export async function refuseBirthAmongFiles(
  lake: Lake,
  birth: Birth,
  period: { readonly from: number; readonly to: number },
  looked: Looked = new Map(),
): Promise<void> {
  const days = dayFolders(period.from - DAY_MS, period.to + DAY_MS).reverse();
  await forEachOf(days, DAYS_AT_ONCE, async (day) => {
    if (looked.get(day) !== ALL) await lookAtDay(lake, birth, day, looked);
  });
}

async function lookAtDay(lake: Lake, birth: Birth, day: string, looked: Looked): Promise<void> {
  const from = looked.get(day) ?? '';
  let chains = new Chains<'other'>();
  let toRead: NamedFile[] = [];
  let read = 0;
  const readHeads = async (): Promise<void> => {
    const now = toRead;
    toRead = [];
    read += now.length;
    await forEachOf(now, HEADS_AT_ONCE, (found) => refuseIfOurs(lake, birth, found));
  };
  const readEnds = async (): Promise<void> => {
    toRead.push(...chains.ends().map(({ last }) => last));
    await readHeads();
    chains = new Chains();
  };
  for await (const found of filesOf(lake, birth.source, day)) {
    if (!isNamed(found) || !mayBeOf(birth, found) || orderOf(found.path) <= from) continue;
    if (chains.follow(found) !== null) continue;
    chains.begin(found, 'other');
    toRead.push(found);
    if (toRead.length >= HEADS_AT_ONCE) await readHeads();
    if (read < HEADS_A_STEP) continue;
    await readEnds();
    read = 0;
    looked.set(day, orderOf(found.path));
  }
  await readEnds();
  looked.set(day, ALL);
}

async function refuseIfOurs(lake: Lake, birth: Birth, { path, file }: NamedFile): Promise<void> {
  const whose = await whoseFile(lake, { ...birth, incarnation: file.incarnation }, path);
  if (whose === 'no') return;
  throw new PipelineError(
    'LEDGER_MISSING',
    `${ledgerPath(birth)} does not exist, yet ${path} ${FOUND[whose]}. Starting over could double its ` +
      `events. Restore the ledger (soft delete) or rebuild it from the file names: docs/commit.md, "rebuild-ledger".`,
    { retryable: true },
  );
}

const FOUND: Readonly<Record<Exclude<Whose, 'no'>, string>> = {
  ours: 'is a file of its partition',
  ours_newer:
    'is a file of its partition, with lines of a newer format: deploy the newer version of this program that wrote it',
  untold:
    'may be a file of its partition: its lines are of a newer format, which does not tell this version whose they are. ' +
    'Deploy the newer version that wrote it',
};

const isNamed = (found: { readonly file: unknown }): found is NamedFile => found.file !== null;

/** A file of a later incarnation, too, means that there has been a ledger of this one. */
function mayBeOf(birth: Birth, { file }: NamedFile): boolean {
  return file.partition === birth.partition && file.incarnation >= birth.incarnation;
}

/** Paths in the order in which both shelves are listed. */
const orderOf = (path: string): string => path.slice(path.indexOf('/'));
