import { type GeneratedEvent } from './generated-event';
import { type Random } from './random';

type Hostile = Pick<GeneratedEvent, 'body' | 'expect'>;

const json = (text: string): Hostile => ({ body: Buffer.from(text), expect: 'bronze' });
const setAside = (body: Buffer | string): Hostile => ({ body: Buffer.from(body as string), expect: 'quarantine' });

const nested = (depth: number, n: number): string => `${'['.repeat(depth)}${n}${']'.repeat(depth)}`;

/** Bodies that a careless reader breaks at, rounds, or loses; each with its own number, so that no two are alike. */
const KINDS: readonly [(n: number) => Hostile, ...((n: number) => Hostile)[]] = [
  (n) => setAside(`order ${n} shipped`),
  (n) => setAside(`{"order":${n},"note":"cut off here`),
  (n) => setAside(Buffer.concat([Buffer.from(`{"n":${n},"name":"`), Buffer.of(0xc3, 0x28), Buffer.from('"}')])),
  (n) => setAside(`\ufeff{"n":${n}}`),
  (n) => setAside(`{"n":${n},"half":"\\ud83d"}`),
  (n) => setAside(`{"n":${n},"twice":"\\ud83d","twice":"whole \\ud83d\\ude42"}`),
  (n) => setAside(nested(600, n)),
  (n) => setAside(nested(501, n)),
  (n) => json(nested(500, n)),
  (n) => json(`${n}`),
  (n) => json(`"a bare text, ${n}"`),
  () => json('null'),
  () => json(''),
  (n) => json(`{\r\n  "op": "c",\r\n  "after": {\r\n\t"id": 9007199254740993,\r\n\t"n": ${n}\r\n  }\r\n}\r\n`),
  (n) => json(`{"n":${n},"n":${n + 1},"__proto__":{"polluted":true},"constructor":null}`),
  (n) => json(`{"n":${n},"huge":1e400,"minusZero":-0,"one":1.0,"digits":0.1000000000000000055511151231257827}`),
  (n) => json(`{"n":${n},"escapes":"\\/\\u0041\\u00e9\\u2028 \u2028 \\u0000","":{"":[]}}`),
];

/** Beyond this share of hostile events one is nearly as large as Event Hubs takes. */
const HUGE_SHARE = 0.03;
const HUGE_BYTES = 900_000;

export function hostileEvent(source: GeneratedEvent['source'], n: number, random: Random): GeneratedEvent {
  const isHuge = random.in(HUGE_SHARE);
  const kind = random.pick(KINDS);
  const made = isHuge ? json(`{"n":${n},"text":"${'x'.repeat(HUGE_BYTES)}"}`) : kind(n);
  const partitionKey = random.in(0.5) ? `hostile:${n % 7}` : null;
  return { source, partitionKey, properties: { hostile: true, attempt: n }, ...made };
}
