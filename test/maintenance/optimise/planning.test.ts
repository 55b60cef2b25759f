import fc from 'fast-check';
import { type DataFile, type Shelf } from '../../../src/lib/ledger/names';
import { isClosed } from '../../../src/lib/maintenance/optimise/days';
import { groupRuns, type Group } from '../../../src/lib/maintenance/optimise/groups';
import { filesOf, mergedFile, pagesOf, SHELVES } from '../../../src/lib/maintenance/optimise/plan';
import { dayShelf, shelved, type ShelvedFile } from '../../../src/lib/maintenance/optimise/runs';
import { BEGIN, file, portions, sight } from './sight';

/** Names tell which runs are whole, and which of them become one file. */

const SHELF = dayShelf('bronze', 'postgresql', '2026/11/22');

const bronze = (first: number, last: number, bytes = 10, incarnation = 1): ShelvedFile =>
  file('bronze', first, last, last - first + 1, bytes, { incarnation });

/** The groups as text: `0-9+10-19`. */
function groupsOf(files: readonly ShelvedFile[], targetBytes = 100, maxRuns = 100): string[] {
  return groupRuns(sight(files).whole, { targetBytes, maxRuns }).map((group) =>
    group.map(({ first, last }) => `${first}-${last}`).join('+'),
  );
}

test.each<[string, ShelvedFile[], string[]]>([
  ['nothing', [], []],
  ['one file is left as it is', [bronze(0, 9)], ['0-9']],
  ['small files become one, whatever the order of their names', [bronze(10, 19), bronze(0, 9)], ['0-9+10-19']],
  [
    '9 is before 10 though its name sorts after',
    [file('bronze', 9, 9, 1, 10, { at: 9 }), file('bronze', 10, 10, 1, 10, { at: 9 })],
    ['9-9+10-10'],
  ],
  [
    'a run whose clock was set back is before the next one all the same',
    [file('bronze', 0, 9, 10, 10, { at: 50 }), file('bronze', 10, 19, 10, 10, { at: 40 })],
    ['0-9+10-19'],
  ],
  ['never across a hole', [bronze(0, 9), bronze(11, 19)], ['0-9', '11-19']],
  ['never over the target', [bronze(0, 9, 60), bronze(10, 19, 60)], ['0-9', '10-19']],
  ['up to the target', [bronze(0, 9, 60), bronze(10, 19, 40), bronze(20, 29, 1)], ['0-9+10-19', '20-29']],
  ['a file larger than the target is left', [bronze(0, 9, 500), bronze(10, 10, 1)], ['0-9', '10-10']],
  ['never two incarnations', [bronze(0, 9), bronze(10, 19, 10, 2)], ['0-9', '10-19']],
  ['a late file is merged with a neighbour', [bronze(0, 9, 90), bronze(10, 10, 5)], ['0-9+10-10']],
  [
    'quarantine goes with its bronze file, and each has the target for itself',
    [file('bronze', 0, 9, 8, 60), file('quarantine', 0, 9, 2, 60), bronze(10, 19, 40)],
    ['0-9+10-19'],
  ],
  [
    'a quarantine file that is too large keeps its bronze file back, too',
    [file('bronze', 0, 9, 8), file('quarantine', 0, 9, 2, 60), file('quarantine', 10, 19, 10, 60)],
    ['0-9', '10-19'],
  ],
])('%s', (_, files, groups) => {
  expect(groupsOf(files)).toEqual(groups);
});

test.each<[string, ShelvedFile[], 'incomplete' | 'overlapping', number]>([
  ['a run whose quarantine file is not there', [file('bronze', 0, 9, 8), bronze(10, 19)], 'incomplete', 1],
  ['a run with too many lines', [file('bronze', 0, 9, 10), file('quarantine', 0, 9, 1)], 'incomplete', 2],
  ['an empty file', [bronze(0, 9, 0)], 'incomplete', 1],
  ['runs that share numbers', [bronze(0, 9), bronze(9, 12), bronze(13, 14)], 'overlapping', 2],
  [
    'a long run over many short ones',
    [bronze(0, 99), bronze(10, 19), bronze(50, 59), bronze(100, 101)],
    'overlapping',
    3,
  ],
])('%s is left out, and nothing is merged across it', (_, files, kind, count) => {
  const sighting = sight(files);
  expect(sighting[kind]).toBe(count);
  expect(groupRuns(sighting.whole, { targetBytes: 1_000, maxRuns: 100 }).every((group) => group.length === 1)).toBe(
    true,
  );
});

