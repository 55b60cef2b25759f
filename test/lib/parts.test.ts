import { within } from '../../src/lib/attempt';
import { ByteBudget } from '../../src/lib/budget';
import { forEachOf } from '../../src/lib/parallel';
import { dayFolder, dayFolders, formatStamp, parseStamp } from '../../src/lib/time';

/** A promise and its ends. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** Lets everything run that does not wait for a gate. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const never = new AbortController().signal;

describe('the byte budget', () => {
  test('holds no more than its total at once, and serves in turn', async () => {
    const budget = new ByteBudget(100);
    const begun: string[] = [];
    const gates = { a: gate(), b: gate(), c: gate(), d: gate() };
    const run = (name: keyof typeof gates, bytes: number): Promise<void> =>
      budget.holding(bytes, never, async () => {
        begun.push(name);
        await gates[name].opened;
      });
    const all = [run('a', 60), run('b', 60), run('c', 30), run('d', 10)];
    await settle();
    // c and d would fit beside a, but b came first: a large one must not starve.
    expect(begun).toEqual(['a']);
    gates.a.open();
    await settle();
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
    gates.b.open();
    gates.c.open();
    gates.d.open();
    await Promise.all(all);
  });

  test('lets one pass that is larger than all of it, alone', async () => {
    const budget = new ByteBudget(100);
    const large = gate();
    const begun: string[] = [];
    const first = budget.holding(1_000, never, () => (begun.push('large'), large.opened));
    const second = budget.holding(1, never, () => Promise.resolve(void begun.push('small')));
    await settle();
    expect(begun).toEqual(['large']);
    large.open();
    await Promise.all([first, second]);
    expect(begun).toEqual(['large', 'small']);
  });

  test('gives back what failed, and forgets who gave up waiting', async () => {
    const budget = new ByteBudget(10);
    await expect(budget.holding(10, never, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    const holder = gate();
    const holding = budget.holding(10, never, () => holder.opened);
    const patience = new AbortController();
    const waiting = budget.holding(10, patience.signal, () => Promise.reject(new Error('must not run')));
    const next = budget.holding(5, never, () => Promise.resolve('ran'));
    patience.abort(new Error('gave up'));
    await expect(waiting).rejects.toThrow('gave up');
    holder.open();
    await holding;
    await expect(next).resolves.toBe('ran');
    await expect(budget.holding(1, patience.signal, () => Promise.resolve())).rejects.toThrow('gave up');
  });
});

describe('an attempt', () => {
  test('gives what its work gives, and throws what it throws', async () => {
    await expect(within(60_000, 'it', () => Promise.resolve(5))).resolves.toBe(5);
    await expect(within(60_000, 'it', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  });

  test('ends in time though its work does not heed the signal, and tells the signal', async () => {
    let told: AbortSignal | undefined;
    const endless = within(20, 'the batch', (signal) => {
      told = signal;
      return new Promise<never>(() => undefined);
    });
    await expect(endless).rejects.toMatchObject({ code: 'ATTEMPT_TIMED_OUT', retryable: true });
    expect(told?.aborted).toBe(true);
  });
});

describe('forEachOf', () => {
  test('begins no more than so many at once, and all in the end', async () => {
    let [running, most] = [0, 0];
    const done: number[] = [];
    await forEachOf([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
      most = Math.max(most, (running += 1));
      await settle();
      running -= 1;
      done.push(item);
    });
    expect(most).toBe(3);
    expect(done.sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test('after a failure begins no more, waits for those under way, then throws the first', async () => {
    const begun: number[] = [];
    const slow = gate();
    let ended = false;
    const all = forEachOf([1, 2, 3, 4], 2, async (item) => {
      begun.push(item);
      if (item === 1) throw new Error('first');
      await slow.opened;
      ended = true;
      throw new Error('second');
    });
    await settle();
    expect(ended).toBe(false);
    slow.open();
    await expect(all).rejects.toThrow('first');
    expect(ended).toBe(true);
    expect(begun).toEqual([1, 2]);
  });
});

describe('time', () => {
  test('stamps and folders are UTC in every time zone', () => {
    const late = Date.UTC(2026, 10, 22, 23, 59, 59, 998);
    expect(formatStamp(late)).toBe('20261122T235959998Z');
    expect(parseStamp('20261122T235959998Z')).toBe(late);
    expect(dayFolder(late)).toBe('2026/11/22');
    expect(dayFolder(late + 2)).toBe('2026/11/23');
  });

  test.each(['20261122T235959998', '20261122T245959998Z', '2026-11-22T23:59:59Z', '20260230T000000000Z', ''])(
    '%s is no stamp',
    (text) => expect(parseStamp(text)).toBeNull(),
  );

  test('day folders of a period include both ends, over a month and a leap day', () => {
    expect(dayFolders(Date.UTC(2028, 1, 28, 23), Date.UTC(2028, 2, 1, 1))).toEqual([
      '2028/02/28',
      '2028/02/29',
      '2028/03/01',
    ]);
    expect(dayFolders(5, 4)).toEqual(['1970/01/01']);
  });
});
