import { type Mutant } from '../support/mutate';

const LAND = 'src/lib/land.ts';
const JUDGE = 'src/lib/judge.ts';
const PUBLISH = 'src/lib/ledger/publish.ts';
const RULES = 'src/lib/ledger/rules.ts';
const SWAP = 'src/lib/ledger/swap.ts';
const OPEN = 'src/lib/ledger/open.ts';

const SWAP_LINE = 'const next = await swapLedger(lake, open, commit(open.ledger, staged.runs, now));';
const PUBLISH_LINE = 'await publishPending(lake, next.ledger);';
const FINISH_LINE = 'if (isBorn(open.ledger)) await publishPending(lake, open.ledger);';

/** Each breaks one rule of the commit protocol; the simulation must catch every one. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'the swap is left out',
    edits: [
      {
        file: LAND,
        right: SWAP_LINE,
        wrong: 'const next = { ledger: commit(open.ledger, staged.runs, now), etag: open.etag ?? "" } as const;',
      },
    ],
  },
  {
    name: 'files are published before the swap',
    edits: [
      {
        file: LAND,
        right: SWAP_LINE,
        wrong: `await publishPending(lake, commit(open.ledger, staged.runs, now));${SWAP_LINE}`,
      },
    ],
  },
  {
    name: 'pending files of a ledger that is loaded are not finished',
    edits: [{ file: JUDGE, right: FINISH_LINE, wrong: '' }],
  },
  {
    name: 'a cached ledger is trusted although its pending files may not be published',
    edits: [{ file: JUDGE, right: FINISH_LINE, wrong: `room.ledgers.keep(open); ${FINISH_LINE}` }],
  },
  {
    name: 'any 404 of a rename is taken as published',
    edits: [
      {
        file: PUBLISH,
        right: "if (answer === 'parent_missing') {",
        wrong: "if (answer === 'parent_missing') return;\n{",
      },
    ],
  },
  {
    name: 'a failure after the swap keeps the cached ledger',
    edits: [{ file: LAND, right: PUBLISH_LINE, wrong: `room.ledgers.keep(next); ${PUBLISH_LINE}` }],
  },
  {
    name: 'the publishing is left to somebody else',
    edits: [{ file: LAND, right: PUBLISH_LINE, wrong: '' }],
  },
  {
    name: 'a lost swap is taken as won',
    edits: [
      {
        file: SWAP,
        right: "return swapped === 'overtaken' ? 'overtaken' : { ledger: next, etag: swapped.etag };",
        wrong: "return { ledger: next, etag: swapped === 'overtaken' ? (open.etag ?? '') : swapped.etag };",
      },
    ],
  },
  {
    name: 'events of an open gap that arrive later are dropped',
    edits: [
      {
        file: RULES,
        right: '!isCovered(ledger, event.sequence)',
        wrong: '!(event.sequence <= ledger.last && event.sequence >= ledger.start)',
      },
    ],
  },
  {
    name: 'a hub made anew is not suspected',
    edits: [{ file: JUDGE, right: 'suspectedAt === null', wrong: 'open.ledger.last >= 0n' }],
  },
  {
    name: "events of a gone hub are judged by its successor's ledger",
    edits: [
      { file: OPEN, right: '!belongsToSuccessor(found.ledger, enqueuedAt)', wrong: 'found.ledger.successor === null' },
    ],
  },
];
