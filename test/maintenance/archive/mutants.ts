import { type Mutant } from '../../support/mutate';

/** Each breaks one condition on which archiving is safe; the simulation must catch every one. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a ledger that is not at its place is not looked for in the archive',
    edits: [
      {
        file: 'src/lib/ledger/open.ts',
        right: 'while (found === null && (await restoreLedger(lake, of)))',
        wrong: 'while (found !== found)',
      },
    ],
  },
  {
    name: 'a ledger with pending files is archived',
    edits: [
      {
        file: 'src/lib/maintenance/archive/archive.ts',
        right: 'if (ledger.pending.length > 0) {',
        wrong: 'if (ledger.pending.length < 0) {',
      },
    ],
  },
];

/** For the one order of requests that the simulation hits too seldom. */
export const SAME_VERSION: Mutant = {
  name: 'a ledger is brought back in the version it had',
  edits: [
    {
      file: 'src/lib/ledger/archived.ts',
      right: "if ((await lake.swap(archived, found.bytes, found.etag)) === 'overtaken') return true;",
      wrong: '',
    },
  ],
};
