import fc from 'fast-check';
import { judge, type Verdict } from '../../../local/verdict/judge';
import { type ProblemKind } from '../../../local/verdict/problem';
import { type LakeFile } from '../../../local/verdict/read-lake';
import { BODIES, each, file, line, smallLake, type SmallLake } from './lake';

const judged = ({ sent, files }: SmallLake): Promise<Verdict> => judge(sent, each(files));

/** The lake with one file replaced by what `change` makes of its text. */
function edited(lake: SmallLake, index: number, change: (text: string) => string): SmallLake {
  const files = lake.files.map((each, i) =>
    i === index ? { ...each, bytes: Buffer.from(change(each.bytes.toString('latin1')), 'latin1') } : each,
  );
  return { ...lake, files };
}

const renamed = (lake: SmallLake, index: number, path: (old: string) => string): SmallLake => ({
  ...lake,
  files: lake.files.map((each, i) => (i === index ? { ...each, path: path(each.path) } : each)),
});

const with_ = (lake: SmallLake, ...more: LakeFile[]): SmallLake => ({ ...lake, files: [...lake.files, ...more] });

test('a lake that holds everything once and unaltered is as it should be', async () => {
  const verdict = await judged(smallLake());
  expect(verdict).toMatchObject({
    ok: true,
    sent: 10,
    landed: 9,
    quarantined: 1,
    missing: 0,
    duplicates: 0,
    altered: 0,
    unacknowledgedLanded: 0,
    files: 3,
    problems: [],
    partitions: [
      { hub: 'postgresql-changes', partition: '3', first: '0', last: '9', events: 10, quarantined: 1, holes: [] },
    ],
  });
});

describe('what is wrong is told by its kind', () => {
  test.each<[string, (lake: SmallLake) => SmallLake, readonly ProblemKind[]]>([
    ['a file is missing', (lake) => ({ ...lake, files: lake.files.slice(1) }), ['event_missing']],
    [
      'a hole: a line is missing in the middle, and the name tells the lines that are left',
      (lake) =>
        renamed(
          edited(lake, 0, (text) => text.split('\n').toSpliced(2, 1).join('\n')),
          0,
          (path) => path.replace('_5.json', '_4.json'),
        ),
      ['event_missing', 'hole', 'run_incomplete'],
    ],
    [
      'a line is missing',
      (lake) => edited(lake, 0, (text) => text.slice(0, text.indexOf('\n', text.indexOf('\n') + 1) + 1)),
      ['wrong_count', 'event_missing', 'run_incomplete', 'hole'],
    ],
    [
      'a double: the same lines in two files',
      (lake) => with_(lake, renamed(lake, 0, (path) => path.replace('000Z_3', '001Z_3')).files[0] as LakeFile),
      ['sequence_twice', 'event_twice', 'run_incomplete', 'wrong_day'],
    ],
    [
      'a double: one event under two sequence numbers',
      (lake) =>
        with_(
          lake,
          file('bronze', '10-10', 1, [line(10, lake.ids[1] ?? '', `"change":null,"payload":${BODIES[1] ?? ''}`)]),
        ),
      ['event_twice'],
    ],
    [
      'a digit of a 64-bit id is altered',
      (lake) => edited(lake, 0, (text) => text.replace('9007199254740993', '9007199254740992')),
      ['event_altered'],
    ],
    [
      'a number is written anew: 1.0 as 1',
      (lake) => edited(lake, 0, (text) => text.replace('"one":1.0', '"one":1')),
      ['event_altered'],
    ],
    [
      'keys change places',
      (lake) => edited(lake, 0, (text) => text.replace('{"b":1,"a":2}', '{"a":2,"b":1}')),
      ['event_altered'],
    ],
    ['an escape is undone', (lake) => edited(lake, 0, (text) => text.replace('"\\/"', '"/"')), ['event_altered']],
    [
      'space between tokens is lost',
      (lake) => edited(lake, 0, (text) => text.replace('  "pretty": true  ', '"pretty":true')),
      ['event_altered'],
    ],
    [
      'a body that was set aside is altered',
      (lake) => edited(lake, 2, (text) => text.replace('bm', 'bn')),
      ['event_altered'],
    ],
    [
      'the partition key is lost',
      (lake) => edited(lake, 2, (text) => text.replace('"partitionKey":"k"', '"partitionKey":null')),
      ['event_altered'],
    ],
    [
      'a torn line: the end of the file is missing',
      (lake) => edited(lake, 1, (text) => text.slice(0, -7)),
      ['torn_line', 'wrong_count', 'event_missing', 'run_incomplete', 'hole'],
    ],
    [
      'a torn line: its last line feed is missing',
      (lake) => edited(lake, 2, (text) => text.slice(0, -1)),
      ['torn_line', 'wrong_count', 'event_missing', 'run_incomplete'],
    ],
    [
      'a torn line in the middle',
      (lake) => edited(lake, 0, (text) => text.replace('"payload":{"b"', '"payl')),
      ['torn_line', 'event_missing', 'hole'],
    ],
    [
      'a wrong count in a name',
      (lake) => renamed(lake, 0, (path) => path.replace('_5.json', '_6.json')),
      ['wrong_count'],
    ],
    ['another day’s folder', (lake) => renamed(lake, 0, (path) => path.replace('11/25', '11/24')), ['wrong_day']],
    ['another time in the name', (lake) => renamed(lake, 0, (path) => path.replace('000Z_3', '001Z_3')), ['wrong_day']],
    [
      'another partition in the name',
      (lake) => renamed(lake, 0, (path) => path.replace('_3_', '_4_')),
      ['wrong_place'],
    ],
    [
      'another range in the name',
      (lake) => renamed(lake, 0, (path) => path.replace('_0-4_', '_0-3_')),
      ['wrong_place', 'run_incomplete'],
    ],
    [
      'another source’s folder',
      (lake) => renamed(lake, 0, (path) => path.replace('postgresql', 'mongodb')),
      ['wrong_place'],
    ],
    [
      'lines out of order',
      (lake) => edited(lake, 0, (text) => `${text.trimEnd().split('\n').reverse().join('\n')}\n`),
      ['wrong_place'],
    ],
    [
      'in bronze what belongs in quarantine',
      (lake) => renamed(lake, 2, (path) => path.replace('quarantine', 'bronze')),
      ['torn_line', 'event_missing', 'run_incomplete'],
    ],
    [
      'a stranger among the files',
      (lake) => with_(lake, { path: 'bronze/postgresql/2026/11/25/part-0.parquet', bytes: Buffer.from('') }),
      ['stranger'],
    ],
    [
      'a line that nobody sent',
      (lake) => with_(lake, file('bronze', '10-10', 1, [line(10, '999', '"change":null,"payload":1')])),
      ['event_unknown'],
    ],
    [
      'a line without a number of its attempt',
      (lake) => with_(lake, file('bronze', '10-10', 1, [line(10, null, '"change":null,"payload":1')])),
      ['event_unknown'],
    ],
  ])('%s', async (_, damage, kinds) => {
    const verdict = await judged(damage(smallLake()));
    expect(verdict.ok).toBe(false);
    expect(Object.keys(verdict.problemCounts).sort()).toEqual([...kinds].sort());
  });
});

