import { type Clock } from '../clock';
import { hasCode } from '../errors';
import { type Ledger } from '../ledger/ledger';
import { parseLedger } from '../ledger/ledger-json';
import { dayPath } from '../ledger/names';
import { type Lake } from '../ledger/port';
import { forEachOf } from '../parallel';
import { DAY_MS, dayFolder } from '../time';
import { skipped, type Trial } from './check';
import { judgeFiles, judgeGaps, judgeLedgers, judgePending, type UnreadableLedger } from './judge-ledgers';

const AT_ONCE = 8;
/** More than so many are not counted. */
const COUNTED_FILES = 20_000;

export interface LedgerTools {
  readonly lakeWithin: (signal: AbortSignal) => Lake;
  readonly clock: Clock;
}

/** What the ledgers say, and how yesterday's files look. */
export function ledgerTrials({ lakeWithin, clock }: LedgerTools): {
  readonly trials: Trial[];
  readonly ledgers: () => readonly Ledger[];
} {
  /** Null until they are read. */
  let ledgers: readonly Ledger[] | null = null;
  const unread = skipped('the ledgers could not be read');
  const base = { onTimeout: "See whether the lake's account answers from here" };

  const trials: Trial[] = [
    {
      ...{ id: 'ledgers', title: 'the ledgers', needs: ['lake-file-system'], ...base },
      run: async (signal) => {
        const found = await readAll(lakeWithin(signal));
        ledgers = found.ledgers;
        return judgeLedgers(found.ledgers, found.unreadable);
      },
    },
    {
      ...{ id: 'pending', title: 'committed files', needs: ['lake-file-system'], after: ['ledgers'], ...base },
      run: async (signal) => (ledgers === null ? unread : judgePending(await stagedOf(lakeWithin(signal), ledgers))),
    },
    {
      ...{ id: 'gaps', title: 'gaps', needs: ['lake-file-system'], after: ['ledgers'], ...base },
      run: () => Promise.resolve(ledgers === null ? unread : judgeGaps(ledgers)),
    },
    ...(['postgresql', 'mongodb'] as const).map((source) => ({
      ...{ id: `files-${source}`, title: `yesterday's files of ${source}`, needs: ['lake-file-system'], ...base },
      run: async (signal: AbortSignal) => {
        const day = dayFolder(clock.now() - DAY_MS);
        let [files, total] = [0, 0];
        for await (const { bytes } of lakeWithin(signal).list(dayPath('bronze', source, day))) {
          files += 1;
          total += bytes;
          if (files >= COUNTED_FILES) break;
        }
        return judgeFiles({ day, files, bytes: total, isCut: files >= COUNTED_FILES });
      },
    })),
  ];
  return { trials, ledgers: () => ledgers ?? [] };
}

async function readAll(lake: Lake): Promise<{ ledgers: Ledger[]; unreadable: UnreadableLedger[] }> {
  const paths: string[] = [];
  for await (const { path } of lake.list('_system/ledger')) paths.push(path);
  const ledgers: Ledger[] = [];
  const unreadable: UnreadableLedger[] = [];
  await forEachOf(paths, AT_ONCE, async (path) => {
    const found = await lake.read(path);
    if (found === null) return;
    try {
      ledgers.push(parseLedger(found.bytes, path));
    } catch (error) {
      if (hasCode(error, 'LEDGER_NEWER')) unreadable.push({ path, why: 'newer' });
      else if (hasCode(error, 'LEDGER_DAMAGED')) unreadable.push({ path, why: 'damaged' });
      else throw error;
    }
  });
  return { ledgers, unreadable };
}

/** A ledger names the files of its last commit until the next one: only those that are still staged wait. */
async function stagedOf(lake: Lake, ledgers: readonly Ledger[]): Promise<{ ledger: Ledger; files: number }[]> {
  const staged = ledgers.map((ledger) => ({ ledger, files: 0 }));
  await forEachOf(staged, AT_ONCE, async (each) => {
    for (const file of each.ledger.pending) if (await lake.exists(file.staged)) each.files += 1;
  });
  return staged;
}