test('a plan has no more runs than it may', () => {
  const files = Array.from({ length: 7 }, (_, i) => bronze(i, i, 1));
  expect(groupsOf(files, 100, 3)).toEqual(['0-0+1-1+2-2', '3-3+4-4+5-5', '6-6']);
});

test.each([
  ['bronze/postgresql/2026/11/22/notes.txt', true],
  ['bronze/postgresql/2026/11/22/data_20261122T000000000Z_3_0-9_10.json', false],
  // Planned, it could not be found again: a plan is of one folder.
  ['bronze/postgresql/2026/11/22/copies/data_20261122T000000000Z_3_0-9_10.json', true],
  ['bronze/postgresql/2026/11/22/data_20261122T235959999Z_3_0-9_10.json', false],
  ['bronze/postgresql/2026/11/22/data_20261123T000000000Z_3_0-9_10.json', true],
  ['bronze/postgresql/2026/11/22/data_20261121T235959999Z_3_0-9_10.json', true],
])('%s is a stranger: %s', (path, isStranger) => {
  expect(shelved(SHELF, { path, bytes: 1, etag: '"e"', modifiedAt: 0 }, 0) === null).toBe(isStranger);
});

test.each([
  [0, 0, 1],
  [4_999, 0, 1],
  [5_000, 0, 2],
  [100, 12_000, 3],
])(
  'names that lie %i and %i apart on the two shelves are %i pages of a listing apart',
  (inBronze, inQuarantine, pages) => {
    const at = (place: number, shelved: ShelvedFile): ShelvedFile => ({ ...shelved, place });
    const files = [
      at(7, file('bronze', 0, 9, 8)),
      at(9, file('quarantine', 0, 9, 2)),
      at(7 + inBronze, file('bronze', 10, 19, 8)),
      at(9 + inQuarantine, file('quarantine', 10, 19, 2)),
    ];
    expect(pagesOf(sight(files).whole as unknown as Group)).toBe(pages);
  },
);

test.each([
  ['2026/11/22', BEGIN + 86_400_000, true],
  ['2026/11/22', BEGIN + 86_399_999, false],
  ['2026/11/31', Infinity, false],
  ['tmp', Infinity, false],
])('the day %s is closed by %d: %s', (day, by, expected) => {
  expect(isClosed(day, by)).toBe(expected);
});

/** A partition's day: runs with and without quarantined lines, holes between some. */
const days = fc
  .array(
    fc.record({
      skip: fc.oneof(
        { weight: 5, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }) },
      ),
      length: fc.integer({ min: 1, max: 9 }),
      quarantined: fc.nat(9),
      lineBytes: fc.integer({ min: 1, max: 20 }),
    }),
    { maxLength: 40 },
  )
  .map((runs) => {
    let next = 0;
    return runs.flatMap(({ skip, length, quarantined, lineBytes }) => {
      const first = next + skip;
      const last = first + length - 1;
      next = last + 1;
      const apart = Math.min(quarantined, length);
      const files = [
        file('bronze', first, last, length - apart, (length - apart) * lineBytes),
        file('quarantine', first, last, apart, apart * lineBytes),
      ];
      return files.filter((each) => each.file.count > 0);
    });
  });

/** What a listing shows after the groups were merged. */
function after(groups: readonly Group[]): ShelvedFile[] {
  return groups.flatMap((group) =>
    SHELVES.flatMap((shelf) => {
      const merged: DataFile | null = mergedFile(group, shelf);
      const bytes = filesOf(group, shelf).reduce((total, each) => total + each.bytes, 0);
      return merged === null ? [] : [file(shelf, Number(merged.first), Number(merged.last), merged.count, bytes)];
    }),
  );
}

