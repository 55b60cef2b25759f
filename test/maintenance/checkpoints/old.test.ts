import { oldCheckpoints } from '../../../src/lib/maintenance/checkpoints/old';

const CREATED = Date.UTC(2026, 10, 22, 12);
const record = (metadata: Record<string, string>, modifiedAt: number) => ({
  ...{ name: 'x', etag: 'x', bytes: 0, metadata, modifiedAt, seenAt: modifiedAt },
});

test.each([
  ['at the end', { sequencenumber: '9' }, 5_000, 9n, null],
  ['behind it', { sequencenumber: '0' }, 5_000, 9n, null],
  ['beyond it', { sequencenumber: '10' }, 5_000, 9n, 'beyond_end'],
  ['in a hub that never had an event', { sequencenumber: '0' }, 5_000, null, 'beyond_end'],
  ['of before the hub', { sequencenumber: '3' }, -5_000, 9n, 'before_hub'],
  ['of the second in which the hub was made', { sequencenumber: '3' }, -999, 9n, null],
  ['without a number', {}, 5_000, 9n, null],
  ['without a number, of before the hub', {}, -5_000, 9n, 'before_hub'],
] as const)('a checkpoint %s', (_, metadata, afterMs, last, why) => {
  const seen = new Map([['3', record(metadata, CREATED + afterMs)]]);
  const progress = { lastEnqueuedAt: null, begin: 0n, isEmpty: false };
  const partitions = [
    { partition: '3', last, ...progress },
    { partition: '4', last, ...progress },
  ];
  const told = oldCheckpoints(seen, { createdAt: CREATED, partitions });
  expect(told.map((one) => [one.partition, one.why])).toEqual(why === null ? [] : [['3', why]]);
});
