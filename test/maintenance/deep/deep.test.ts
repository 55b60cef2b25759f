import { status } from '../../../local/storage/faults';
import { optimise } from '../../../src/lib/maintenance/optimise/optimise';
import { type DeepReport } from '../../../src/lib/maintenance/deep/deep';
import { type Problem, type ProblemKind } from '../../../src/lib/maintenance/deep/problem';
import { DAY_MS, dayFolder } from '../../../src/lib/time';
import { events, NOON, openInstance, type Instance } from '../../support/instance';
import { LakeReader } from '../../support/reader';
import { startLake, type TestLake } from '../../support/storage';
import { deep, openRoom, type DeepAsked } from './rig';

/** Deep verification of a lake that the pipeline wrote, whole and damaged, through the real SDKs. */

let lake: TestLake;
let reader: LakeReader;
let writer: Instance;

const BEGIN = NOON - 3 * DAY_MS;
const DAY = dayFolder(BEGIN);

beforeAll(async () => {
  lake = await startLake();
  reader = new LakeReader(lake.directConnectionString);
});
afterAll(() => lake.dispose());
beforeEach(async () => {
  lake.proxy.clear();
  await reader.clear();
  writer = await openInstance(lake.connectionString, { retentionDays: 7 });
  await fill();
});

/** Two files of bronze alone, one run of both shelves (4 and 6 are no JSON), one of quarantine alone. */
async function fill(): Promise<void> {
  await writer.deliver(events(0, 3, {}, BEGIN));
  const mixed = events(4, 9, { properties: { eventId: 'né "1"', count: 2 }, partitionKey: 'key' }, BEGIN);
  const spoilt = mixed.map((event, at) => (at === 0 || at === 2 ? { ...event, body: Buffer.from('no JSON') } : event));
  await writer.deliver(spoilt);
  await writer.deliver(events(10, 11, { body: Buffer.from([0xff, 0xfe]) }, BEGIN));
  const debezium = {
    op: 'u',
    before: null,
    after: { id: 1 },
    source: { connector: 'postgresql', db: 'shop', schema: 'public', table: 'orders', ts_ms: 1 },
  };
  await writer.deliver(events(12, 13, { body: Buffer.from(JSON.stringify(debezium)) }, BEGIN));
}

const PLAIN = '_0-3_4.json';
const MIXED_BRONZE = '_4-9_4.json';
const MIXED_QUARANTINE = '_4-9_2.json';

async function find(end: string): Promise<string> {
  const path = (await reader.visible()).find((one) => one.endsWith(end));
  if (path === undefined) throw new Error(`no file ends with ${end}`);
  return path;
}

/** Writes a file again with other text. */
async function damage(end: string, change: (text: string) => string): Promise<string> {
  const path = await find(end);
  const text = (await reader.bytes(path)).toString('latin1');
  const changed = change(text);
  expect(changed).not.toBe(text);
  await reader.write(path, Buffer.from(changed, 'latin1'));
  return path;
}

const check = (): Promise<DeepReport> => deep(lake.connectionString);
const problemsOf = (report: DeepReport): Problem[] => report.problems.flatMap(({ kept }) => kept);
const kindsOf = (report: DeepReport): ProblemKind[] => report.problems.map(({ kind }) => kind);

/** Puts `line` in place of the n-th (from 0). */
const withLine =
  (at: number, change: (line: string) => string) =>
  (text: string): string =>
    text
      .split('\n')
      .map((line, i) => (i === at ? change(line) : line))
      .join('\n');

test('a lake that the pipeline wrote is clean, and everything in it was read', async () => {
  const seen: number[] = [];
  const report = await deep(lake.connectionString, { options: { onProgress: ({ files }) => seen.push(files) } });
  const sizes = await Promise.all((await reader.visible()).map(async (path) => (await reader.bytes(path)).length));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  expect(report).toEqual({
    days: 1,
    files: 5,
    lines: 14,
    bytes,
    claims: 0,
    readAgain: 0,
    problemCount: 0,
    problems: [],
  });
  expect(seen.at(-1)).toBe(5);
});

