import { randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import { type QuarantineReason } from '../../lib/decode/body';
import { type Source } from '../../lib/decode/event';
import { systemClock } from '../../lib/clock';
import { openEventSender } from '../../lib/hub/send-event';
import { type QuarantinedEvent } from '../../lib/maintenance/quarantine/event';
import { formatEventId, replayOf } from '../../lib/maintenance/quarantine/id';
import { type EventSender } from '../../lib/maintenance/quarantine/port';
import { findQuarantined, quarantined } from '../../lib/maintenance/quarantine/read';
import { replayEvent, type Replayed, type ReplayRoom } from '../../lib/maintenance/quarantine/replay';
import { conclude } from '../exit';
import { DamagedLines, eventIdOf, openQuarantine, type QuarantineRoom } from './quarantine';
import { type Common } from './room';
import { scopeOf, type ScopeOptions } from './verify-deep';

export interface ReplayOptions extends Common, ScopeOptions {
  readonly reason?: QuarantineReason;
  /** Holds the corrected bytes of the one event. */
  readonly file?: string;
  readonly again: boolean;
  readonly anyway: boolean;
  readonly dryRun: boolean;
}

/** A request to Event Hubs that is not answered by then has failed. */
const SEND_TRY_MS = 30_000;

/** Event Hubs takes no event that is larger. */
const MAX_FILE_BYTES = 1 << 20;

/** `quarantine replay`: sends events to their hub again, those named, or those of days and sources. */
export async function quarantineReplay(ids: readonly string[], options: ReplayOptions): Promise<void> {
  refuseContradictions(ids, options);
  const corrected = options.file === undefined ? null : await readFile(options.file);
  const room = await openQuarantine();
  const damaged = new DamagedLines();
  await using senders = new Senders(room);
  const replaying = replayingRoom(room, senders);
  const outcomes: Outcome[] = [];
  const events = ids.length > 0 ? namedEvents(room, ids, damaged) : eventsInScope(room, options, damaged);
  for await (const found of events) {
    const outcome = await replayOne(replaying, room.namespace, found, { ...options, corrected });
    outcomes.push(outcome);
    if (!options.json) for (const line of linesOf(outcome)) console.log(line);
  }
  const sent = outcomes.filter(({ did }) => did === 'sent' || did === 'would_send').length;
  if (options.json) console.log(JSON.stringify({ dryRun: options.dryRun, events: outcomes }));
  else console.log(`${sent} ${options.dryRun ? 'would be sent' : 'sent'} again, ${outcomes.length - sent} not.`);
  // A second run over a day passes over what the first has sent: nothing is amiss. Named, it is refused.
  const isFine = ({ did }: Outcome): boolean => isDone(did) || (ids.length === 0 && PASSED_OVER.has(did));
  conclude({ isMissing: !outcomes.every(isFine) });
  damaged.tell();
}

function refuseContradictions(ids: readonly string[], { source, day, from, to, reason, file }: ReplayOptions): void {
  const hasScope = [source, day, from, to, reason].some((option) => option !== undefined);
  if (ids.length > 0 && hasScope) throw new Error('Name events, or give --source, --day and --reason, not both.');
  if (ids.length === 0 && (source === undefined || (day ?? from) === undefined)) {
    throw new Error('Name events (quarantine list --events), or give --source and --day (or --from).');
  }
  if (file !== undefined && ids.length !== 1) throw new Error('--file corrects one event: name it.');
}

/** @throws Error where the file cannot be read, or is larger than an event may be */
async function readFile(path: string): Promise<Buffer> {
  await using file = await open(path).catch((error: unknown) => {
    throw new Error(
      `--file ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'no code'}): give the path of a file.`,
    );
  });
  const { size, isFile } = await file.stat().then((stat) => ({ size: stat.size, isFile: stat.isFile() }));
  if (!isFile) throw new Error(`--file ${path} is not a file.`);
  if (size > MAX_FILE_BYTES) throw new Error(`${path} has ${size} bytes; Event Hubs takes no event over 1 MB.`);
  return await file.readFile();
}

function replayingRoom({ lake, files, config, namespace }: QuarantineRoom, senders: Senders): ReplayRoom {
  return {
    ...{ lake, files, clock: systemClock, newId: randomUUID },
    target: (source) => ({ namespace, hub: config.hubs[source].toLowerCase() }),
    sender: (source) => senders.of(source),
  };
}

/** Opened when first needed. */
class Senders implements AsyncDisposable {
  readonly #room: QuarantineRoom;
  readonly #open = new Map<Source, Promise<EventSender>>();

  constructor(room: QuarantineRoom) {
    this.#room = room;
  }

  of(source: Source): Promise<EventSender> {
    const { eventHubs, hubs } = this.#room.config;
    const sender = this.#open.get(source) ?? openEventSender(eventHubs, hubs[source], SEND_TRY_MS);
    this.#open.set(source, sender);
    return sender;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const sender of this.#open.values())
      await sender.then((one) => one[Symbol.asyncDispose]()).catch(() => undefined);
  }
}

/** An event that was asked for, where quarantine holds it. */
interface Asked {
  readonly text: string;
  readonly event: QuarantinedEvent | null;
  /** Not sent again where it was only met in a day: it was itself sent again, and would be time and again. */
  readonly isReplay: boolean;
}

async function* namedEvents(
  room: QuarantineRoom,
  ids: readonly string[],
  damaged: DamagedLines,
): AsyncGenerator<Asked> {
  // All are read before the first is sent, so that a slip of the pen sends none.
  const wanted = ids.map((text) => ({ text, id: eventIdOf(text, room.namespace) }));
  for (const { text, id } of wanted) {
    yield { text, event: await findQuarantined(room.files, id, damaged.note), isReplay: false };
  }
}

async function* eventsInScope(
  room: QuarantineRoom,
  options: ReplayOptions,
  damaged: DamagedLines,
): AsyncGenerator<Asked> {
  for await (const { event } of quarantined(room.files, scopeOf(options), damaged.note)) {
    if (options.reason !== undefined && event.reason !== options.reason) continue;
    const isReplay = event.properties['replayof'] !== undefined;
    yield { text: formatEventId(event.id, room.namespace), event, isReplay };
  }
}

type Did = 'sent' | 'would_send' | 'not_found' | 'is_replay' | Extract<Replayed, { kind: 'refused' }>['why'];

interface Outcome {
  readonly id: string;
  readonly did: Did;
  readonly replayof: string | null;
  readonly bytes: number | null;
  readonly sha256: string | null;
  /** For what the body will be quarantined again, or would be. */
  readonly quarantinedAgain: QuarantineReason | null;
}

const isDone = (did: Did): boolean => did === 'sent' || did === 'would_send';
const PASSED_OVER: ReadonlySet<Did> = new Set(['already_sent', 'is_replay']);

async function replayOne(
  room: ReplayRoom,
  namespace: string,
  { text, event, isReplay }: Asked,
  asked: Parameters<typeof replayEvent>[2],
): Promise<Outcome> {
  const nothing = { id: text, replayof: null, bytes: null, sha256: null, quarantinedAgain: null };
  if (event === null) return { ...nothing, did: 'not_found' };
  if (isReplay) return { ...nothing, did: 'is_replay' };
  const replayed = await replayEvent(room, event, asked);
  const id = formatEventId(event.id, namespace);
  if (replayed.kind === 'refused') return { ...nothing, id, did: replayed.why, quarantinedAgain: replayed.reason };
  const { kind, ...told } = replayed;
  return { id, did: kind, replayof: replayOf(event.id), ...told };
}

function linesOf({ id, did, bytes, quarantinedAgain }: Outcome): string[] {
  const what = MEANINGS[did].replace('{reason}', quarantinedAgain ?? '');
  const size = bytes === null ? '' : ` (${bytes.toLocaleString('en')} bytes)`;
  const warning = `${id}: warning: it will be quarantined again: ${quarantinedAgain ?? ''}`;
  return [`${id}: ${what}${size}`, ...(isDone(did) && quarantinedAgain !== null ? [warning] : [])];
}

const MEANINGS: Readonly<Record<Did, string>> = {
  sent: 'sent again',
  would_send: 'would be sent again',
  not_found: 'is not in quarantine',
  is_replay: 'passed over: it was itself sent again; name it to send it once more',
  already_sent: 'not sent: it was sent again before; --again sends it once more, as one more event',
  perhaps_sent:
    'not sent: it was perhaps sent again before, and the end of that was not seen; look for its number in the property replayof of new lines, then --again',
  record_unreadable: 'not sent: the record under _system/replayed cannot be read, or a newer version wrote it',
  overtaken: 'not sent: somebody else is sending it again just now',
  another_hub: 'not sent: it came through another namespace or hub than the settings name',
  still_unreadable: 'not sent: it would be quarantined again ({reason}); correct it with --file, or send it --anyway',
  empty: 'not sent: an empty body would land as a tombstone',
  too_large: 'not sent: it is larger than the hub takes',
};
