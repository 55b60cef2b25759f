import { type HubEvent } from '../src/lib/decode/event';
import { encodeRun } from '../src/lib/lake/encode';
import { BODY_KINDS } from './bodies';
import { median, ratioOf, type Ratio, type Round } from './ratio';

export interface EncodeBench {
  readonly name: 'encode';
  /** Bodies in a round and their mean size, by kind. */
  readonly bodies: Readonly<Record<string, { readonly count: number; readonly meanBytes: number }>>;
  readonly rounds: number;
  /**
   * The throughput of `encodeRun` as a share of that of one bare `JSON.parse(body.toString())` for each body: parsing once
   * is the price of knowing that a body is JSON, so the share tells what all the rest costs.
   */
  readonly ratio: Ratio;
  readonly goal: 0.65;
  readonly ratioByKind: Readonly<Record<string, Ratio>>;
  /** Median throughput of the mix, in megabytes of bodies a second. */
  readonly megabytesPerSecond: { readonly encodeRun: number; readonly jsonParse: number };
}

export interface EncodeBenchOptions {
  readonly rounds?: number;
  readonly bodiesPerKind?: number;
}

const CONTEXT = {
  source: 'postgresql',
  namespace: 'example.servicebus.windows.net',
  hub: 'postgresql-changes',
  incarnation: 1,
  partition: '3',
} as const;

/** Runs the comparison; both sides take turns in every round, so that a busy machine slows both. */
export async function benchEncode({
  rounds = 40,
  bodiesPerKind = 1000,
}: EncodeBenchOptions = {}): Promise<EncodeBench> {
  const kinds = BODY_KINDS.map(({ name, make }, k) => ({
    name,
    events: Array.from({ length: bodiesPerKind }, (_, i) => eventOf(make(i), k * bodiesPerKind + i)),
  }));
  const mix = { name: 'mix', events: interleaved(kinds.map(({ events }) => events)) };
  const timings = new Map<string, Round[]>();
  for (let round = -WARM_UP; round < rounds; round++) {
    for (const { name, events } of [mix, ...kinds]) {
      const timing = await timed(events, round % 2 === 0);
      if (round >= 0) timings.set(name, [...(timings.get(name) ?? []), timing]);
    }
  }
  const megabytes = bytesOf(mix.events) / 1e6;
  const ofMix = timings.get('mix') ?? [];
  return {
    name: 'encode',
    bodies: Object.fromEntries(
      kinds.map(({ name, events }) => [
        name,
        { count: events.length, meanBytes: Math.round(bytesOf(events) / events.length) },
      ]),
    ),
    rounds,
    ratio: ratioOf(ofMix),
    goal: 0.65,
    ratioByKind: Object.fromEntries(kinds.map(({ name }) => [name, ratioOf(timings.get(name) ?? [])])),
    megabytesPerSecond: {
      encodeRun: Math.round((megabytes / median(ofMix.map(({ ours }) => ours))) * 1000),
      jsonParse: Math.round((megabytes / median(ofMix.map(({ baseline }) => baseline))) * 1000),
    },
  };
}

const WARM_UP = 10;
async function timed(events: readonly HubEvent[], oursFirst: boolean): Promise<Round> {
  if (oursFirst) {
    const ours = await timeOurs(events);
    return { ours, baseline: timeBaseline(events) };
  }
  const baseline = timeBaseline(events);
  return { baseline, ours: await timeOurs(events) };
}

async function timeOurs(events: readonly HubEvent[]): Promise<number> {
  const start = performance.now();
  const { bronze } = await encodeRun(events, CONTEXT);
  const millis = performance.now() - start;
  if (bronze?.count !== events.length) throw new Error('Every body of this benchmark is JSON.');
  return millis;
}

function timeBaseline(events: readonly HubEvent[]): number {
  const start = performance.now();
  let objects = 0;
  for (const { body } of events) if (typeof JSON.parse(body.toString()) === 'object') objects++;
  const millis = performance.now() - start;
  if (objects !== events.length) throw new Error('Every body of this benchmark is an object.');
  return millis;
}

function eventOf(json: string, i: number): HubEvent {
  return {
    sequence: 41_207n + BigInt(i),
    offset: String(128_256 + i * 1100),
    enqueuedAt: Date.UTC(2026, 10, 22, 21) + i * 3,
    partitionKey: `public.orders:${4_000_000 + i}`,
    properties: {},
    body: Buffer.from(json),
  };
}

function interleaved<T>(lists: readonly (readonly T[])[]): T[] {
  return (lists[0] ?? []).flatMap((_, i) => lists.flatMap((list) => list.slice(i, i + 1)));
}

function bytesOf(events: readonly HubEvent[]): number {
  return events.reduce((sum, { body }) => sum + body.length, 0);
}