describe('each damage is told by its kind, file and line:', () => {
  type Case = [
    kind: ProblemKind,
    end: string,
    change: (text: string) => string,
    line: number | null,
    others?: ProblemKind[],
  ];
  const missing: ProblemKind[] = ['number_missing'];
  const cases: readonly Case[] = [
    ['torn_line', PLAIN, (text) => text.slice(0, -1), 4, ['number_missing', 'wrong_count']],
    ['torn_line', PLAIN, (text) => text.slice(0, -40), 4, ['number_missing', 'wrong_count']],
    ['wrong_count', PLAIN, (text) => `${text.split('\n').slice(0, 3).join('\n')}\n`, null, missing],
    ['not_utf8', PLAIN, withLine(1, (line) => line.replace('"number"', '"n\xffmber"')), 2, missing],
    ['not_json', PLAIN, withLine(1, (line) => line.slice(0, -1)), 2, missing],
    ['not_json', PLAIN, withLine(3, () => ''), 4, missing],
    ['unreadable_json', PLAIN, withLine(1, (line) => line.replace('"number"', '"\\ud83d"')), 2],
    [
      'unreadable_json',
      PLAIN,
      withLine(1, (line) => line.replace(/\{"number":1\}/, `${'['.repeat(501)}${']'.repeat(501)}`)),
      2,
    ],
    ['carriage_return', PLAIN, withLine(2, (line) => line.replace('"payload":', '"payload":\r')), 3],
    ['wrong_header', PLAIN, withLine(2, (line) => line.replace('"partitionKey":null,', '')), 3, missing],
    ['wrong_header', PLAIN, withLine(2, (line) => line.replace('"eventId":null', '"eventId":7')), 3, missing],
    ['wrong_header', PLAIN, withLine(2, (line) => line.replace(/\}$/, ',"more":1}')), 3, missing],
    [
      'wrong_header',
      PLAIN,
      withLine(2, (line) => line.replace('"properties":{}', '"sequenceNumber":3,"properties":{}')),
      3,
      missing,
    ],
    ['wrong_header', PLAIN, withLine(2, (line) => line.replace(/T(\d\d):/, 'T99:')), 3, missing],
    [
      'wrong_header',
      '_12-13_2.json',
      withLine(0, (line) => line.replace('"operation":"update"', '"operation":"updated"')),
      1,
      missing,
    ],
    ['foreign_line', PLAIN, withLine(2, (line) => line.replace('"partition":"3"', '"partition":"4"')), 3, missing],
    ['foreign_line', PLAIN, withLine(2, (line) => line.replace('"hub":"changes"', '"hub":"others"')), 3, missing],
    [
      'foreign_line',
      PLAIN,
      withLine(0, (line) => line.replace('example.servicebus', 'another.servicebus')),
      1,
      missing,
    ],
    ['foreign_line', PLAIN, withLine(2, (line) => line.replace('"postgresql"', '"mongodb"')), 3, missing],
    ['foreign_line', PLAIN, withLine(2, (line) => line.replace('"incarnation":1', '"incarnation":2')), 3, missing],
    [
      'wrong_day',
      PLAIN,
      withLine(1, (line) => line.replace(new Date(BEGIN).toISOString().slice(0, 10), '2020-02-29')),
      2,
    ],
    ['wrong_stamp', PLAIN, withLine(0, (line) => line.replace(/:(\d\d)\.000Z/, ':$1.001Z')), 1],
    [
      'outside_range',
      PLAIN,
      withLine(3, (line) => line.replace('"sequenceNumber":3', '"sequenceNumber":4')),
      4,
      missing,
    ],
    [
      'out_of_order',
      PLAIN,
      withLine(3, (line) => line.replace('"sequenceNumber":3', '"sequenceNumber":1')),
      4,
      missing,
    ],
    [
      'number_twice',
      PLAIN,
      withLine(3, (line) => line.replace('"sequenceNumber":3', '"sequenceNumber":2')),
      4,
      missing,
    ],
    // In bronze and in quarantine: each file by itself is in order.
    [
      'number_twice',
      MIXED_BRONZE,
      withLine(0, (line) => line.replace('"sequenceNumber":5', '"sequenceNumber":4')),
      null,
      ['wrong_stamp', 'number_missing'],
    ],
    [
      'number_missing',
      MIXED_QUARANTINE,
      withLine(1, (line) => line.replace('"sequenceNumber":6', '"sequenceNumber":7')),
      null,
      ['number_twice'],
    ],
    ['unknown_reason', MIXED_QUARANTINE, withLine(1, (line) => line.replace('not_json', 'not_nice')), 2],
    ['bad_base64', MIXED_QUARANTINE, withLine(1, (line) => line.replace('bm8gSlNPTg==', 'bm8gSlNPTg=')), 2],
    ['bad_base64', MIXED_QUARANTINE, withLine(1, (line) => line.replace('bm8gSlNPTg==', 'bm8gSlNPTh==')), 2],
    ['bad_base64', MIXED_QUARANTINE, withLine(1, (line) => line.replace('bm8gSlNPTg==', 'bm8g JPTg==')), 2],
  ];

  test.each<Case>(cases)('%s in %s', async (kind, end, change, line, others = []) => {
    const damaged = await damage(end, change);
    // What both files of a run lack, or both have, is told of either.
    const path = line === null && end !== PLAIN ? (expect.any(String) as string) : damaged;
    const report = await check();
    expect(kindsOf(report).sort()).toEqual([kind, ...others].sort());
    expect(problemsOf(report)).toContainEqual(expect.objectContaining({ kind, path, line }));
    // Names, numbers and counts are told, and no content.
    expect(JSON.stringify(report)).not.toMatch(/no JSON|bm8g|"number"|né/);
  });

  test.each([
    ['bronze alone', PLAIN, 0],
    ['bronze beside quarantine', MIXED_BRONZE, 0],
    ['quarantine beside bronze', MIXED_QUARANTINE, 1],
  ])('lines of a newer format in %s: once for the file, and nothing that only they could tell', async (_, end, at) => {
    const path = await damage(end, (text) =>
      text
        .split('\n')
        .map((line, i) => (i < at ? line : line.replace('{"format":1,', '{"format":2,"what":"else",')))
        .join('\n'),
    );
    const told = { kind: 'newer_format', path, line: at + 1, detail: 'format 2' };
    expect(problemsOf(await check())).toEqual([told]);
  });

  test('a newer format hides nothing that is wrong with the other lines, or with the file', async () => {
    await damage(PLAIN, (text) =>
      text
        .split('\n')
        .slice(0, 3)
        .map((line, i) => (i === 0 ? line.replace('"format":1', '"format":2') : line.replace('"eventId":null,', '')))
        .join('\n'),
    );
    expect(kindsOf(await check())).toEqual(['torn_line', 'newer_format', 'wrong_header', 'wrong_count']);
  });

  test('a line too long to be an event, without holding it', async () => {
    const path = await damage(
      PLAIN,
      withLine(1, (line) => line.replace('1}', `"${'x'.repeat(40 << 20)}"}`)),
    );
    const report = await check();
    expect(problemsOf(report)).toContainEqual({ kind: 'line_too_long', path, line: 2, detail: null });
  });

  test('a file in the folder of another day', async () => {
    const path = await find(PLAIN);
    const elsewhere = path.replace(DAY, dayFolder(BEGIN - DAY_MS));
    await reader.write(elsewhere.replace(/\/data_.*/, '/x'), '');
    await reader.move(path, elsewhere);
    expect(problemsOf(await check())).toEqual([{ kind: 'misplaced', path: elsewhere, line: null, detail: null }]);
  });

  test('a wrong count in the name', async () => {
    const path = await find(PLAIN);
    await reader.move(path, path.replace('_4.json', '_5.json'));
    expect(kindsOf(await check())).toEqual(['wrong_count']);
  });

  test('an empty file', async () => {
    await damage(PLAIN, () => '');
    expect(kindsOf(await check())).toEqual(['number_missing', 'wrong_count']);
  });

  test('a wrong stamp in the name of both files, though the run begins in quarantine', async () => {
    for (const end of [MIXED_BRONZE, MIXED_QUARANTINE]) {
      const path = await find(end);
      await reader.move(path, path.replace(/000Z_/, '001Z_'));
    }
    expect(problemsOf(await check())).toMatchObject([{ kind: 'wrong_stamp', line: 1 }]);
  });
});

