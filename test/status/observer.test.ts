import { type Lake } from '../../src/lib/ledger/port';
import { Observer } from '../../src/lib/status/observer';
import { parseObserved } from '../../src/lib/status/observed-json';

/** A lake of which only putting a file is asked; each put waits until it is answered. */
class Puts {
  readonly asked: { path: string; bytes: Buffer; answer: (error?: Error) => void }[] = [];
  readonly lake = {
    stage: (path: string, bytes: Buffer) =>
      new Promise<void>((done, failed) => {
        this.asked.push({ path, bytes, answer: (error) => (error === undefined ? done() : failed(error)) });
      }),
  } as unknown as Lake;

  /** Failures told by the n-th put. */
  failures(n: number): number {
    const minutes = parseObserved(this.asked[n]?.bytes ?? Buffer.alloc(0));
    return minutes.reduce((sum, { failures }) => sum + (failures['STORAGE_FAILED'] ?? 0), 0);
  }

  async answer(n: number, error?: Error): Promise<void> {
    this.asked[n]?.answer(error);
    await new Promise(setImmediate);
  }
}

const clock = { ms: 0, now: () => clock.ms };

/** What is to be done later, and the passing of time. */
let planned: { at: number; act: () => void }[];
const later = (ms: number, act: () => void): void => void planned.push({ at: clock.ms + ms, act });

function pass(ms: number): void {
  clock.ms += ms;
  const due = planned.filter(({ at }) => at <= clock.ms);
  planned = planned.filter(({ at }) => at > clock.ms);
  for (const { act } of due) act();
}

beforeEach(() => {
  clock.ms = Date.parse('2026-11-22T12:00:00Z');
  planned = [];
});

test('the last of all is written, too, though nothing comes after it', async () => {
  const puts = new Puts();
  const observer = new Observer(puts.lake, 'one', clock, later);
  observer.failed('mongodb', 'STORAGE_FAILED');
  await puts.answer(0);
  observer.failed('mongodb', 'STORAGE_FAILED');
  observer.failed('mongodb', 'STORAGE_FAILED');
  pass(14_999);
  expect(puts.asked).toHaveLength(1);
  pass(1);
  expect([puts.asked.length, puts.failures(1)]).toEqual([2, 3]);
  await puts.answer(1);
  pass(60_000);
  expect([puts.asked.length, planned]).toEqual([2, []]);
});

test('what could not be written for want of an answer is written after it', async () => {
  const puts = new Puts();
  const observer = new Observer(puts.lake, 'one', clock, later);
  observer.failed('mongodb', 'STORAGE_FAILED');
  pass(20_000);
  observer.failed('mongodb', 'STORAGE_FAILED');
  expect(puts.asked).toHaveLength(1);
  await puts.answer(0);
  pass(1_000);
  expect([puts.asked.length, puts.failures(1)]).toEqual([2, 2]);
});

test('the first is written at once, what follows no sooner than 15 s after, all of it together', async () => {
  const puts = new Puts();
  const observer = new Observer(puts.lake, 'one', clock, later);
  observer.failed('mongodb', 'STORAGE_FAILED');
  expect(puts.asked.map(({ path }) => path)).toEqual(['_system/observed/one.json']);
  await puts.answer(0);
  for (let i = 0; i < 5; i += 1) observer.failed('mongodb', 'STORAGE_FAILED');
  clock.ms += 14_999;
  observer.failed('mongodb', 'STORAGE_FAILED');
  expect(puts.asked).toHaveLength(1);
  clock.ms += 1;
  observer.failed('mongodb', 'STORAGE_FAILED');
  expect(puts.asked).toHaveLength(2);
  expect([puts.failures(0), puts.failures(1)]).toEqual([1, 8]);
});

test('while one put is unanswered there is no other, and a put that fails is made good by the next', async () => {
  const puts = new Puts();
  const observer = new Observer(puts.lake, 'one', clock, later);
  observer.failed('mongodb', 'STORAGE_FAILED');
  clock.ms += 60_000;
  observer.failed('mongodb', 'STORAGE_FAILED');
  expect(puts.asked).toHaveLength(1);
  await puts.answer(0, new Error('refused'));
  observer.failed('mongodb', 'STORAGE_FAILED');
  expect(puts.failures(1)).toBe(3);
});

test('a loop of failures takes no memory', async () => {
  const puts = new Puts();
  const observer = new Observer(puts.lake, 'one', clock, later);
  for (let i = 0; i < 10_000; i += 1) observer.failed('mongodb', 'STORAGE_FAILED');
  await puts.answer(0);
  clock.ms += 15_000;
  observer.failed('mongodb', 'STORAGE_FAILED');
  expect(puts.failures(1)).toBe(10_001);
  expect(puts.asked[1]?.bytes.length).toBeLessThan(500);
});

test('at the end the rest is written, and a lake that never answers does not hold the end up', async () => {
  const puts = new Puts();
  const observer = new Observer(puts.lake, 'one', clock, later);
  observer.failed('mongodb', 'STORAGE_FAILED');
  await puts.answer(0);
  observer.failed('mongodb', 'STORAGE_FAILED');
  const closing = observer.close(60_000);
  await new Promise(setImmediate);
  expect(puts.failures(1)).toBe(2);
  await puts.answer(1);
  await closing;

  observer.failed('mongodb', 'STORAGE_FAILED');
  await observer.close(1);
  expect(puts.asked).toHaveLength(3);
});
