import fc from 'fast-check';
import { bodyOf, readQuarantineLine, type QuarantinedEvent } from '../../../src/lib/maintenance/quarantine/event';
import { formatEventId, parseEventId, replayOf, type EventId } from '../../../src/lib/maintenance/quarantine/id';
import { judgeReplay, type ReplayAsked } from '../../../src/lib/maintenance/quarantine/judge';
import {
  formatRecord,
  parseRecord,
  recordPath,
  stateOf,
  type Replay,
} from '../../../src/lib/maintenance/quarantine/record';
import { hexDump, printableBody, printableText } from '../../../src/cli/lake/printable';

const OWN = 'example.servicebus.windows.net';
const ID: EventId = {
  ...{ source: 'postgresql', namespace: OWN, hub: 'changes', incarnation: 1, partition: '3' },
  sequence: 9_007_199_254_740_993n,
};

describe('the name of an event', () => {
  const name = fc.stringMatching(/^[a-z0-9]([a-z0-9._-]{0,20}[a-z0-9])?$/);
  const ids = fc.record({
    source: fc.constantFrom('postgresql' as const, 'mongodb' as const),
    namespace: fc.oneof(name, fc.constant(OWN)),
    hub: name,
    incarnation: fc.integer({ min: 1, max: 999_999_999 }),
    partition: fc.nat({ max: 999_999_999 }).map(String),
    sequence: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  });

  test('is read back as it was written, with and without its namespace', () => {
    fc.assert(fc.property(ids, (id) => expect(parseEventId(formatEventId(id, OWN), OWN)).toEqual(id)));
    expect(formatEventId(ID, OWN)).toBe('postgresql/changes/1/3/9007199254740993');
    expect(formatEventId(ID, 'other')).toBe(`postgresql/${OWN}/changes/1/3/9007199254740993`);
    expect(replayOf(ID)).toBe(`${OWN}/changes/1/3/9007199254740993`);
  });

  test.each([
    '',
    'postgresql/changes/1/3',
    'mysql/changes/1/3/5',
    'postgresql/../1/3/5',
    'postgresql/..hub/1/3/5',
    'postgresql/Changes/1/3/5',
    'postgresql/changes/0/3/5',
    'postgresql/changes/01/3/5',
    'postgresql/changes/1/-3/5',
    'postgresql/changes/1/3/5.0',
    'postgresql/changes/1/3/05',
    'postgresql/changes/1/3/9223372036854775808',
    'postgresql/changes/1/3/5/',
    'postgresql/changes/1/3/5\n',
    'postgresql/ns/../1/3/5',
    'postgresql/a/b/c/1/3/5',
  ])('is not %j', (text) => expect(parseEventId(text, OWN)).toBeNull());

  test('whatever is typed names no record outside its folder', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom('..', '.', '1', 'postgresql', 'a'))), (parts) => {
        const id = parseEventId(parts.join('/'), OWN);
        if (id !== null)
          expect(recordPath(id)).toMatch(
            /^_system\/replayed\/(postgresql|mongodb)\/[^/]+\/[^/]+\/\d+\/\d+\/\d+\.json$/,
          );
        expect(id === null || !recordPath(id).split('/').includes('..')).toBe(true);
      }),
    );
  });
});

describe('a record', () => {
  const replay: Replay = { id: 'a', intendedAt: 1, sentAt: null, sha256: 'ff', bytes: 3, isCorrected: true };

  test('is read back as it was written', () => {
    const replays = [
      { ...replay, sentAt: 2 },
      { ...replay, id: 'b', isCorrected: false },
    ];
    expect(parseRecord(formatRecord(ID, replays))).toEqual(replays);
    expect(JSON.parse(formatRecord(ID, replays).toString())).toMatchObject({
      format: 1,
      sequenceNumber: String(ID.sequence),
    });
  });

  test.each([
    '',
    '{}',
    'null',
    '{"format":2,"replays":[]}',
    '{"format":1,"replays":[]}',
    '{"format":1,"replays":[{}]}',
  ])('is not %j, and then nobody knows what was sent', (text) =>
    expect(stateOf(parseRecord(Buffer.from(text)))).toBe('unreadable'),
  );

  test('tells by its latest sending', () => {
    expect(stateOf([])).toBe('none');
    expect(stateOf([replay])).toBe('perhaps');
    expect(stateOf([{ ...replay, sentAt: 2 }])).toBe('sent');
    expect(stateOf([{ ...replay, sentAt: 2 }, replay])).toBe('perhaps');
  });
});

