import { judge, type Verdict } from '../../../local/verdict/judge';
import { type ProblemKind } from '../../../local/verdict/problem';
import { type LakeFile } from '../../../local/verdict/read-lake';
import { SentLog } from '../../../local/verdict/sent';
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
      'a file is of a newer format, which may say anything: its events are not found',
      (lake) => edited(lake, 0, (text) => text.replaceAll('{"format":1,', '{"format":2,"more":1,')),
      ['newer_format', 'event_missing'],
    ],
    [
      'one line is of a newer format',
      (lake) => edited(lake, 0, (text) => text.replace('{"format":1,', '{"format":12,')),
      ['newer_format', 'event_missing'],
    ],
    [
      'a line is of a format that never was',
      (lake) => edited(lake, 0, (text) => text.replace('{"format":1,', '{"format":0,')),
      ['torn_line', 'event_missing'],
    ],
    [
      'a line tells no format',
      (lake) => edited(lake, 0, (text) => text.replace('{"format":1,', '{')),
      ['torn_line', 'event_missing'],
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
      'a tombstone told as the body null',
      (lake) => edited(lake, 1, (text) => text.replace('{"operation":"tombstone"}', 'null')),
      ['event_altered'],
    ],
    ['a property is altered', (lake) => edited(lake, 0, (text) => text.replace('":7', '":8')), ['event_altered']],
    ['a property is lost', (lake) => edited(lake, 0, (text) => text.replace(',"isShort":true', '')), ['event_altered']],
    ['a number becomes a text', (lake) => edited(lake, 0, (text) => text.replace('":7', '":"7"')), ['event_altered']],
    [
      'fields change places',
      (lake) =>
        edited(lake, 2, (text) => text.replace(/("partitionKey":"k"),("properties":.*),("eventId":null)/, '$1,$3,$2')),
      ['torn_line', 'event_missing', 'run_incomplete'],
    ],
    [
      'an unknown field',
      (lake) => edited(lake, 2, (text) => text.replace('"reason"', '"note":1,"reason"')),
      ['torn_line', 'event_missing', 'run_incomplete'],
    ],
    [
      'an unknown reason',
      (lake) => edited(lake, 2, (text) => text.replace('not_utf8', 'not_nice')),
      ['torn_line', 'event_missing', 'run_incomplete'],
    ],
    [
      'carriage returns at the ends of lines',
      (lake) => edited(lake, 2, (text) => text.replace('\n', '\r\n')),
      ['torn_line', 'event_missing', 'run_incomplete'],
    ],
    ['a file without a line', (lake) => with_(lake, file('bronze', '10-10', 0, [])), ['wrong_count']],
    [
      'a run of which one file is missing',
      (lake) => ({ ...lake, files: lake.files.slice(0, 2) }),
      ['event_missing', 'run_incomplete'],
    ],
    [
      'a name with a leading zero',
      (lake) => renamed(lake, 0, (path) => path.replace('_0-4_', '_00-4_')),
      ['stranger', 'event_missing'],
    ],
    [
      'a name that names the first incarnation',
      (lake) => renamed(lake, 0, (path) => path.replace('_3_', '_3_i1_')),
      ['stranger', 'event_missing'],
    ],
    [
      'another incarnation in the name',
      (lake) => renamed(lake, 0, (path) => path.replace('_3_', '_3_i2_')),
      ['wrong_place'],
    ],
    [
      'an event of another hub',
      (lake) => edited(lake, 2, (text) => text.replace('"hub":"postgresql-changes"', '"hub":"mongodb-changes"')),
      ['event_misplaced', 'run_incomplete'],
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
  expect(await judge(new SentLog(), each([]))).toMatchObject({ ok: true, sent: 0, missing: 0 });
});

test('a line may say of its properties that a number may have been rounded', async () => {
  const lake = edited(smallLake(), 0, (text) => text.replaceAll('},"eventId"', '},"propertiesInexact":true,"eventId"'));
  expect((await judged(lake)).problems).toEqual([]);
});

