import { told } from '../../../local/platform/told';
import { type CaptureNews } from '../../../src/lib/capture/run';

const AT = new Date('2026-11-26T02:31:00Z');
const log = (message: string, level = 'information') => told({ kind: 'log', line: { level, message } as never }, 0, AT);
const capture = (news: CaptureNews): string | null =>
  log(JSON.stringify({ message: 'capture', source: 'postgresql', ...news }));

const report = {
  ...{ name: 'shop', events: 1_200, batches: 3, bytes: 400_000, transactions: 40 },
  ...{ sourceDelayMs: 250, slotRetainedBytes: 0, oplogWindowSeconds: null },
};

test('what capture sent is told in a sentence, and a run that had nothing to send is not', () => {
  expect(capture({ kind: 'captured', report })).toBe(
    '02:31:00 [0] captured from postgresql shop: 1,200 events in 3 batches, 40 transactions, 250 ms behind the source',
  );
  expect(capture({ kind: 'captured', report: { ...report, events: 0 } })).toBeNull();
});

test('a snapshot’s progress, and what failed, are told', () => {
  const at = {
    name: 'shop',
    table: '"public"."orders"',
    rows: 10_000,
    estimatedRows: 25_000,
    tablesDone: 1,
    tables: 3,
  };
  expect(capture({ kind: 'snapshot', ...at })).toBe(
    '02:31:00 [0] captured from postgresql shop: snapshot, 1 of 3 tables done; "public"."orders": 10,000 of about 25,000 rows',
  );
  expect(capture({ kind: 'failed', name: 'shop', code: 'SOURCE_FAILED', error: 'SOURCE_FAILED: why' })).toBe(
    '02:31:00 [0] captured from postgresql shop: SOURCE_FAILED: why',
  );
});

test('any other line is told as it is', () => {
  expect(log('hello')).toBe('02:31:00 [0] information: hello');
  expect(log('{"message":"capture",')).toBe('02:31:00 [0] information: {"message":"capture",');
});
