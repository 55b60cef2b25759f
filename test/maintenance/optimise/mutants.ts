import { type Mutant } from '../../support/mutate';

const FINISH = 'src/lib/maintenance/optimise/finish.ts';
const HELD = 'src/lib/maintenance/optimise/held.ts';
const FOUND = 'src/lib/maintenance/optimise/found-plans.ts';
const DAY = 'src/lib/maintenance/optimise/day.ts';
const JUDGE = 'src/lib/maintenance/optimise/judge-group.ts';

/** Each breaks one rule of optimising; the simulation must catch every one. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'inputs are deleted before the rename',
    edits: [
      {
        file: FINISH,
        right: 'let renamed = 0;',
        wrong: 'let renamed = 0; for (const input of inputs) await room.files.removeVersion(input.path, input.etag);',
      },
    ],
  },
  {
    name: 'there is no plan',
    edits: [
      {
        file: HELD,
        right: 'const put = await room.lake.swap(path, formatPlan(plan), null);',
        wrong: 'const put = { etag: "none" } as { etag: string } | "overtaken";',
      },
    ],
  },
  {
    name: 'the ledger is read before the listing',
    edits: [
      {
        file: DAY,
        right: "import { LeftCounts } from './left-counts';",
        wrong: "import { LeftCounts } from './left-counts'; import { settledLedger } from './ledgers';",
      },
      {
        file: DAY,
        right: 'let listed = 0;',
        wrong: `const owner = { source, namespace: 'ns', hub: 'changes', incarnation: 1, partition: '0' };
          (room as any).early = await settledLedger(room.lake, owner);
          let listed = 0;`,
      },
      {
        file: JUDGE,
        right: 'const ledger = await ledgers.of(owner);',
        // Without the check of coverage, which would leave out what the old ledger does not know yet.
        wrong: 'const ledger = { ...(room as any).early, start: 0n, last: 99n, gaps: [] };',
      },
    ],
  },
  {
    name: 'what the ledger calls pending is merged',
    edits: [
      {
        file: JUDGE,
        right: 'const ledger = await ledgers.of(owner);',
        wrong: 'const ledger = { start: 0n, last: 99n, gaps: [] } as any;',
      },
    ],
  },
  {
    name: 'inputs are deleted without a look at the outputs',
    edits: [{ file: FINISH, right: 'if (placed === outputs.length)', wrong: 'if (placed <= outputs.length)' }],
  },
  {
    name: 'a plan is carried out though inputs of it are gone',
    edits: [{ file: FINISH, right: 'if (suspect.length > 0) {', wrong: 'if (suspect.length > 99) {' }],
  },
  {
    name: 'the plan goes before the inputs',
    edits: [
      {
        file: FINISH,
        right: 'const other: PlanInput[] = [];',
        wrong: 'await room.files.removeVersion(held.path, held.etag); const other: PlanInput[] = [];',
      },
    ],
  },
  {
    name: 'a plan that is found is thrown away',
    edits: [
      {
        file: FOUND,
        right: 'const finished = await finishPlan(room, held, options.pauseMs);',
        wrong: `await room.files.removeVersion(held.path, held.etag);
          const finished = { kind: 'overtaken' } as Awaited<ReturnType<typeof finishPlan>>;`,
      },
    ],
  },
];