test('a lake can be judged twice by one log', async () => {
  const lake = smallLake();
  expect(await judged(lake)).toEqual(await judged(lake));
  expect((await judged(lake)).ok).toBe(true);
});

test('each duplicate line is counted once, whether its number, its event or both are there twice', async () => {
  const lake = smallLake();
  const again = (sequence: number, of: number): string =>
    line(sequence, lake.ids[of] ?? '', `"change":null,"payload":${BODIES[of] ?? ''}`);
  const unknown = line(2, '999', '"change":null,"payload":1');
  const verdict = await judged(
    with_(lake, file('bronze', '1-2', 2, [again(1, 1), unknown]), file('bronze', '10-10', 1, [again(10, 1)])),
  );
  // 1 is the same line, 2 the same number of another event, 10 the same event under another number.
  expect(verdict).toMatchObject({
    duplicates: 3,
    problemCounts: { sequence_twice: 2, event_twice: 2, event_unknown: 1 },
  });
});

describe('where others send to the same hub', () => {
  const withForeigner = (sequence: number): SmallLake =>
    with_(
      smallLake(),
      file('bronze', `${sequence}-${sequence}`, 1, [line(sequence, 'other:1', '"change":null,"payload":1')]),
    );

  test('their lines are counted, and no fault when allowed', async () => {
    const { sent, files } = withForeigner(10);
    expect(await judge(sent, each(files), { foreignAllowed: true })).toMatchObject({ ok: true, sent: 10, foreign: 1 });
    expect(await judge(sent, each(files))).toMatchObject({ ok: false, foreign: 1 });
  });

  test('they must be in order all the same', async () => {
    const { sent, files } = withForeigner(12);
    expect(await judge(sent, each(files), { foreignAllowed: true })).toMatchObject({
      ok: false,
      problems: [{ kind: 'hole', found: '10-11 is in no file' }],
    });
  });
});

test('a second incarnation counts from zero again, in ranges of its own', async () => {
  const lake = smallLake();
  const id = lake.sent.attempt('postgresql-changes', { partitionKey: 'k', body: Buffer.from('7'), expect: 'bronze' });
  const second = line(0, id, '"change":null,"payload":7').replace('"incarnation":1', '"incarnation":2');
  const made = file('bronze', '0-0', 1, [second]);
  const verdict = await judged(with_(lake, { ...made, path: made.path.replace('_3_', '_3_i2_') }));
  expect(verdict).toMatchObject({
    ok: true,
    partitions: [
      { incarnation: 1, last: '9' },
      { incarnation: 2, last: '0' },
    ],
  });
});

test('sequence numbers beyond 2^53 are kept apart', async () => {
  const sent = new SentLog();
  const ids = ['1', '2'].map((body) =>
    sent.attempt('postgresql-changes', { partitionKey: 'k', body: Buffer.from(body), expect: 'bronze' }),
  );
  const lines = ids.map((id, i) =>
    line(0, id, `"change":null,"payload":${i + 1}`).replace(
      '"sequenceNumber":0',
      `"sequenceNumber":900719925474099${2 + i}`,
    ),
  );
  const made = file('bronze', '0-0', 2, lines);
  const path = made.path.replace('_0-0_', '_9007199254740992-9007199254740993_');
  expect(await judge(sent, each([{ ...made, path }]))).toMatchObject({
    ok: true,
    unacknowledgedLanded: 2,
    partitions: [{ last: '9007199254740993' }],
  });
});

test('of a million problems the first few are kept, and all are counted', async () => {
  const lake = smallLake();
  const lines = Array.from({ length: 1_000 }, (_, i) => line(10 + i, null, '"change":null,"payload":1'));
  const verdict = await judged(with_(lake, file('bronze', '10-1009', 1_000, lines)));
  expect(verdict.problemCounts).toEqual({ event_unknown: 1_000 });
  expect(verdict.problems).toHaveLength(10);
});
