import fc from 'fast-check';
import { nextClaim } from '../../../local/host/balance';
import { setCookie } from '../../../local/host/cookie';
import { execute, type Attempt } from '../../../local/host/executor';
import { hostIdOf } from '../../../local/host/host-id';
import { delayBeforeMs, readRetryPolicy } from '../../../local/host/retry';
import { matchRoute, readRoute } from '../../../local/host/route';
import { type Ownership } from '../../../local/host/partition-store';

/** The host's pure rules. */

describe('retries', () => {
  const seconds = (value: number): object => ({ seconds: value });
  const growing = { retryStrategy: 'exponentialBackoff', maxRetryCount: -1 };

  test('intervals are rounded to whole seconds', () => {
    const fixed = { retryStrategy: 'fixedDelay', maxRetryCount: 3, delayInterval: seconds(1.5) };
    expect(readRetryPolicy('f', fixed)).toEqual({ strategy: 'fixedDelay', maxRetryCount: 3, delayMs: 2000 });
    const policy = { ...growing, minimumInterval: seconds(0.4), maximumInterval: seconds(119.6) };
    expect(readRetryPolicy('f', policy)).toMatchObject({ minimumMs: 0, maximumMs: 120_000 });
    expect(readRetryPolicy('f', undefined)).toEqual({ strategy: 'none' });
  });

  test.each([
    ['strategy linear', { retryStrategy: 'linear', maxRetryCount: 1 }],
    ['maxRetryCount is -2', { ...growing, maxRetryCount: -2 }],
    ['minimumInterval is no duration', growing],
    ['longer', { ...growing, minimumInterval: seconds(9), maximumInterval: seconds(1) }],
  ])('a wrong policy names its function: %s', (message, policy) => {
    expect(() => readRetryPolicy('take', policy)).toThrow(message);
    expect(() => readRetryPolicy('take', policy)).toThrow('take');
  });

  test('a policy ends after its count; -1 never', () => {
    const fixed = { strategy: 'fixedDelay', maxRetryCount: 2, delayMs: 5 } as const;
    expect([1, 2, 3].map((retry) => delayBeforeMs(fixed, retry, 0))).toEqual([5, 5, null]);
    expect(delayBeforeMs({ ...fixed, maxRetryCount: -1 }, 1e9, 0)).toBe(5);
    expect(delayBeforeMs({ strategy: 'none' }, 1, 0)).toBeNull();
  });

  test('intervals grow from the minimum, doubling, to the maximum', () => {
    const policy = { strategy: 'exponentialBackoff', maxRetryCount: -1, minimumMs: 2000, maximumMs: 60_000 } as const;
    const delays = (random: number): unknown[] =>
      [1, 2, 3, 4, 5, 6, 99].map((retry) => delayBeforeMs(policy, retry, random));
    expect(delays(0.5)).toEqual([2000, 4000, 6000, 10_000, 18_000, 34_000, 60_000]);
    expect(delays(0)).toEqual([2000, 3600, 5200, 8400, 14_800, 27_600, 60_000]);
  });
});

describe('execution', () => {
  const run = async (
    results: (() => Promise<unknown>)[],
    maxRetryCount: number,
    signal = new AbortController().signal,
  ) => {
    const attempts: Attempt[] = [];
    const told: unknown[] = [];
    const execution = await execute(
      {
        policy: { strategy: 'fixedDelay', maxRetryCount, delayMs: 0 },
        timeoutMs: 50,
        onTimeout: (ms) => told.push(`timeout ${ms}`),
        onAttempt: (attempt) => attempts.push(attempt),
        call: ({ retryContext }) => {
          told.push(retryContext?.retryCount ?? 0);
          return results.shift()?.() ?? Promise.resolve();
        },
      },
      signal,
    );
    return { execution, told, errors: attempts.map(({ error }) => error) };
  };
  const fail = (): Promise<unknown> => Promise.reject(new Error('no'));

  test('success ends it, exhaustion too, and both are an end', async () => {
    expect(await run([fail], 5)).toEqual({
      execution: { isOver: true, error: null },
      told: [0, 1],
      errors: ['Error: no', null],
    });
    expect(await run([fail, fail], 1)).toEqual({
      execution: { isOver: true, error: 'Error: no' },
      told: [0, 1],
      errors: ['Error: no', 'Error: no'],
    });
  });

  test('aborted, it makes no further attempt, and has not ended', async () => {
    const ending = new AbortController();
    const { execution, told } = await run([fail], -1, AbortSignal.any([ending.signal, AbortSignal.abort()]));
    expect(execution).toEqual({ isOver: false });
    expect(told).toEqual([0]);
  });

  test('one that takes too long is a failed attempt', async () => {
    const { errors, told } = await run([() => new Promise(() => undefined)], 1);
    expect(told).toEqual([0, 'timeout 50', 1]);
    expect(errors).toEqual(['Error: The function ran longer than its time limit of 0.05 s.', null]);
  });
});

