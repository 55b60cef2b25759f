import fc from 'fast-check';
import { loseAnswer } from '../../local/storage/faults';
import {
  formatClosedGaps,
  noteClosedGaps,
  parseClosedGaps,
  readClosedGaps,
  withClosed,
  type ClosedGap,
} from '../../src/lib/ledger/closed-gaps';
import { closedGapsPath } from '../../src/lib/ledger/names';
import { openInstance } from '../support/instance';
import { LakeReader } from '../support/reader';
import { startLake, type TestLake } from '../support/storage';

const OF = { namespace: 'example.servicebus.windows.net', hub: 'changes', partition: '3', incarnation: 2 };
const PATH = '_system/gaps/example.servicebus.windows.net/changes/2/3.json';
const NOON = Date.UTC(2026, 10, 22, 12);

const gap = (first: bigint, last: bigint, changes: Partial<ClosedGap> = {}): ClosedGap => ({
  ...{ first, last, noticedAt: NOON, closedAt: NOON + 1_000, outcome: 'absent' },
  ...changes,
});

describe('gaps together', () => {
  test.each([
    ['apart', [gap(1n, 2n)], [gap(9n, 9n)], [gap(1n, 2n), gap(9n, 9n)]],
    ['before one that is there', [gap(5n, 6n)], [gap(1n, 2n)], [gap(1n, 2n), gap(5n, 6n)]],
    ['neighbours that tell the same become one', [gap(1n, 2n)], [gap(3n, 4n)], [gap(1n, 4n)]],
    [
      'neighbours that tell something else stay two',
      [gap(1n, 2n)],
      [gap(3n, 4n, { outcome: 'expired' })],
      [gap(1n, 2n), gap(3n, 4n, { outcome: 'expired' })],
    ],
    [
      'what is closed already stays as it was first noted',
      [gap(3n, 4n), gap(7n, 7n)],
      [gap(1n, 9n, { outcome: 'expired' })],
      [
        ...[gap(1n, 2n, { outcome: 'expired' }), gap(3n, 4n), gap(5n, 6n, { outcome: 'expired' }), gap(7n, 7n)],
        gap(8n, 9n, { outcome: 'expired' }),
      ],
    ],
    ['twice the same', [gap(1n, 2n)], [gap(1n, 2n, { closedAt: NOON + 9_000 })], [gap(1n, 2n)]],
    ['none', [gap(1n, 2n)], [], [gap(1n, 2n)]],
  ])('%s', (_, before, added, expected) => {
    expect(withClosed(before, added)).toEqual(expected);
  });

  const gaps = fc.array(
    fc.record({
      first: fc.bigInt({ min: 0n, max: 60n }),
      length: fc.bigInt({ min: 0n, max: 9n }),
      outcome: fc.constantFrom('absent' as const, 'expired' as const),
      closedAt: fc.integer({ min: 0, max: 2 }),
    }),
    { maxLength: 12 },
  );
  const outcomes = (list: readonly ClosedGap[]): Map<number, string> => {
    const told = new Map<number, string>();
    for (const { first, last, outcome, closedAt } of list) {
      for (let at = first; at <= last; at += 1n) told.set(Number(at), `${outcome} ${closedAt}`);
    }
    return told;
  };

  test('tell of each number what was noted of it first, ascending and apart, whatever the order; doing it twice does it once', () => {
    fc.assert(
      fc.property(gaps, (list) => {
        let noted: ClosedGap[] = [];
        const expected = new Map<number, string>();
        for (const { first, length, outcome, closedAt } of list) {
          const next = gap(first, first + length, { outcome, closedAt });
          for (const [at, told] of outcomes([next])) if (!expected.has(at)) expected.set(at, told);
          noted = withClosed(noted, [next]);
          expect(withClosed(noted, [next])).toEqual(noted);
        }
        expect([...outcomes(noted)].sort(byNumber)).toEqual([...expected].sort(byNumber));
        expect(parseClosedGaps(formatClosedGaps(OF, noted), PATH)).toEqual(noted);
      }),
    );
  });
  const byNumber = ([a]: [number, string], [b]: [number, string]): number => a - b;
});

