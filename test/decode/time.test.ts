import fc from 'fast-check';
import { isoFromInstant, isoFromMicros, isoFromMillis, millisOf, parseTime } from '../../src/lib/decode/time';

const millis = (text: string): number | null => {
  const instant = parseTime(text);
  return instant === null ? null : millisOf(instant);
};

describe('reading a time', () => {
  const LAST = Date.UTC(2026, 10, 22, 23, 59, 59, 998);
  test.each([
    ['2026-11-22T23:59:59.998Z', LAST],
    ['2026-11-22T23:59:59.998+00:00', LAST],
    ['2026-11-22T23:59:59.998', LAST],
    ['2026-11-22 23:59:59.998', LAST],
    ['2026-11-22t23:59:59.998z', LAST],
    ['2026-11-22T23:59:59.9980000+00:00', LAST],
    ['2026-11-22T23:59:59.99899999999999Z', LAST],
    ['2026-11-23T01:59:59.998+02:00', LAST],
    ['2026-11-23 01:59:59.998+02', LAST],
    ['2026-11-22T20:29:59.998-0330', LAST],
    ['2026-11-23 00:53:27.998+00:53:28', LAST],
    ['2026-11-22T23:59:59Z', LAST - 998],
    ['2026-11-22T23:59:59.9Z', LAST - 98],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['2000-02-29T00:00:00Z', Date.UTC(2000, 1, 29)],
    ['0001-01-01T00:00:00Z', Date.parse('0001-01-01T00:00:00Z')],
    ['0000-01-01T00:00:00Z', Date.parse('0000-01-01T00:00:00Z')],
  ])('%s', (text, expected) => {
    expect(millis(text)).toBe(expected);
  });

  test.each([
    '',
    '2026-11-22',
    '2026-11-31T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-11-00T00:00:00Z',
    '2026-11-22T24:00:00Z',
    '2026-11-22T23:60:00Z',
    '2026-11-22T23:59:60Z',
    '2026-11-22T23:59:59.Z',
    '2026-11-22T23:59:59.1 Z',
    '2026-11-22T23:59:59+2',
    '2026-11-22T23:59:59 BC',
    '2026-11-22X23:59:59Z',
    ' 2026-11-22T23:59:59Z',
    '10000-01-01 00:00:00+00',
    '0000-01-01T00:00:00+01:00',
    '9999-12-31T23:59:59-01:00',
    '11/22/2026 23:59:59',
    'infinity',
  ])('%p is not a time', (text) => {
    expect(parseTime(text)).toBeNull();
  });

  test('cuts off what is finer than a millisecond, so the last instant of a day stays in that day', () => {
    expect(millis('2026-11-22T23:59:59.9999999Z')).toBe(Date.UTC(2026, 10, 23) - 1);
    expect(millis('1969-12-31T23:59:59.9999999Z')).toBe(-1);
  });
});

describe('writing a time', () => {
  const FIRST = Date.parse('0000-01-01T00:00:00.000Z');
  const LAST = Date.parse('9999-12-31T23:59:59.999Z');

  test('agrees with Date for every millisecond, and reads back', () => {
    fc.assert(
      fc.property(fc.integer({ min: FIRST, max: LAST }), (time) => {
        const text = isoFromMillis(time) ?? '';
        expect(text).toBe(new Date(time).toISOString());
        expect(millis(text)).toBe(time);
      }),
    );
  });

  test('keeps microseconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: FIRST, max: LAST }), fc.integer({ min: 0, max: 999 }), (time, micros) => {
        fc.pre(Number.isSafeInteger(time * 1000));
        const text = isoFromMicros(time * 1000 + micros) ?? '';
        expect(text).toBe(new Date(time).toISOString().replace('Z', `${String(micros).padStart(3, '0')}Z`));
        const instant = parseTime(text);
        expect(instant && isoFromInstant(instant, 6)).toBe(text);
        expect(instant && isoFromInstant(instant, 3)).toBe(new Date(time).toISOString());
      }),
    );
  });

  test('is null outside the years that four digits write', () => {
    for (const time of [FIRST - 1, LAST + 1, NaN, Infinity]) {
      expect(isoFromMillis(time)).toBeNull();
      expect(isoFromMicros(time * 1000)).toBeNull();
    }
  });
});