test('whatever the day: the same numbers and lines before and after, whole runs, within the target, and nothing more to do', () => {
  fc.assert(
    fc.property(days, fc.integer({ min: 20, max: 400 }), (files, targetBytes) => {
      const limits = { targetBytes, maxRuns: 1_000 };
      const before = sight(files);
      const groups = groupRuns(before.whole, limits);
      expect(groups.flat()).toEqual(before.whole);
      const merged = sight(after(groups));
      expect([merged.incomplete, merged.overlapping]).toEqual([0, 0]);
      const lines = (of: readonly ShelvedFile[], shelf: Shelf): number =>
        of.reduce((total, each) => total + (each.shelf === shelf ? each.file.count : 0), 0);
      for (const shelf of SHELVES) expect(lines(after(groups), shelf)).toBe(lines(files, shelf));
      for (const [i, group] of groups.entries()) {
        if (group.length === 1) continue;
        for (const each of after([group])) expect(each.bytes).toBeLessThanOrEqual(targetBytes);
        expect(groups[i + 1]?.[0].first).not.toBe(group[0].first);
      }
      expect(groupRuns(merged.whole, limits).every((group) => group.length === 1)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('with plans of few runs, merging again and again comes to an end: nothing more fits', () => {
  fc.assert(
    fc.property(days, fc.integer({ min: 2, max: 5 }), (files, maxRuns) => {
      let now = files;
      for (let round = 0; ; round += 1) {
        const groups = groupRuns(sight(now).whole, { targetBytes: 200, maxRuns });
        if (groups.every((group) => group.length === 1)) break;
        now = after(groups);
        expect(round).toBeLessThan(12);
      }
    }),
    { numRuns: 200 },
  );
});

/** Several partitions' days beside each other. */
const hubs = fc.array(days, { minLength: 1, maxLength: 5 }).map((partitions) =>
  partitions.flatMap((files, partition) =>
    files.map((each) => {
      const { first, last, count } = each.file;
      const to = { partition: String(partition) };
      return file(each.shelf, Number(first), Number(last), count, each.bytes, to);
    }),
  ),
);

test('in portions, however small, nothing is forgotten, planned twice or across a hole, and memory stays within bounds', () => {
  fc.assert(
    fc.property(hubs, fc.integer({ min: 1, max: 200 }), (files, maxHeldFiles) => {
      const limits = { targetBytes: 200, maxRuns: 50 };
      const { plans, mostHeld } = portions(files, limits, maxHeldFiles);
      // Of each partition, 17 runs of two files may wait for their order, and one for its neighbour.
      expect(mostHeld).toBeLessThanOrEqual(Math.max(maxHeldFiles, 5 * 36 + 1));
      const groups = plans.flatMap((plan) => plan.groups);
      const planned = groups.flatMap((group) => SHELVES.flatMap((shelf) => filesOf(group, shelf)));
      const rest = plans.reduce((sum, { good, incomplete, overlapping }) => sum + good + incomplete + overlapping, 0);
      expect(new Set(planned).size).toBe(planned.length);
      expect(planned.length + rest).toBe(files.length);
      for (const group of groups) {
        expect(group.length).toBeGreaterThan(1);
        for (const [i, run] of group.slice(1).entries()) expect(run.first).toBe((group[i]?.last ?? -1n) + 1n);
      }
    }),
    { numRuns: 300 },
  );
});

test('with enough memory, a day in portions is planned as in one', () => {
  fc.assert(
    fc.property(hubs, (files) => {
      const limits = { targetBytes: 200, maxRuns: 50 };
      const grouped = (max: number): string[] =>
        portions(files, limits, max)
          .plans.flatMap(({ partition, groups }) =>
            groups.map((group) => `${partition}: ${group.map(({ first }) => first).join()}`),
          )
          .sort();
      // A group of one partition is at most 50 runs, and 17 runs may wait for their order: of five, no more than this.
      expect(grouped(2 * 2 * 5 * (50 + 18))).toEqual(grouped(Infinity));
    }),
  );
});
