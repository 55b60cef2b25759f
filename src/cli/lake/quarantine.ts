import { type QuarantineReason } from '../../lib/decode/body';
import { type Source } from '../../lib/decode/event';
import { azureMaintenanceLake } from '../../lib/lake/azure-maintenance-lake';
import { formatEventId, parseEventId, type EventId } from '../../lib/maintenance/quarantine/id';
import { namespaceInLake } from '../../lib/maintenance/checkpoints/scope';
import { type MaintenanceLake } from '../../lib/maintenance/port';
import { quarantined, type LeftOut } from '../../lib/maintenance/quarantine/read';
import { stateOf, type Replay } from '../../lib/maintenance/quarantine/record';
import { replayedEvents, replaysOf, type ReplayedEvents } from '../../lib/maintenance/quarantine/replayed';
import { conclude } from '../exit';
import { tableOf } from './print';
import { openLake, type Common, type Opened } from './room';
import { scopeOf, type ScopeOptions } from './verify-deep';

/** The lake as the commands of quarantine see it. */
export interface QuarantineRoom extends Opened {
  readonly files: MaintenanceLake;
  /** Of the settings, as lines name it. */
  readonly namespace: string;
}

export async function openQuarantine(): Promise<QuarantineRoom> {
  const opened = await openLake();
  const files = azureMaintenanceLake(opened.clients, opened.config.requestMs, new AbortController().signal);
  return { ...opened, files, namespace: namespaceInLake(opened.config) };
}

/** @throws Error where `text` names no event */
export function eventIdOf(text: string, namespace: string): EventId {
  const id = parseEventId(text, namespace);
  if (id !== null) return id;
  throw new Error(
    `${JSON.stringify(text)} is no event: expected source/hub/incarnation/partition/sequenceNumber, as \`quarantine list --events\` ` +
      `has them, such as postgresql/postgresql-changes/1/0/41207.`,
  );
}

/** Notes files with lines that were left out, and tells of them at the end. */
export class DamagedLines {
  readonly #told = new Set<string>();

  readonly note = (path: string, why: LeftOut): void => {
    if (this.#told.size < MAX_TOLD) this.#told.add(`${path}: ${LEFT_OUT[why]}`);
  };

  tell(): void {
    for (const line of this.#told) console.error(line);
    conclude({ isMissing: this.#told.size > 0 });
  }
}

const LEFT_OUT: Readonly<Record<LeftOut, string>> = {
  damaged: 'has lines that are not as they should be: verify --deep',
  newer_format: 'has lines of a newer format, which are left out here: deploy the newer version that wrote them',
};

const MAX_TOLD = 20;

export interface ListOptions extends Common, ScopeOptions {
  readonly reason?: QuarantineReason;
  readonly events: boolean;
}

/** `quarantine list`: counts, or each event. */
export async function quarantineList(options: ListOptions): Promise<void> {
  scopeOf(options);
  const room = await openQuarantine();
  const damaged = new DamagedLines();
  if (options.events) await listEvents(room, options, damaged);
  else await listCounts(room, options, damaged);
  damaged.tell();
}

async function* chosen(room: QuarantineRoom, options: ListOptions, damaged: DamagedLines) {
  const scope = scopeOf(options);
  const replayed = new Map<Source, ReplayedEvents>();
  for (const source of scope.sources) replayed.set(source, await replayedEvents(room.lake, source));
  for await (const { day, event } of quarantined(room.files, scope, damaged.note)) {
    if (options.reason !== undefined && event.reason !== options.reason) continue;
    const isReplayed = replayed.get(event.id.source)?.has(event.id) === true;
    yield { day: day.replaceAll('/', '-'), event, isReplayed, bytes: Buffer.byteLength(event.bodyBase64, 'base64') };
  }
}

interface Group {
  readonly source: Source;
  readonly day: string;
  readonly reason: QuarantineReason;
  events: number;
  bytes: number;
  replayed: number;
}

async function listCounts(room: QuarantineRoom, options: ListOptions, damaged: DamagedLines): Promise<void> {
  const groups = new Map<string, Group>();
  for await (const { day, event, isReplayed, bytes } of chosen(room, options, damaged)) {
    const { reason } = event;
    const { source } = event.id;
    const key = `${source} ${day} ${reason}`;
    const group = groups.get(key) ?? { source, day, reason, events: 0, bytes: 0, replayed: 0 };
    groups.set(key, group);
    group.events += 1;
    group.bytes += bytes;
    if (isReplayed) group.replayed += 1;
  }
  const counts = [...groups.values()];
  if (options.json) {
    console.log(JSON.stringify({ quarantined: counts }));
  } else if (counts.length === 0) {
    console.log('Nothing is in quarantine.');
  } else {
    const rows = counts.map((one) => [one.source, one.day, one.reason, one.events, one.bytes, one.replayed]);
    console.log(tableOf(['source', 'day', 'reason', 'events', 'bytes', 'sent again'], rows));
  }
}

/** A line each, as they are read: there may be many. */
async function listEvents(room: QuarantineRoom, options: ListOptions, damaged: DamagedLines): Promise<void> {
  for await (const { event, isReplayed, bytes } of chosen(room, options, damaged)) {
    const id = formatEventId(event.id, room.namespace);
    const replays = isReplayed ? await replaysOf(room.lake, event.id) : [];
    const { enqueuedTime, reason } = event;
    if (options.json) {
      console.log(
        JSON.stringify({ id, enqueuedTime, reason, bytes, replayed: stateOf(replays), replays: replaysJson(replays) }),
      );
    } else {
      console.log([id, enqueuedTime, reason, `${bytes} bytes`, ...replayText(replays)].join('  '));
    }
  }
}

/** What is known of an event's having been sent again, in words; none where it was not. */
export function replayText(replays: readonly Replay[] | null): string[] {
  const state = stateOf(replays);
  const latest = replays?.at(-1);
  switch (state) {
    case 'none':
      return [];
    case 'sent':
      return [`sent again ${isoOf(latest?.sentAt)}${latest?.isCorrected === true ? ', corrected' : ''}`];
    case 'perhaps':
      return [`perhaps sent again ${isoOf(latest?.intendedAt)}`];
    case 'unreadable':
      return ['perhaps sent again: its record cannot be read'];
    default:
      return state satisfies never;
  }
}

export function replaysJson(replays: readonly Replay[] | null): Record<string, unknown>[] | null {
  return (
    replays?.map(({ intendedAt, sentAt, sha256, bytes, isCorrected }) => ({
      intendedTime: isoOf(intendedAt),
      sentTime: sentAt === null ? null : isoOf(sentAt),
      ...{ sha256, bytes, corrected: isCorrected },
    })) ?? null
  );
}

const isoOf = (ms: number | null | undefined): string => new Date(ms ?? 0).toISOString();