test('numbers beyond 2^53 are told apart', async () => {
  const path = await find('_12-13_2.json');
  const text = (await reader.bytes(path)).toString();
  const [low, high] = ['9007199254740992', '9007199254740993'];
  const large = path.replace('_12-13_', `_${low}-${high}_`);
  const numbered = (first: string, second: string): string =>
    text
      .replace('"sequenceNumber":12', `"sequenceNumber":${first}`)
      .replace('"sequenceNumber":13', `"sequenceNumber":${second}`);
  await reader.write(large, numbered(low, high));
  expect(problemsOf(await check())).toEqual([]);
  await reader.write(large, numbered(high, high));
  expect(kindsOf(await check())).toEqual(['number_twice', 'number_missing']);
  await reader.write(large, numbered(low, '9007199254740994'));
  expect(kindsOf(await check())).toEqual(['outside_range', 'number_missing']);
});

test('of many problems of a kind the first are kept, and all are counted', async () => {
  await writer.deliver(events(100, 399, {}, BEGIN));
  await damage('_100-399_300.json', (text) => text.replaceAll('"eventId":null', '"eventId":0'));
  const report = await deep(lake.connectionString, { options: { keptPerKind: 3 } });
  expect(report.problems.find(({ kind }) => kind === 'wrong_header')).toMatchObject({
    total: 300,
    kept: [{ line: 1 }, { line: 2 }, { line: 3 }],
  });
});

