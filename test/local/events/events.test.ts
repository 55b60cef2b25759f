import { isUtf8 } from 'node:buffer';
import { changeEvents, type GeneratedEvent } from '../../../local/events/events';
import { readBody } from '../../../src/lib/decode/body';
import { recognise } from '../../../src/lib/decode/recognise';

const made: readonly GeneratedEvent[] = [...changeEvents({ seed: 7, count: 20_000 })];
const texts = made.map(({ body }) => body.toString());
const ordinary = made.filter(({ properties }) => properties['hostile'] !== true);

test('the same seed gives the same events, another seed others; as many as were asked for', () => {
  const bodies = (events: Iterable<GeneratedEvent>): Buffer => Buffer.concat([...events].map(({ body }) => body));
  expect(bodies(changeEvents({ seed: 7, count: 20_000 })).equals(bodies(made))).toBe(true);
  expect(bodies(changeEvents({ seed: 8, count: 20_000 })).equals(bodies(made))).toBe(false);
  expect(made).toHaveLength(20_000);
});

test('both sources, about a kilobyte each, and about one in a hundred hostile', () => {
  const share = (of: number): number => of / made.length;
  expect(share(made.filter(({ source }) => source === 'mongodb').length)).toBeCloseTo(0.4, 1);
  expect(share(made.length - ordinary.length)).toBeCloseTo(0.01, 2);
  expect(ordinary.reduce((sum, { body }) => sum + body.length, 0) / ordinary.length).toBeGreaterThan(700);
});

test('what is to be quarantined is what no reader of a whole file could read, and nothing else', () => {
  for (const { body, expect: shelf } of made) {
    expect(shelf).toBe(readBody(body).kind === 'quarantine' ? 'quarantine' : 'bronze');
  }
  expect(new Set(made.map((event) => event.expect)).size).toBe(2);
});

test('every ordinary event is recognised as a change', () => {
  for (const { body } of ordinary) {
    if (body.length === 0) continue;
    expect(recognise(JSON.parse(body.toString()), body.toString())?.operation).toMatch(
      /^(create|read|update|delete|truncate)$/,
    );
  }
});

test('the values that a careless reader alters are among them', () => {
  const all = texts.join('\n');
  for (const value of [
    '90071992547409',
    '1e400',
    '-0',
    ':1.0,',
    '"__proto__"',
    '\r\n',
    '\u2028',
    '🙂',
    '0000000000123456789012345678.',
  ]) {
    expect(all).toContain(value);
  }
  expect(made.some(({ body }) => !isUtf8(body))).toBe(true);
  expect(made.some(({ body }) => body.length > 800_000)).toBe(true);
  expect(made.some(({ body, properties }) => body.length === 0 && properties['hostile'] !== true)).toBe(true);
});

test('PostgreSQL creates, reads, updates, deletes and truncates; some rows come with their schema, some from wal2json', () => {
  const told = texts.filter((_, i) => made[i]?.source === 'postgresql' && made[i].properties['hostile'] !== true);
  for (const letter of 'crudt')
    expect(told.filter((text) => text.includes(`"op":"${letter}"`)).length).toBeGreaterThan(0);
  expect(told.some((text) => text.startsWith('{"schema":'))).toBe(true);
  expect(told.some((text) => text.startsWith('{"action":'))).toBe(true);
});

test('events are made as they are asked for: the first of a billion comes at once', () => {
  const [first] = changeEvents({ seed: 7, count: 1e9 });
  expect(first?.body.equals(made[0]?.body ?? Buffer.alloc(0))).toBe(true);
});

test('the events of a row keep its order: created first, nothing after its tombstone', () => {
  const state = new Map<string, string>();
  for (const { source, partitionKey, body } of ordinary) {
    if (source !== 'postgresql' || partitionKey === null) continue;
    const before = state.get(partitionKey);
    if (body.length === 0) {
      expect(before).toBe('delete');
      state.set(partitionKey, 'gone');
      continue;
    }
    const now = recognise(JSON.parse(body.toString()), body.toString())?.operation ?? '';
    if (before === undefined) expect(now).toMatch(/^(create|read)$/);
    else expect(['create', 'read', 'update']).toContain(before);
    state.set(partitionKey, now);
  }
  expect([...state.values()].filter((last) => last === 'gone').length).toBeGreaterThan(50);
});
