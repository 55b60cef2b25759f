import fc from 'fast-check';
import { stagedPath, type DataFile } from '../../../src/lib/ledger/names';
import { mergeFolder } from '../../../src/lib/maintenance/optimise/plan';
import { stagedBy } from '../../../src/lib/maintenance/sweep/owner';

const FILE: DataFile = {
  ...{ firstEnqueuedAt: Date.UTC(2026, 10, 22), partition: '3', incarnation: 2 },
  ...{ first: 10n, last: 19n, count: 10 },
};
const NAME = 'id-0_bronze_data_20261122T000000000Z_3_10-19_10.json';

test('a staged file is told by its path to be of the ledger whose writer staged it', () => {
  const part = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,20}$/);
  fc.assert(
    fc.property(part, part, fc.integer({ min: 1, max: 999 }), fc.nat(1023), (namespace, hub, incarnation, number) => {
      const of = { namespace, hub, incarnation, partition: String(number) };
      const path = stagedPath(of, 'ab-12', 'quarantine', FILE);
      fc.pre(namespace !== 'optimise' && namespace !== 'doctor');
      expect(stagedBy(path)).toEqual({ kind: 'ledger', of });
    }),
  );
});

test('a merged file that waits is of the plan of its day', () => {
  expect(stagedBy(`${mergeFolder('mongodb', '2026/11/22', '3')}${NAME}`)).toEqual({
    ...{ kind: 'plan', source: 'mongodb', day: '2026/11/22', partition: '3' },
  });
});

test("a probe that was left behind is nobody's, and goes", () => {
  expect(stagedBy('_system/staging/doctor/id-1/here/probe.json')).toEqual({ kind: 'nobody' });
});

test.each([
  '_system/staging/waiting',
  `_system/staging/ns/changes/1/3/deeper/${NAME}`,
  `_system/staging/ns/changes/${NAME}`,
  `_system/staging/ns/changes/0/3/${NAME}`,
  `_system/staging/ns/changes/01/3/${NAME}`,
  `_system/staging/ns/changes/1/three/${NAME}`,
  '_system/staging/ns/changes/1/3/notes.txt',
  '_system/staging/ns/changes/1/3/data_20261122T000000000Z_3_10-19_10.json',
])("%s is a stranger's, and stays", (path) => {
  expect(stagedBy(path)).toBeNull();
});
