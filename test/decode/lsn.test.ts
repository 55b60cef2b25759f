import fc from 'fast-check';
import { INEXACT, integerText, parseExactly, safeInteger } from '../../src/lib/decode/integers';
import { lsnText } from '../../src/lib/decode/lsn';

/** As PostgreSQL prints it: no leading zeros. */
const printed = (lsn: bigint): string =>
  `${(lsn >> 32n).toString(16)}/${(lsn & 0xffff_ffffn).toString(16)}`.toUpperCase();

describe('a log sequence number', () => {
  test.each<[unknown, string]>([
    ['16/B374D848', '00000016/B374D848'],
    ['16/b374d848', '00000016/B374D848'],
    ['0/1', '00000000/00000001'],
    ['FFFFFFFF/FFFFFFFF', 'FFFFFFFF/FFFFFFFF'],
    [97_500_059_720, '00000016/B374D848'],
    ['97500059720', '00000016/B374D848'],
    [2 ** 32, '00000001/00000000'],
    [Number.MAX_SAFE_INTEGER, '001FFFFF/FFFFFFFF'],
    [9_223_372_036_854_775_807n, '7FFFFFFF/FFFFFFFF'],
    ['-1', 'FFFFFFFF/FFFFFFFF'],
    ['-9223372036854775808', '80000000/00000000'],
    ['18446744073709551615', 'FFFFFFFF/FFFFFFFF'],
  ])('%p reads %p', (value, expected) => {
    expect(lsnText(value)).toBe(expected);
  });

  test.each([
    0,
    '0',
    '0/0',
    -0,
    '',
    '/',
    '1/',
    '/1',
    '1/2/3',
    '123456789/1',
    'g/1',
    ' 1/1',
    '1.5',
    1.5,
    NaN,
    null,
    undefined,
    {},
    [],
  ])('%p is no position', (value) => {
    expect(lsnText(value)).toBeNull();
  });

  test('sorts as text as it does as a number, in every form', () => {
    const lsn = fc.bigInt(1n, 2n ** 64n - 1n);
    fc.assert(
      fc.property(lsn, lsn, (a, b) => {
        const [first, second] = [lsnText(printed(a)) ?? '', lsnText(BigInt.asIntN(64, b)) ?? ''];
        expect(first < second).toBe(a < b);
        expect(lsnText(String(a))).toBe(first);
        expect(BigInt(`0x${first.replace('/', '')}`)).toBe(a);
      }),
    );
  });
});

describe('integers', () => {
  test('a number that JSON.parse may have rounded is refused, not used', () => {
    expect(() => integerText(2 ** 53)).toThrow(INEXACT);
    expect(() => lsnText(2 ** 60)).toThrow(INEXACT);
    expect(safeInteger(2 ** 53)).toBeNull();
  });

  test('parsing exactly keeps what a number cannot hold, and the last of repeated keys', () => {
    const text =
      '{"a":1,"a":9007199254740993,"b":[-9223372036854775808,0.5,1e20,9007199254740991],"__proto__":18446744073709551615}';
    const parsed = parseExactly(text) as Record<string, unknown>;
    expect(Object.entries(parsed)).toEqual([
      ['a', 9_007_199_254_740_993n],
      ['b', [-9_223_372_036_854_775_808n, 0.5, null, 9_007_199_254_740_991]],
      ['__proto__', 18_446_744_073_709_551_615n],
    ]);
  });
});
