import path from 'node:path';
import fc from 'fast-check';
import { partitionOfKey } from '../../../local/event-hubs/partition-key';
import { admit, MAX_READERS } from '../../../local/event-hubs/readers';
import { ArmedFault, matches, type FaultRule } from '../../../local/event-hubs/fault-rules';
import { parseSelector, type StartPosition } from '../../../local/event-hubs/selector';

interface Mapper {
  readonly mapPartitionKeyToId: (key: string, partitions: number) => number;
}

test("a key's partition is the one that the SDK computes", () => {
  // By its path: the package does not export it.
  const inside = '../../../node_modules/@azure/event-hubs/dist/commonjs/impl/partitionKeyToIdMapper.js';
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { mapPartitionKeyToId } = require(path.join(__dirname, inside)) as Mapper;
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.integer({ min: 1, max: 32 }), (key, partitions) => {
      expect(partitionOfKey(key, partitions)).toBe(mapPartitionKeyToId(key, partitions));
    }),
    { numRuns: 5000 },
  );
});

test.each<[string, StartPosition | null]>([
  ["amqp.annotation.x-opt-offset > '-1'", { kind: 'earliest' }],
  ["amqp.annotation.x-opt-offset > '@latest'", { kind: 'latest' }],
  ['amqp.annotation.x-opt-offset > @latest', { kind: 'latest' }],
  ["amqp.annotation.x-opt-offset >= '128256'", { kind: 'offset', value: 128_256, inclusive: true }],
  ['amqp.annotation.x-opt-sequence-number > 41207', { kind: 'sequenceNumber', value: 41_207, inclusive: false }],
  ["amqp.annotation.x-opt-sequence-number > '-1'", { kind: 'sequenceNumber', value: -1, inclusive: false }],
  [
    "amqp.annotation.x-opt-enqueued-time > '1795305600000'",
    { kind: 'enqueuedTime', value: 1_795_305_600_000, inclusive: false },
  ],
  ["amqp.annotation.x-opt-offset = '5'", null],
  ["amqp.annotation.x-opt-offset > 'five'", null],
  ["amqp.annotation.x-opt-publisher > '5'", null],
  ['', null],
])('the selector %s', (text, position) => {
  expect(parseSelector(text)).toEqual(position);
});

describe('owner levels', () => {
  const readers = (...epochs: (bigint | null)[]) => epochs.map((epoch) => ({ epoch }));

  test('a lower one is refused', () => {
    expect(admit(readers(5n), 4n).refused?.condition).toBe('amqp:link:stolen');
  });
  test('an equal and a higher one send the other away', () => {
    const present = readers(5n);
    for (const epoch of [5n, 6n]) expect(admit(present, epoch)).toMatchObject({ refused: null, evicted: present });
  });
  test('the lowest sends those without away', () => {
    const present = readers(null, null);
    expect(admit(present, 0n)).toMatchObject({ refused: null, evicted: present });
  });
  test('one without is refused beside an owner, even of level 0', () => {
    expect(admit(readers(0n), null).refused?.condition).toBe('amqp:link:stolen');
  });
  test('levels beyond 2^53 are told apart', () => {
    const high = 2n ** 62n;
    expect(admit(readers(high + 1n), high).refused).not.toBeNull();
    expect(admit(readers(high), high + 1n).refused).toBeNull();
  });
  test('five without are let in, a sixth is not', () => {
    const present: { epoch: null }[] = [];
    for (; present.length < MAX_READERS; present.push({ epoch: null })) expect(admit(present, null).refused).toBeNull();
    expect(present).toHaveLength(5);
    expect(admit(present, null).refused?.condition).toBe('amqp:resource-limit-exceeded');
  });
});

describe('fault rules', () => {
  const send = { direction: 'send', hub: 'Orders', partition: '3' } as const;

  test.each<[FaultRule, boolean]>([
    [{ kind: 'delay', on: 'any' }, true],
    [{ kind: 'delay', on: 'receive' }, false],
    [{ kind: 'delay', on: 'send', hub: 'ORDERS', partition: '3' }, true],
    [{ kind: 'delay', on: 'send', hub: 'others' }, false],
    [{ kind: 'delay', on: 'send', partition: '2' }, false],
  ])('%j', (rule, expected) => {
    expect(matches(rule, send)).toBe(expected);
  });

  test('losing acknowledgements never strikes consumers', () => {
    expect(matches({ kind: 'loseAcknowledgement', on: 'any' }, { ...send, direction: 'receive' })).toBe(false);
    expect(() => new ArmedFault({ kind: 'loseAcknowledgement', on: 'receive' })).toThrow('consumers are sent no');
  });

  test('skips, strikes so many times, and stops', () => {
    const fault = new ArmedFault({ kind: 'delay', on: 'any', skip: 2, times: 2 });
    expect(Array.from({ length: 6 }, () => fault.strike())).toEqual([false, false, true, true, false, false]);
    expect(fault.hits).toBe(2);
    const removed = new ArmedFault({ kind: 'delay', on: 'any', times: Infinity });
    expect(removed.strike()).toBe(true);
    removed.remove();
    expect(removed.strike()).toBe(false);
  });
});
