import { Random } from '../events/random';

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Text that no compression makes smaller. */
const NOISE = noiseOf(new Random(20_261_122), 1 << 16);

function noiseOf(random: Random, length: number): string {
  return Array.from({ length }, () => BASE64[random.below(BASE64.length)]).join('');
}

export function noise(random: Random, length: number): string {
  const pieces: string[] = [];
  for (let left = length; left > 0; left -= NOISE.length / 2) {
    const start = random.below(NOISE.length / 2);
    pieces.push(NOISE.slice(start, start + Math.min(left, NOISE.length / 2)));
  }
  return pieces.join('');
}

/** From here on a number in JavaScript is rounded. */
const BEYOND_DOUBLES = 2n ** 53n + 1n;

/** A 64-bit key of its own for each place of a table; every third is one that a double cannot hold. */
export const idOf = (place: number): bigint =>
  place % 3 === 0 ? BEYOND_DOUBLES + 2n * BigInt(place) : BigInt(place + 1);

export const name = (random: Random): string =>
  random.pick(['Ada', 'Grace Hopper', 'Zoë', 'Łukasz', '李雷', `O"Brien`, 'Ana\u0301', '🙂', `back\\slash`, "D'Arc"]);

export const sentence = (random: Random): string =>
  random.pick([
    'ship with care',
    '',
    'null',
    'two\nlines\tand a tab',
    '{"looks":"like JSON"}',
    `quotes "double" and 'single' \\ \\N \\.`,
    'line separator \u2028 and a control \u0001',
    `${name(random)} wrote ${random.below(1000)} letters`,
  ]);

/** `1234.50`: as many decimal places as `scale` says. */
export function decimal(random: Random, limit: number, scale: number): string {
  const whole = random.below(limit);
  return scale === 0 ? String(whole) : `${whole}.${digits(random, scale)}`;
}

export const digits = (random: Random, count: number): string =>
  Array.from({ length: count }, () => random.below(10)).join('');

/** Milliseconds since 1970, in the year before the shop's first change. */
export const moment = (random: Random): number => Date.UTC(2025, 10, 22) + random.below(365 * 86_400) * 1000;

export const uuid = (random: Random): string => uuidOf([random.below(2 ** 32), random.below(2 ** 32)]);

/** A key of its own for each place of a table. */
export const uuidOf = ([high, low]: readonly [number, number]): string => `${hex(high)}-0000-4000-8000-0000${hex(low)}`;

const hex = (value: number): string => value.toString(16).padStart(8, '0');
