import { PipelineError } from '../../src/lib/errors';
import { ACCEPTED, type Receipt } from '../../src/lib/observability/exporter';
import { noTelemetry, telemetryThrough } from '../../src/lib/observability/telemetry';
import { batchReport, FakeExporter, ManualTiming, refuse } from './fakes';

/** Telemetry over an exporter that answers what the test wants, and time that passes by hand. */
function setUp() {
  const exporter = new FakeExporter();
  const timing = new ManualTiming();
  const logged: Record<string, unknown>[] = [];
  const at = { now: 1_000_000 };
  const opened = { times: 0 };
  const telemetry = telemetryThrough(
    {
      open: () => {
        opened.times += 1;
        return Promise.resolve(exporter);
      },
      now: () => at.now,
      log: (fields) => logged.push(fields),
    },
    timing,
  );
  return { exporter, timing, logged, at, opened, telemetry };
}

const sumOf = (exporter: FakeExporter, name: string): number =>
  exporter.sent
    .flatMap(({ samples }) => samples)
    .filter((sample) => sample.name === name)
    .reduce((total, { sum }) => total + sum, 0);

const never = (): Promise<Receipt> => new Promise(() => undefined);

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('telling of a batch sends nothing, opens nothing and waits for nothing', () => {
  const { telemetry, exporter, opened } = setUp();
  for (let i = 0; i < 1_000; i += 1) telemetry.batch('postgresql', batchReport());
  expect(exporter.sent).toEqual([]);
  expect(opened.times).toBe(0);
});

test('what sends is opened once the first batch has had its turn', () => {
  const { telemetry, timing, opened } = setUp();
  telemetry.batch('postgresql', batchReport());
  telemetry.batch('postgresql', batchReport());
  timing.turn();
  expect(opened.times).toBe(1);
});

test('an interval sends one sample for each series, however many batches there were', async () => {
  const { telemetry, timing, exporter } = setUp();
  for (let i = 0; i < 500; i += 1) telemetry.batch('postgresql', batchReport({ partition: String(i % 2) }));
  timing.interval();
  await settled();
  expect(exporter.sent).toHaveLength(1);
  expect(exporter.sent[0]?.samples.filter(({ name }) => name === 'events_written')).toHaveLength(2);
  expect(sumOf(exporter, 'events_written')).toBe(5_000);
});

test('an interval in which nothing happened sends nothing', async () => {
  const { telemetry, timing, exporter } = setUp();
  telemetry.batch('postgresql', batchReport());
  for (let i = 0; i < 3; i += 1) {
    timing.interval();
    await settled();
  }
  expect(exporter.sent).toHaveLength(1);
});

test('while an endpoint hangs, batches go on being told and nothing piles up behind it', async () => {
  const { telemetry, timing, exporter } = setUp();
  exporter.answer = never;
  for (let minute = 0; minute < 10; minute += 1) {
    telemetry.batch('postgresql', batchReport());
    timing.interval();
    await settled();
  }
  expect(exporter.sent).toHaveLength(1);
});

test('what was refused is sent with what follows, once', async () => {
  const { telemetry, timing, exporter, logged } = setUp();
  exporter.answer = refuse;
  for (let minute = 0; minute < 3; minute += 1) {
    telemetry.batch('postgresql', batchReport());
    timing.interval();
    await settled();
  }
  exporter.sent.length = 0;
  exporter.answer = () => Promise.resolve(ACCEPTED);
  telemetry.batch('postgresql', batchReport());
  timing.interval();
  await settled();
  timing.interval();
  await settled();
  expect(sumOf(exporter, 'events_written')).toBe(40);
  expect(logged).toEqual([{ message: 'telemetry_refused', fault: 'http_503' }]);
});

test('what is refused for too long is dropped, counted and told', async () => {
  const { telemetry, timing, exporter, logged } = setUp();
  exporter.answer = refuse;
  telemetry.lag('mongodb', 'h', '0', 7);
  for (let minute = 0; minute < 20; minute += 1) {
    timing.interval();
    await settled();
  }
  expect(logged).toEqual([
    { message: 'telemetry_refused', fault: 'http_503' },
    { message: 'telemetry_dropped', dropped: 1, fault: 'given_up' },
  ]);
  expect(exporter.sent).toHaveLength(16);
});

test('an endpoint that asks for patience is given it', async () => {
  const { telemetry, timing, exporter, at } = setUp();
  exporter.answer = (telegram) =>
    Promise.resolve({ refused: telegram, dropped: 0, retryAfterMs: 90_000, fault: 'http_429' });
  telemetry.batch('postgresql', batchReport());
  const sentAfter = async (ms: number): Promise<number> => {
    at.now += ms;
    timing.interval();
    await settled();
    return exporter.sent.length;
  };
  expect([await sentAfter(0), await sentAfter(60_000), await sentAfter(60_000)]).toEqual([1, 1, 2]);
});

