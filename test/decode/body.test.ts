import { toUSVString } from 'node:util';
import fc from 'fast-check';
import { readBody } from '../../src/lib/decode/body';
import { hasUnpairedSurrogate, nestsDeeperThan } from '../../src/lib/decode/readable';

const verdict = (body: string | Buffer): string => {
  const read = readBody(Buffer.from(body));
  return read.kind === 'quarantine' ? read.reason : read.kind;
};

describe('reading a body', () => {
  test('an empty body is a tombstone; a body null is JSON', () => {
    expect(readBody(Buffer.alloc(0))).toEqual({ kind: 'tombstone' });
    expect(readBody(Buffer.from('null'))).toEqual({ kind: 'json', value: null, text: 'null' });
  });

  test.each([
    ['an object', '{"id":9007199254740993}'],
    ['white space around a number', ' \r\n\t5\n'],
    ['numbers that JavaScript cannot hold', '[1e400,-0,1.0,12345678901234567890123456789012345678]'],
    ['repeated keys', '{"a":1,"a":2,"__proto__":3}'],
    ['text beyond ASCII', '{"city":"Ljubljana–Šiška","smile":"😀"}'],
    ['line separators that JavaScript once could not read', '"\u2028\u2029"'],
    ['whole surrogate pairs as escapes', '["\\ud83d\\ude00","\\uD83D\\uDE00"]'],
    ['a backslash before letters that look like an escape', '"\\\\ud83d"'],
    ['the noncharacter behind which a byte-order mark hides', '"\uFEFF"'],
  ])('%s is JSON', (_name, text) => {
    expect(readBody(Buffer.from(text))).toEqual({ kind: 'json', value: JSON.parse(text) as unknown, text });
  });

  test.each([
    ['text', 'not json'],
    ['white space', ' \n'],
    ['two values', '{}{}'],
    ['a value cut short', '{"a":'],
    ['a comma too many', '[1,]'],
    ['a leading zero', '01'],
    ['a control character in a string', '"\n"'],
    ['NaN', 'NaN'],
    ['single quotes', "{'a':1}"],
    ['a byte-order mark before something that is not JSON', '\uFEFF{'],
    ['a byte-order mark alone', '\uFEFF'],
    ['two byte-order marks', '\uFEFF\uFEFF{}'],
    ['a million brackets that never close', '['.repeat(1_000_000)],
  ])('%s is not_json', (_name, text) => {
    expect(verdict(text)).toBe('not_json');
  });

  test.each([
    ['a lone continuation byte', [0x22, 0x80, 0x22]],
    ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
    ['half a surrogate pair in bytes', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a character cut short', [0x22, 0xe2, 0x82]],
    ['UTF-16', [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
    ['Avro', [0x00, 0x00, 0x00, 0x00, 0x01, 0xfe, 0xff]],
  ])('%s is not_utf8', (_name, bytes) => {
    expect(verdict(Buffer.from(bytes))).toBe('not_utf8');
  });

  test('legal JSON behind a byte-order mark is unreadable_json', () => {
    expect(verdict('\uFEFF{"a":1}')).toBe('unreadable_json');
  });
});

describe('an escape of half a surrogate pair', () => {
  test.each([
    ['a first half alone', '"\\ud83d"'],
    ['a second half alone', '"\\uDE00"'],
    ['in upper case', '"\\uD83D x"'],
    ['halves in the wrong order', '"\\ude00\\ud83d"'],
    ['a first half before a pair', '"\\ud83d\\ud83d\\ude00"'],
    ['a pair, then a half', '"\\ud83d\\ude00\\ude00"'],
    ['halves with something between', '"\\ud83d-\\ude00"'],
    ['halves in two strings', '["\\ud83d","\\ude00"]'],
    ['a first half before another escape', '"\\ud83d\\n"'],
    ['a first half before an escaped backslash', '"\\ud83d\\\\ude00"'],
    ['behind an escaped backslash', '"\\\\\\ud83d"'],
    ['in a key', '{"\\ud83d":1}'],
    ['under a repeated key', '{"a":"\\ud83d","a":1}'],
    ['as a repeated key', '{"\\ud83d":1,"\\ud83d":2}'],
  ])('%s is unreadable_json', (_name, text) => {
    expect(verdict(text)).toBe('unreadable_json');
  });

  test('is found in exactly the strings that are not well formed', () => {
    const piece = fc.constantFrom(
      ...[
        '\\ud83d',
        '\\uDbff',
        '\\ude00',
        '\\uDC00',
        '\\u00e9',
        '\\\\',
        '\\"',
        '\\n',
        '\\ud7ff',
        '\\ue000',
        'u',
        'd83d',
        'ü',
        '😀',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = `"${pieces.join('')}"`;
        const value = JSON.parse(text) as string;
        expect(hasUnpairedSurrogate(text)).toBe(toUSVString(value) !== value);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('nesting', () => {
  const arrays = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  const objects = (depth: number): string => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);
  const mixed = (depth: number): string =>
    '[{"a":'.repeat(depth >> 1) + (depth % 2 === 1 ? '[]' : '1') + '}]'.repeat(depth >> 1);
  const siblings = (depth: number): string => `{"wide":[${'[1],'.repeat(2000)}0],"deep":${arrays(depth - 1)}}`;
  const repeated = (depth: number): string => `{"a":${arrays(depth - 1)},"a":0}`;
  const inText = (depth: number): string => `["\\"[[[",${arrays(depth - 1)},"${'[{'.repeat(600)}\\\\"]`;

  test.each([
    ['arrays', arrays],
    ['objects', objects],
    ['both', mixed],
    ['beside many siblings', siblings],
    ['under a repeated key', repeated],
    ['beside brackets in text', inText],
  ])('of 500 is read and of 501 is not: %s', (_name, nested) => {
    expect(verdict(nested(500))).toBe('json');
    expect(verdict(nested(501))).toBe('unreadable_json');
  });

  test('of half a million does not overflow anything', () => {
    expect(verdict(arrays(500_000))).toBe('unreadable_json');
  });

  test('is measured as a parser would', () => {
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 6 },
        fc.constantFrom<unknown>(1, 'a[b', '{"', '\\', ']'),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('a', '[', '"'), tie('value'), { maxKeys: 3 }),
      ),
    }));
    const depthOf = (item: unknown): number =>
      typeof item === 'object' && item !== null ? 1 + Math.max(0, ...Object.values(item).map(depthOf)) : 0;
    fc.assert(
      fc.property(value, fc.integer({ min: 0, max: 5 }), (item, limit) => {
        expect(nestsDeeperThan(JSON.stringify(item), limit)).toBe(depthOf(item) > limit);
      }),
      { numRuns: 1000 },
    );
  });
});