describe('sharing partitions', () => {
  const NOW = 1_000_000;
  const own = (ownerId: string, partition: number, renewedAt = NOW): Ownership => ({
    ...{ ownerId, renewedAt, partition: String(partition), etag: `${ownerId}-${partition}` },
  });
  const partitions = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i));
  const claim = (me: string, count: number, ownership: Ownership[], random = 0) =>
    nextClaim({ me, partitions: partitions(count), ownership, now: NOW, expirationMs: 120_000 }, random);

  test('what nobody has comes first, then what expired or was given up', () => {
    expect(claim('a', 2, [])).toEqual({ partition: '0', before: null, from: null });
    const dead = own('b', 0, NOW - 120_000);
    expect(claim('a', 1, [dead])).toEqual({ partition: '0', before: dead, from: null });
    const givenUp = own('', 0);
    expect(claim('a', 1, [givenUp])).toEqual({ partition: '0', before: givenUp, from: null });
  });

  test('one with less than its share takes from one that has too many', () => {
    const taken = [0, 1, 2, 3].map((i) => own('b', i));
    expect(claim('a', 4, taken, 0.99)).toEqual({ partition: '3', before: taken[3], from: 'b' });
    expect(claim('a', 4, [own('a', 0), own('a', 1), own('b', 2), own('b', 3)])).toBeNull();
    // 2 and 1: as even as it gets.
    expect(claim('a', 3, [own('a', 0), own('b', 1), own('b', 2)])).toBeNull();
  });

  test('with its share reached it takes one more only where no other has less', () => {
    const shared = [own('a', 0), own('a', 1), own('b', 2), own('b', 3)];
    expect(claim('a', 5, shared)).toEqual({ partition: '4', before: null, from: null });
    expect(claim('a', 5, [own('a', 0), own('a', 1), own('b', 2)])).toBeNull();
  });

  test('whoever looks in whatever order: all is owned in the end, evenly, and then nobody moves', () => {
    const scenario = fc.record({
      count: fc.integer({ min: 1, max: 16 }),
      instances: fc.integer({ min: 1, max: 6 }),
      turns: fc.array(fc.tuple(fc.nat(5), fc.double({ min: 0, max: 0.999, noNaN: true })), {
        minLength: 20,
        maxLength: 60,
      }),
    });
    fc.assert(
      fc.property(scenario, ({ count, instances, turns }) => {
        const owners = new Map<string, Ownership>();
        const turn = (who: number, random: number): boolean => {
          const me = `i${who % instances}`;
          const next = claim(me, count, [...owners.values()], random);
          if (next !== null) owners.set(next.partition, own(me, Number(next.partition)));
          return next !== null;
        };
        for (const [who, random] of turns) turn(who, random);
        // Each is asked in turn, as the real ones are, until nobody wants anything.
        for (let round = 0; round < 100; round += 1) {
          const moved = Array.from({ length: instances }, (_, who) => turn(who, 0.5));
          if (!moved.includes(true)) break;
        }
        const held = Array.from(
          { length: instances },
          (_, i) => [...owners.values()].filter((o) => o.ownerId === `i${i}`).length,
        );
        expect(owners.size).toBe(count);
        expect(Math.max(...held) - Math.min(...held)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('routes', () => {
  const match = (template: string, path: string, methods: string[] = []) =>
    matchRoute(readRoute(template, methods), 'GET', path);

  test.each([
    ['orders/{id}', 'orders/7', { id: '7' }],
    ['orders/{id}', 'Orders/a%20b', { id: 'a b' }],
    ['orders/{id}', 'orders', null],
    ['orders/{id:int}', 'orders/-7', { id: '-7' }],
    ['orders/{id:int}', 'orders/x', null],
    ['orders/{id?}', 'orders', {}],
    ['files/{*rest}', 'files/a/b', { rest: 'a/b' }],
    ['a.b', 'aXb', null],
  ])('%s and %s', (template, path, params) => {
    expect(match(template, path)).toEqual(params);
  });

  test('without methods any will do', () => {
    expect(match('a', 'a', ['post'])).toBeNull();
    expect(match('a', 'a', ['get'])).toEqual({});
  });
});

test('a cookie is written with what was given of it', () => {
  expect(setCookie({ name: 'a', value: 'b', sameSite: 'none' })).toBe('a=b');
  expect(
    setCookie({
      ...{ name: 'a', value: 'b;c', domain: { value: 'd' }, path: { value: '/' }, secure: { value: true } },
      ...{ expires: { value: { seconds: 0 } }, sameSite: 'explicitNone' },
    }),
  ).toBe('a=b%3Bc; Domain=d; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; SameSite=None');
});

test('instances of one app have one host id, other apps another, and a setting wins', () => {
  expect(hostIdOf('/a/b', {})).toBe(hostIdOf('/a/../a/b', {}));
  expect(hostIdOf('/a/b', {})).not.toBe(hostIdOf('/a/c', {}));
  expect(hostIdOf('/a', {})).toMatch(/^[a-z0-9-]{1,32}$/);
  expect(hostIdOf('/a', { WEBSITE_SITE_NAME: 'Site' })).toBe('site');
  expect(hostIdOf('/a', { WEBSITE_SITE_NAME: 'Site', AzureFunctionsWebHost__hostid: 'mine' })).toBe('mine');
});