describe('whether an event is sent again', () => {
  const event = (body: string, reason: QuarantinedEvent['reason'] = 'not_json'): QuarantinedEvent => ({
    ...{
      id: ID,
      offset: '1',
      enqueuedTime: '2026-11-22T00:00:00.000Z',
      partitionKey: null,
      properties: {},
      eventId: null,
    },
    ...{ reason, bodyBase64: Buffer.from(body, 'latin1').toString('base64') },
  });
  const asked: ReplayAsked = { corrected: null, again: false, anyway: false };
  const good = Buffer.from('{"a":1}');
  const half = Buffer.from('"\\ud83d"');
  const target = { namespace: OWN, hub: 'changes' };

  test.each<
    [
      string,
      QuarantinedEvent,
      Parameters<typeof stateOf>[0] | 'sent' | 'perhaps' | 'none' | 'unreadable',
      Partial<ReplayAsked>,
      object,
    ]
  >([
    ['corrected', event('x'), 'none', { corrected: good }, { kind: 'send', body: good, quarantinedAgain: null }],
    [
      'corrected to what cannot be read',
      event('x'),
      'none',
      { corrected: half, anyway: true },
      { why: 'still_unreadable', reason: 'unreadable_json' },
    ],
    ['corrected to nothing', event('x'), 'none', { corrected: Buffer.alloc(0) }, { why: 'empty' }],
    ['as it is, not JSON', event('x'), 'none', {}, { why: 'still_unreadable', reason: 'not_json' }],
    ['as it is, not UTF-8', event('\xff', 'not_utf8'), 'none', {}, { why: 'still_unreadable', reason: 'not_utf8' }],
    [
      'as it is, anyway',
      event('x'),
      'none',
      { anyway: true },
      { kind: 'send', body: Buffer.from('x'), quarantinedAgain: 'not_json' },
    ],
    [
      'as it is, unreadable',
      event('"\\ud83d"', 'unreadable_json'),
      'none',
      {},
      { kind: 'send', quarantinedAgain: 'unreadable_json' },
    ],
    [
      'as it is, and readable by now',
      event('{"a":1}'),
      'none',
      {},
      { kind: 'send', body: good, quarantinedAgain: null },
    ],
    ['though it was sent', event('x'), 'sent', { corrected: good }, { why: 'already_sent' }],
    ['though it was perhaps sent', event('x'), 'perhaps', { corrected: good }, { why: 'perhaps_sent' }],
    [
      'though its record is unreadable',
      event('x'),
      'unreadable',
      { corrected: good, again: true },
      { why: 'record_unreadable' },
    ],
    ['once more', event('x'), 'sent', { corrected: good, again: true }, { kind: 'send' }],
    ['after it was perhaps sent', event('x'), 'perhaps', { corrected: good, again: true }, { kind: 'send' }],
  ])('%s', (_, of, state, changes, verdict) => {
    expect(judgeReplay(of, state as 'none', target, { ...asked, ...changes })).toMatchObject(verdict);
  });

  test('never to another hub or namespace', () => {
    const other = { ...asked, corrected: good };
    expect(judgeReplay(event('x'), 'none', { ...target, hub: 'others' }, other)).toMatchObject({ why: 'another_hub' });
    expect(judgeReplay(event('x'), 'none', { ...target, namespace: 'b' }, other)).toMatchObject({ why: 'another_hub' });
  });
});

describe('a quarantine line', () => {
  const line =
    `{"format":1,"source":"postgresql","namespace":"${OWN}","hub":"changes","incarnation":1,"partition":"3","sequenceNumber":9007199254740993,` +
    '"offset":"1","enqueuedTime":"2026-11-22T00:00:00.000Z","partitionKey":null,"properties":{"a":1},"eventId":null,"reason":"not_json","bodyBase64":"eA=="}';

  test('is read with its number exact and its body byte for byte', () => {
    const read = readQuarantineLine(Buffer.from(line));
    expect(read).toMatchObject({ id: ID, properties: { a: 1 }, reason: 'not_json' });
    expect(read === null || read === 'newer_format' ? null : bodyOf(read).toString()).toBe('x');
  });

  test.each([
    ['another version of the same', line.replace('"format":1', '"format":2'), 'newer_format'],
    ['nothing that is known', '{"format":17,"what":"ever', 'newer_format'],
    ['a version that never was', line.replace('"format":1', '"format":0'), null],
    ['no number', line.replace('"format":1', '"format":"2"'), null],
    ['no version', line.replace('"format":1,', ''), null],
    ['its version elsewhere', `${line.replace('"format":1,', '').slice(0, -1)},"format":2}`, null],
  ])('with %s is told apart', (_, text, expected) => expect(readQuarantineLine(Buffer.from(text))).toBe(expected));

  test.each(['not_json', '"eA=="', '"properties":{"a":1},', '"3"'])('without %s is none', (part) =>
    expect(readQuarantineLine(Buffer.from(line.replace(part, part === '"eA=="' ? '"e"' : '')))).toBeNull(),
  );
});

describe('what people are shown of a body', () => {
  test('moves no cursor and turns no text', () => {
    expect(printableText('a\u001b[2J\u202eb\r\u0085\u2028\n\tü')).toBe(
      'a\\u{1b}[2J\\u{202e}b\\u{d}\\u{85}\\u{2028}\n\tü',
    );
  });

  test('is a dump where it is no text', () => {
    expect(hexDump(Buffer.from('no JSON\0\xff', 'latin1'))).toBe(
      '00000000  6e 6f 20 4a 53 4f 4e 00 ff                       |no JSON..|',
    );
    expect(printableBody(Buffer.from([0xff]), 10)).toContain('|.|');
  });

  test('is cut, between characters, and says so', () => {
    expect(printableBody(Buffer.from('aüb'), 2)).toBe('a\n… and 2 bytes more: --raw writes them all');
  });
});
