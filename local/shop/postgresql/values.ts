import { type Random } from '../../events/random';
import { decimal, digits, moment, name, noise, sentence } from '../values';

/** A value as PostgreSQL reads it, or null. */
export type Make = (random: Random) => string | null;

/** Null in one of twelve rows. */
export const maybe =
  (make: Make): Make =>
  (random) =>
    random.in(1 / 12) ? null : make(random);

/** One of a few in one of twelve rows. */
export const rarely =
  (rare: readonly [string, ...string[]], make: Make): Make =>
  (random) =>
    random.in(1 / 12) ? random.pick(rare) : make(random);

export const whole =
  (limit: number): Make =>
  (random) =>
    String(random.below(limit));

export const amount =
  (limit: number, scale: number): Make =>
  (random) =>
    decimal(random, limit, scale);

/** Digits that no double holds. */
export const longAmount: Make = (random) => `${decimal(random, 1e9, 0)}${digits(random, 20)}.${digits(random, 12)}`;

export const float: Make = (random) =>
  random.pick([String(random.below(1000) / 8), String(random.next()), `${random.below(99) + 1}e${random.below(30)}`]);

/** `2026-03-01 12:00:00.123456` */
export const timestamp: Make = (random) =>
  `${new Date(moment(random)).toISOString().slice(0, 19).replace('T', ' ')}${random.in(0.5) ? `.${digits(random, 6)}` : ''}`;

export const timestamptz: Make = (random) => `${timestamp(random) ?? ''}${random.pick(['+00', '+02', '-05:30'])}`;

export const date: Make = (random) => new Date(moment(random)).toISOString().slice(0, 10);

export const bytes: Make = (random) => `\\x${Buffer.from(noise(random, random.below(90)), 'base64').toString('hex')}`;

/** Half of them so long that PostgreSQL keeps them outside of the row, where an update leaves them unchanged. */
export const note: Make = (random) =>
  random.in(0.5) ? `${sentence(random)} ${noise(random, 3_000 + random.below(3_000))}` : sentence(random);

export const json: Make = (random) =>
  `{"by": ${JSON.stringify(name(random))}, "n": 9007199254740993, "price": ${decimal(random, 100, 2)}, ` +
  `"text":${JSON.stringify(sentence(random))},   "list": [1.0, -0, null, {"deep": [[]]}], "e": 1E+${random.below(9)}}`;

/** JSON of at least so many bytes. */
export function largeJson(random: Random, atLeastBytes: number): string {
  const lines = Array.from({ length: Math.ceil(atLeastBytes / 10_000) }, () => `"${noise(random, 10_000)}"`);
  return `{"lines": [${lines.join(', ')}]}`;
}

/** An array's text of what `make` makes. https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO */
export const arrayOf =
  (make: Make, most = 4): Make =>
  (random) =>
    arrayText(Array.from({ length: random.below(most + 1) }, () => make(random)));

/** Two dimensions, now and then not beginning at 1. */
export const grid: Make = (random) => {
  const [rows, columns] = [1 + random.below(3), 1 + random.below(3)];
  const row = (): string => `{${Array.from({ length: columns }, () => random.below(100)).join(',')}}`;
  const bounds = random.in(0.1) ? `[2:${rows + 1}][0:${columns - 1}]=` : '';
  return `${bounds}{${Array.from({ length: rows }, row).join(',')}}`;
};

const arrayText = (elements: readonly (string | null)[]): string =>
  `{${elements.map((element) => (element === null ? 'NULL' : `"${element.replaceAll(/["\\]/g, '\\$&')}"`)).join(',')}}`;
