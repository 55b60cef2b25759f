import { changeEvents } from '../events/events';
import { Random } from '../events/random';
import { type Fleet } from '../platform/fleet';
import { type Platform } from '../platform/platform';
import { type SentLog } from '../verdict/sent';
import { untilCaptured } from './captured';
import { CHAOS_PARTS, makeTrouble } from './chaos';
import { eventsHeld, GROUP, lakeOf, type Clients } from './clients';
import { type DemoOptions } from './command';
import { untilIngested } from './ingested';
import { type Progress } from './progress';
import { sendAll } from './sender';
import { changeShops, type Captures, type Sources } from './sources';
import { type Tally } from './tally';
import { type TroubleCounts } from './troubles';

/** So many changes go with each part of a run without chaos, up to so many parts. */
const PART_CHANGES = 2_000;
const MOST_PARTS = 10;

/** Beside the databases' changes come events of other senders: Debezium's, and a few that are hostile. */
const OTHERS_SHARE = 0.1;

/** Without an event landing for so long, the run is given up. */
const STALL_MS = 90_000;

/** What changes and events flow through. */
export interface Course {
  readonly platform: Platform;
  readonly sources: Sources;
  readonly captures: Captures;
  readonly fleet: Fleet;
  readonly clients: Clients;
  readonly tally: Tally;
  readonly sent: SentLog;
}

/** Changes rows and sends events, with trouble beside them where it is asked for, and waits until the functions have returned from all. */
export async function flowThrough(
  { platform, sources, captures, fleet, clients, tally, sent }: Course,
  options: DemoOptions,
  progress: Progress,
): Promise<{ readonly troubles: TroubleCounts; readonly flowMs: number }> {
  const startedAt = performance.now();
  const troubles: TroubleCounts = { kills: 0, lostAnswers: 0, throttled: 0 };
  const { proxy, eventHubs } = platform;
  const stage = { fleet, captures, sources, proxy, eventHubs, random: new Random(options.seed), counts: troubles };
  let changed = 0;
  let phase = 'changing';
  const show = (): void =>
    progress.update(
      `${phase}: ${number(changed)} changes committed, ` +
        `${number(sum(eventsHeld(platform).values()))} events in Event Hubs, ${number(tally.written)} in the lake`,
    );
  const onChanged = (more: number): void => {
    changed += more;
    show();
  };
  const parts = options.chaos ? CHAOS_PARTS : Math.min(MOST_PARTS, Math.ceil(options.changes / PART_CHANGES));
  const others = changeEvents({ seed: options.seed, count: Math.ceil(options.changes * OTHERS_SHARE) });
  for (let part = 0; part < parts; part += 1) {
    const changes = share(options.changes, part, parts);
    const events = take(others, share(Math.ceil(options.changes * OTHERS_SHARE), part, parts));
    const trouble = options.chaos ? makeTrouble(part, stage, (line) => progress.line(`  ⚡ ${line}`)) : null;
    const large = part === 0 ? LARGE : 0;
    await Promise.all([
      changeShops(sources, { seed: options.seed + part, changes, large }, onChanged),
      sendAll(events, { targets: clients.targets, sent, onAcknowledged: show }),
      trouble,
    ]);
  }
  phase = 'capturing';
  const ticker = setInterval(show, TOLD_EVERY_MS);
  try {
    await untilCaptured(sources, lakeOf(platform));
    phase = 'landing';
    const { readers, checkpoints } = clients;
    await untilIngested({ hubs: readers, group: GROUP, checkpoints, onProgress: show, stallMs: STALL_MS });
  } finally {
    clearInterval(ticker);
  }
  show();
  return { troubles, flowMs: performance.now() - startedAt };
}

/** Rows, and documents, that no event of a hub can hold. */
const LARGE = 2;

const TOLD_EVERY_MS = 500;

/** What falls to one of several parts. */
function share(whole: number, part: number, parts: number): number {
  return Math.floor((whole * (part + 1)) / parts) - Math.floor((whole * part) / parts);
}

function take<T>(items: Iterator<T>, count: number): T[] {
  const taken: T[] = [];
  while (taken.length < count) {
    const next = items.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, each) => total + each, 0);

const number = (value: number): string => value.toLocaleString('en');
