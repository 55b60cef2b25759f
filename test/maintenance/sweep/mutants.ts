import { type Mutant } from '../../support/mutate';

const SWEEP = 'src/lib/maintenance/sweep/sweep.ts';
const LAND = 'src/lib/land.ts';

/** Each breaks one condition on which sweeping is safe; the simulation must catch every one. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'files of any age are swept',
    edits: [{ file: SWEEP, right: 'file.modifiedAt > 0 && file.modifiedAt <= before', wrong: 'file.modifiedAt > 0' }],
  },
  {
    name: 'what a ledger or a plan names is swept',
    edits: [
      { file: SWEEP, right: 'files.filter(({ path }) => word.names.has(path))', wrong: 'files.slice(files.length)' },
    ],
  },
  {
    name: 'what a ledger names is asked before the files are listed',
    edits: [
      {
        file: SWEEP,
        right: 'const word = await wordOrFailure(run, by);',
        wrong: 'const word = early.get(JSON.stringify(by)) ?? (await wordOrFailure(run, by));',
      },
      {
        file: SWEEP,
        right: 'const now = await room.serviceNow();',
        wrong: `const ledger = { kind: 'ledger', of: { namespace: 'ns', hub: 'changes', incarnation: 1, partition: '0' } } as const;
          const before = await wordOrFailure(run, ledger);
          if ('names' in before) early.set(JSON.stringify(ledger), before);
          const now = await room.serviceNow();`,
      },
      { file: SWEEP, right: 'interface Run {', wrong: 'const early = new Map<string, Word>();\ninterface Run {' },
    ],
  },
  {
    name: 'writers commit what they staged long ago',
    edits: [{ file: LAND, right: 'if (now - stagedAt > MAX_STAGED_MS) return { written: null };', wrong: '' }],
  },
];