test('files and lines across the boundaries of pieces are read whole', async () => {
  const body = (size: number): Buffer => Buffer.from(JSON.stringify({ text: 'ü'.repeat(size) }));
  const large = events(100, 120, {}, BEGIN).map((event, at) => ({ ...event, body: body(100_000 + at * 17_003) }));
  await writer.deliver(large);
  const { problemCount, bytes } = await check();
  expect(problemCount).toBe(0);
  expect(bytes).toBeGreaterThan(8 << 20);
});

test('only the sources and days that are asked for are read', async () => {
  await writer.deliver(events(100, 101, {}, BEGIN + DAY_MS));
  const read = async (scope: NonNullable<DeepAsked['scope']>): Promise<number> =>
    (await deep(lake.connectionString, { scope })).files;
  const next = dayFolder(BEGIN + DAY_MS);
  expect(await read({ from: next })).toBe(1);
  expect(await read({ to: DAY })).toBe(5);
  expect(await read({ from: DAY, to: next })).toBe(6);
  expect(await read({ sources: ['mongodb'] })).toBe(0);
});

test('a partition of another hub that is born meanwhile is no stranger, and one without a ledger is', async () => {
  const partition = { namespace: 'example.servicebus.windows.net', hub: 'renamed', partition: '3' };
  let isFirst = true;
  const between: DeepAsked['between'] = (files) => ({
    ...files,
    async *list(folder) {
      if (isFirst) await writer.deliver(events(0, 1, {}, BEGIN), { partition });
      isFirst = false;
      yield* files.list(folder);
    },
  });
  expect(problemsOf(await deep(lake.connectionString, { between }))).toEqual([]);
  await reader.remove('_system/ledger/example.servicebus.windows.net/renamed/1/3.json');
  expect(kindsOf(await check())).toContain('foreign_line');
});

describe('while the day is optimised', () => {
  const optimiseNow = async (): Promise<unknown> => optimise('postgresql', await openRoom(lake.connectionString));

  /** Optimises when the n-th piece is asked for. */
  const optimisingAt =
    (at: number): NonNullable<DeepAsked['between']> =>
    (files) => {
      let asked = 0;
      return {
        ...files,
        async readPiece(...args) {
          asked += 1;
          if (asked === at) await optimiseNow();
          return await files.readPiece(...args);
        },
      };
    };

  test.each([1, 2, 3, 5])('before piece %i is read, nothing is told, and every line is read', async (at) => {
    const report = await deep(lake.connectionString, { between: optimisingAt(at), options: { runsAtOnce: 1 } });
    expect(problemsOf(report)).toEqual([]);
    expect(report.lines).toBeGreaterThanOrEqual(14);
    expect(report.readAgain).toBeGreaterThan(0);
    expect(await reader.visible()).toHaveLength(2);
  });

  test('a damaged line is found in the file that has taken the place of the one that was listed', async () => {
    await damage(
      PLAIN,
      withLine(1, (line) => line.replace('"eventId":null', '"eventId":7')),
    );
    const report = await deep(lake.connectionString, { between: optimisingAt(1) });
    expect(kindsOf(report)).toEqual(['wrong_header', 'number_missing']);
    expect(problemsOf(report)[0]?.path).toContain('_0-13_');
  });

  test('files of which another copy takes the place are not lost, and those that somebody deletes are', async () => {
    const path = await find(PLAIN);
    let isFirst = true;
    const between: DeepAsked['between'] = (files) => ({
      ...files,
      async readPiece(...args) {
        if (isFirst) await reader.remove(path);
        isFirst = false;
        return await files.readPiece(...args);
      },
    });
    const report = await deep(lake.connectionString, { between, options: { runsAtOnce: 1 } });
    expect(problemsOf(report)).toEqual([{ kind: 'vanished', path, line: null, detail: null }]);
  });

  test('what a plan says of a file holds for it', async () => {
    // The optimiser dies before it deletes its inputs.
    lake.proxy.add({ operation: 'deletePath', path: 'bronze/', times: Infinity, action: status(403) });
    await optimiseNow();
    lake.proxy.clear();
    expect(await reader.paths('_system/optimise')).toHaveLength(1);
    expect(problemsOf(await check())).toEqual([]);
    // The same length, legal in all other ways.
    const path = await damage('_0-13_10.json', (text) => text.replace('{"number":2}', '{"number":7}'));
    expect(problemsOf(await check())).toEqual([{ kind: 'wrong_checksum', path, line: null, detail: null }]);
  });
});