describe('as they are stored', () => {
  test('numbers are text, times ISO 8601, and format 1 is read for ever', () => {
    const bytes = Buffer.from(
      `{"format":1,"namespace":"n","hub":"h","incarnation":1,"partition":"3","gaps":[` +
        `{"first":"9007199254740993","last":"9223372036854775806","outcome":"expired","noticedTime":"2026-11-22T12:00:00.000Z","closedTime":"2026-11-22T12:00:01.000Z"}]}`,
    );
    const expected = [gap(9_007_199_254_740_993n, 9_223_372_036_854_775_806n, { outcome: 'expired' })];
    expect(parseClosedGaps(bytes, PATH)).toEqual(expected);
    expect(JSON.parse(String(formatClosedGaps(OF, expected)))).toMatchObject({
      ...OF,
      format: 1,
      gaps: [{ first: '9007199254740993', outcome: 'expired', noticedTime: '2026-11-22T12:00:00.000Z' }],
    });
  });

  const stored = (change: (json: Record<string, unknown>) => unknown): Buffer =>
    Buffer.from(JSON.stringify(change(JSON.parse(String(formatClosedGaps(OF, [gap(1n, 2n)]))) as never)));
  const first = (change: Record<string, unknown>) =>
    stored((json) => ({ ...json, gaps: [{ ...(json['gaps'] as object[])[0], ...change }] }));

  test.each([
    ['cut short', formatClosedGaps(OF, [gap(1n, 2n)]).subarray(0, 90)],
    ['empty', Buffer.alloc(0)],
    ['null', Buffer.from('null')],
    ['no format', stored(({ gaps }) => ({ gaps }))],
    ['a format that never was', stored((json) => ({ ...json, format: 0 }))],
    ['no list', stored((json) => ({ ...json, gaps: {} }))],
    ['an entry that is none', stored((json) => ({ ...json, gaps: [null] }))],
    ['a rounded number', first({ first: 1 })],
    ['no number', first({ last: '1x' })],
    ['another outcome', first({ outcome: 'filled' })],
    ['no time', first({ closedTime: 'noon' })],
    ['an end before its beginning', first({ first: '3' })],
    ['two that overlap', stored((json) => ({ ...json, gaps: [...(json['gaps'] as []), ...(json['gaps'] as [])] }))],
  ])('%s is damaged, and told by its path', (_, bytes) => {
    expect(() => parseClosedGaps(bytes, PATH)).toThrow(
      expect.objectContaining({ code: 'LEDGER_DAMAGED', message: expect.stringContaining(PATH) as string }) as Error,
    );
  });

  test('a newer format is refused', () => {
    const newer = stored((json) => ({ ...json, format: 2 }));
    expect(() => parseClosedGaps(newer, PATH)).toThrow(expect.objectContaining({ code: 'LEDGER_NEWER' }) as Error);
  });
});

describe('in the lake', () => {
  let lake: TestLake;

  beforeAll(async () => {
    lake = await startLake();
  });
  afterAll(() => lake[Symbol.asyncDispose]());
  beforeEach(async () => {
    lake.proxy.clear();
    await new LakeReader(lake.directConnectionString).clear();
  });

  const open = async () => (await openInstance(lake.connectionString)).lake;

  test('none where there is no file, and nothing noted writes none', async () => {
    expect(closedGapsPath(OF)).toBe(PATH);
    await noteClosedGaps(await open(), OF, []);
    expect(await readClosedGaps(await open(), OF)).toEqual([]);
    expect(await new LakeReader(lake.directConnectionString).paths('_system')).toEqual([]);
  });

  test('noted twice they are there once, and the second time writes nothing', async () => {
    await noteClosedGaps(await open(), OF, [gap(5n, 6n)]);
    await noteClosedGaps(await open(), OF, [gap(1n, 2n)]);
    lake.proxy.forgetRequests();
    await noteClosedGaps(await open(), OF, [gap(5n, 6n, { closedAt: 0 })]);
    expect(lake.proxy.requests.map(({ operation }) => operation)).not.toContain('putBlob');
    expect(await readClosedGaps(await open(), OF)).toEqual([gap(1n, 2n), gap(5n, 6n)]);
  });

  test('several who note at once lose nothing', async () => {
    await Promise.all(
      [0n, 10n, 20n, 30n].map(async (first) => await noteClosedGaps(await open(), OF, [gap(first, first + 1n)])),
    );
    expect((await readClosedGaps(await open(), OF)).map(({ first }) => first)).toEqual([0n, 10n, 20n, 30n]);
  });

  test('an answer that is lost does no harm', async () => {
    lake.proxy.add({ operation: 'putBlob', path: '_system/gaps/', action: loseAnswer() });
    await noteClosedGaps(await open(), OF, [gap(5n, 6n)]);
    expect(await readClosedGaps(await open(), OF)).toEqual([gap(5n, 6n)]);
  });
});
