import { createHash } from 'node:crypto';
import { type QuarantineReason } from '../../decode/body';
import { type Source } from '../../decode/event';
import { PipelineError } from '../../errors';
import { type Clock } from '../../clock';
import { type Lake, type Versioned } from '../../ledger/port';
import { type MaintenanceLake } from '../port';
import { type QuarantinedEvent } from './event';
import { replayOf } from './id';
import { judgeReplay, type ReplayAsked, type ReplayRefusal, type TargetHub } from './judge';
import { type AddressedEvent, type EventSender } from './port';
import { formatRecord, parseRecord, recordPath, stateOf, type Replay } from './record';

/** What sending events again works with. */
export interface ReplayRoom {
  readonly lake: Lake;
  readonly files: MaintenanceLake;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly target: (source: Source) => TargetHub;
  /** Opened when first needed, once for each source; closed by whoever made the room. */
  readonly sender: (source: Source) => Promise<EventSender>;
}

/** What became of one event. */
export type Replayed =
  | { readonly kind: 'refused'; readonly why: ReplayRefusal | 'overtaken'; readonly reason: QuarantineReason | null }
  | {
      readonly kind: 'sent' | 'would_send';
      readonly bytes: number;
      readonly sha256: string;
      /** Why it will be quarantined again; null where it will not. */
      readonly quarantinedAgain: QuarantineReason | null;
    };

/**
 * Sends a quarantined event to its hub again, as a new event. The file in quarantine stays as it is.
 *
 * ```
 * record the intent → send → record that the hub has accepted it
 * ```
 *
 * The intent comes first, so that a crash in between is told as "perhaps sent" and not made good by sending twice; the connection
 * before the intent, so that what never left is not told as perhaps sent.
 *
 * @throws PipelineError EVENT_HUBS_FAILED, STORAGE_FAILED
 */
export async function replayEvent(
  room: ReplayRoom,
  event: QuarantinedEvent,
  asked: ReplayAsked & { readonly dryRun: boolean },
): Promise<Replayed> {
  const path = recordPath(event.id);
  const found = await room.lake.read(path);
  const earlier = found === null ? [] : parseRecord(found.bytes);
  const verdict = judgeReplay(event, stateOf(earlier), room.target(event.id.source), asked);
  if (verdict.kind === 'refused' || earlier === null) {
    return verdict.kind === 'refused' ? verdict : { kind: 'refused', why: 'record_unreadable', reason: null };
  }
  const { body, quarantinedAgain } = verdict;
  const sha256 = createHash('sha256').update(body).digest('hex');
  const told = { bytes: body.length, sha256, quarantinedAgain };
  if (asked.dryRun) return { kind: 'would_send', ...told };
  const sender = await room.sender(event.id.source);
  if (body.length > sender.maxBodyBytes) return { kind: 'refused', why: 'too_large', reason: null };
  const replay: Replay = {
    ...{ id: room.newId(), intendedAt: room.clock.now(), sentAt: null },
    ...{ sha256, bytes: body.length, isCorrected: asked.corrected !== null },
  };
  const intent = await put(room.lake, event, [...earlier, replay], found?.etag ?? null, replay);
  if (intent === 'overtaken') return { kind: 'refused', why: 'overtaken', reason: null };
  await send(room, sender, event, body, found, intent.etag);
  await recordSent(room.lake, event, { ...replay, sentAt: room.clock.now() });
  return { kind: 'sent', ...told };
}

async function send(
  { lake, files }: ReplayRoom,
  sender: EventSender,
  event: QuarantinedEvent,
  body: Buffer,
  before: Versioned | null,
  intentEtag: string,
): Promise<void> {
  const { id, partitionKey } = event;
  try {
    await sender.send({ partition: id.partition, partitionKey, body, properties: propertiesOf(event) });
  } catch (error) {
    const isRefused = error instanceof PipelineError && !error.retryable;
    if (!isRefused) throw perhapsSent(event, error);
    // The hub has said no: it has nothing of it, so the intent is taken back.
    if (before === null) await files.removeVersion(recordPath(id), intentEtag);
    else await lake.swap(recordPath(id), before.bytes, intentEtag);
    throw error;
  }
}

function perhapsSent({ id }: QuarantinedEvent, error: unknown): PipelineError {
  const message = error instanceof Error ? error.message.replace(/^EVENT_HUBS_FAILED: /, '') : String(error);
  return new PipelineError(
    'EVENT_HUBS_FAILED',
    `${message} Whether the event was accepted is not known, and recorded as "perhaps sent": it was, if a line comes whose property ` +
      `replayof is ${replayOf(id)}; send it with --again only if none does.`,
    { cause: error },
  );
}

/** What AMQP has a type for is sent as it is, anything else as JSON text. */
function propertiesOf({ id, properties }: QuarantinedEvent): AddressedEvent['properties'] {
  const sent: Record<string, string | number | boolean | null> = {};
  for (const [name, value] of Object.entries(properties)) {
    const isPlain = value === null || ['string', 'number', 'boolean'].includes(typeof value);
    sent[name] = isPlain ? (value as string | number | boolean | null) : JSON.stringify(value);
  }
  // Lower case, because the host would make it so.
  return { ...sent, replayof: replayOf(id) };
}

/** Puts a record over the version that was read; one's own success whose answer was lost counts as such. */
async function put(
  lake: Lake,
  { id }: QuarantinedEvent,
  replays: readonly Replay[],
  etag: string | null,
  own: Replay,
): Promise<{ readonly etag: string } | 'overtaken'> {
  const path = recordPath(id);
  const swapped = await lake.swap(path, formatRecord(id, replays), etag);
  if (swapped !== 'overtaken') return swapped;
  const found = await lake.read(path);
  const latest = found === null ? undefined : parseRecord(found.bytes)?.at(-1);
  return found !== null && latest?.id === own.id && latest.sentAt === own.sentAt ? { etag: found.etag } : 'overtaken';
}

/** Others may have sent the event again meanwhile, as they asked for: what they recorded stays. */
async function recordSent(lake: Lake, event: QuarantinedEvent, sent: Replay): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const found = await lake.read(recordPath(event.id));
    const replays = found === null ? [] : (parseRecord(found.bytes) ?? []);
    if (replays.some(({ id, sentAt }) => id === sent.id && sentAt !== null)) return;
    const others = replays.filter(({ id }) => id !== sent.id);
    const swapped = await lake.swap(
      recordPath(event.id),
      formatRecord(event.id, [...others, sent]),
      found?.etag ?? null,
    );
    if (swapped !== 'overtaken') return;
  }
  throw new PipelineError(
    'STORAGE_FAILED',
    `${recordPath(event.id)}: the event was sent, and others put its record anew ${MAX_TRIES} times before that could be noted; ` +
      `the record says "perhaps sent".`,
  );
}

const MAX_TRIES = 5;