test('failures are all counted and a few of each code are told', async () => {
  const { telemetry, exporter } = setUp();
  const place = { source: 'mongodb', hub: 'h', partition: '1' };
  for (let i = 0; i < 50; i += 1) telemetry.failed(place, new PipelineError('STORAGE_FAILED', 'x'), null);
  telemetry.failed(place, new Error('x'), null);
  await telemetry.flush(1_000);
  expect(exporter.sent[0]?.failures.map(({ code }) => code)).toEqual([
    ...['STORAGE_FAILED', 'STORAGE_FAILED', 'STORAGE_FAILED'],
    'UNEXPECTED',
  ]);
  expect(exporter.sent[0]?.samples.map(({ name, dimensions, sum }) => ({ name, code: dimensions.code, sum }))).toEqual([
    { name: 'failures', code: 'STORAGE_FAILED', sum: 50 },
    { name: 'failures', code: 'UNEXPECTED', sum: 1 },
  ]);
});

test('a run of capture that failed and began anew counts from zero, and another run of the same database, too', async () => {
  const { telemetry, exporter } = setUp();
  const report = (events: number) => ({
    kind: 'captured' as const,
    report: {
      ...{ name: 'shop', events, batches: 1, bytes: 1, transactions: events, sourceDelayMs: 1 },
      ...{ slotRetainedBytes: null, oplogWindowSeconds: null },
    },
  });
  const run = telemetry.capture('postgresql');
  run(report(10));
  run(report(30));
  run({ kind: 'failed', name: 'shop', code: 'SOURCE_FAILED', error: 'x' });
  run(report(40));
  telemetry.capture('postgresql')(report(50));
  await telemetry.flush(1_000);
  expect(sumOf(exporter, 'capture_events_sent')).toBe(30 + 40 + 50);
  expect(sumOf(exporter, 'failures')).toBe(1);
});

test('a flush takes no longer than it may, though the endpoint never answers', async () => {
  const { telemetry, exporter } = setUp();
  let wasCut = false;
  exporter.answer = (_, signal) => {
    signal.addEventListener('abort', () => (wasCut = true));
    return never();
  };
  telemetry.batch('postgresql', batchReport());
  await telemetry.flush(20);
  expect(wasCut).toBe(true);
});

test('a flush also sends what was told while the last telegram was under way', async () => {
  const { telemetry, timing, exporter } = setUp();
  let answerFirst: (receipt: Receipt) => void = () => undefined;
  exporter.answer = () => new Promise((resolve) => (answerFirst = resolve));
  telemetry.batch('postgresql', batchReport());
  timing.interval();
  await settled();
  telemetry.batch('postgresql', batchReport());
  const flushed = telemetry.flush(10_000);
  exporter.answer = () => Promise.resolve(ACCEPTED);
  answerFirst(ACCEPTED);
  await flushed;
  expect(exporter.sent).toHaveLength(2);
  expect(sumOf(exporter, 'events_written')).toBe(20);
});

test('two flushes at once do not send at once', async () => {
  const { telemetry, exporter } = setUp();
  let atOnce = 0;
  let most = 0;
  exporter.answer = async () => {
    most = Math.max(most, (atOnce += 1));
    await settled();
    atOnce -= 1;
    return ACCEPTED;
  };
  telemetry.batch('postgresql', batchReport());
  const first = telemetry.flush(1_000);
  telemetry.batch('postgresql', batchReport());
  const second = telemetry.flush(1_000);
  telemetry.batch('postgresql', batchReport());
  await Promise.all([first, second, telemetry.flush(1_000)]);
  expect(most).toBe(1);
  expect(sumOf(exporter, 'events_written')).toBe(30);
});

test('after closing, no timer is left, and what could not be sent is told', async () => {
  const { telemetry, timing, exporter, logged } = setUp();
  exporter.answer = refuse;
  telemetry.lag('mongodb', 'h', '0', 7);
  await telemetry.close(1_000);
  expect(timing.timers).toBe(0);
  expect(logged.at(-1)).toEqual({ message: 'telemetry_dropped', dropped: 1, fault: 'given_up' });
});

test('an exporter that cannot be opened is tried again, and nothing is lost meanwhile', async () => {
  const { exporter } = setUp();
  const timing = new ManualTiming();
  let isBroken = true;
  const telemetry = telemetryThrough(
    {
      open: () => (isBroken ? Promise.reject(new Error('no such module')) : Promise.resolve(exporter)),
      now: () => 0,
      log: () => undefined,
    },
    timing,
  );
  telemetry.batch('postgresql', batchReport());
  timing.turn();
  await telemetry.flush(1_000);
  isBroken = false;
  await telemetry.flush(1_000);
  expect(sumOf(exporter, 'events_written')).toBe(10);
});

test('no telemetry takes whatever it is told', async () => {
  noTelemetry.batch('postgresql', batchReport());
  noTelemetry.capture('mongodb')({ kind: 'busy', name: 'x' });
  await noTelemetry.close(1);
});