describe('an attempt that was never acknowledged', () => {
  const attempted = (times: number): SmallLake => {
    const lake = smallLake();
    const id = lake.sent.attempt('postgresql-changes', { partitionKey: 'k', body: Buffer.from('7'), expect: 'bronze' });
    const lines = Array.from({ length: times }, (_, i) => line(10 + i, id, '"change":null,"payload":7'));
    return times === 0 ? lake : with_(lake, file('bronze', `10-${9 + times}`, times, lines));
  };

  test.each([
    [0, 0],
    [1, 1],
  ])('may be there %i times', async (times, unacknowledgedLanded) => {
    expect(await judged(attempted(times))).toMatchObject({ ok: true, sent: 10, missing: 0, unacknowledgedLanded });
  });

  test('may not be there twice', async () => {
    expect(await judged(attempted(2))).toMatchObject({ ok: false, duplicates: 1, problems: [{ kind: 'event_twice' }] });
  });

  test('that was withdrawn is one that nobody made', async () => {
    const lake = attempted(1);
    lake.sent.withdraw('11');
    expect(await judged(lake)).toMatchObject({ ok: false, problems: [{ kind: 'event_unknown' }] });
  });
});

test('an event that is missing in an empty lake is missing, and a lake of nothing sent is fine', async () => {
  expect(await judge(smallLake().sent, each([]))).toMatchObject({ ok: false, sent: 10, missing: 10, landed: 0 });
  const { SentLog } = await import('../../../local/verdict/sent');
  expect(await judge(new SentLog(), each([]))).toMatchObject({ ok: true, sent: 0, missing: 0 });
});

test('no byte of a payload, of a body set aside or of a name can change unnoticed', async () => {
  const { files } = smallLake();
  const places = files.flatMap(({ bytes }, index) => {
    const text = bytes.toString('latin1');
    const values = [...text.matchAll(/"(?:payload|bodyBase64)":(.*)\}$/gm)];
    return values.flatMap(({ index: at, 0: all, 1: value = '' }) =>
      Array.from({ length: value.length }, (_, i) => ({ index, at: at + all.length - 1 - value.length + i })),
    );
  });
  expect(places.length).toBeGreaterThan(150);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...places), fc.integer({ min: 1, max: 255 }), async ({ index, at }, flip) => {
      const lake = smallLake();
      const bytes = lake.files[index]?.bytes as Buffer;
      bytes[at] = (bytes[at] as number) ^ flip;
      expect((await judged(lake)).ok).toBe(false);
    }),
  );
  const names = files.flatMap(({ path }, index) => Array.from({ length: path.length }, (_, at) => ({ index, at })));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), fc.constantFrom(...'0123456789_-xZ'), async ({ index, at }, letter) => {
      const lake = smallLake();
      const { path } = lake.files[index] as LakeFile;
      fc.pre(path[at] !== letter);
      const damaged = renamed(lake, index, (old) => old.slice(0, at) + letter + old.slice(at + 1));
      expect((await judged(damaged)).ok).toBe(false);
    }),
  );
});
