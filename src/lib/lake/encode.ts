import { setImmediate } from 'node:timers/promises';
import { readBody } from '../decode/body';
import { type Change } from '../decode/change';
import { claimOf } from '../decode/claim';
import { type HubEvent, type Source } from '../decode/event';
import { capturedId, eventIdOf } from '../decode/event-id';
import { isObject } from '../decode/json';
import { recognise } from '../decode/recognise';
import { claimPath } from '../ledger/names';
import { type RunContext, bronzeHead, estimateBytes, quarantineHead, runPrefix } from './line';

/** The lines of one file. */
export interface EncodedPart {
  readonly bytes: Buffer;
  /** How many lines `bytes` holds. */
  readonly count: number;
}

/** A contiguous run of one partition's events, as the two files that it becomes; a file without lines is null. */
export interface EncodedRun {
  readonly bronze: EncodedPart | null;
  readonly quarantine: EncodedPart | null;
  /** How many of the bronze lines have `change` null. */
  readonly unrecognised: number;
  /** From the source's commit to the hub accepting it, of the first change that tells its commit; null when none does. */
  readonly sourceDelayMs: number | null;
}

/** How many bytes of bodies are encoded before sockets, timers and heartbeats get their turn: about a millisecond. */
const BYTES_AT_A_TIME = 256 * 1024;

const TOMBSTONE: Change = {
  operation: 'tombstone',
  server: null,
  database: null,
  schema: null,
  table: null,
  committedTime: null,
  position: null,
  transactionId: null,
};

/** The run that is being encoded, or was last: the next begins after it, and after the sockets had a turn. */
let before: Promise<unknown> = Promise.resolve();

/**
 * Encodes events as the lines of docs/lake-format.md. What a body holds never makes it fail; memory stays near the sum of
 * `estimateBytes`, in one buffer for each part.
 *
 * One run at a time in this process: they share one processor anyway, and the first is on its way to storage while the
 * next is encoded. If they took turns, all would be ready late and wait for storage together.
 */
export function encodeRun(events: readonly HubEvent[], context: RunContext): Promise<EncodedRun> {
  const encoded = before.then(() => encodeNow(events, context));
  before = encoded.then(
    () => setImmediate(),
    () => setImmediate(),
  );
  return encoded;
}

async function encodeNow(events: readonly HubEvent[], context: RunContext): Promise<EncodedRun> {
  const run: Run = {
    source: context.source,
    prefix: runPrefix(context),
    bronze: emptyPart(),
    quarantine: emptyPart(),
    unrecognised: 0,
    sourceDelayMs: null,
  };
  reserve(
    run.bronze,
    events.reduce((sum, event) => sum + estimateBytes(event), 0),
  );
  for (let next = 0; ;) {
    next = encodeSome(events, next, run);
    if (next === events.length) break;
    await setImmediate();
  }
  const { unrecognised, sourceDelayMs } = run;
  return { bronze: finished(run.bronze), quarantine: finished(run.quarantine), unrecognised, sourceDelayMs };
}

interface Run {
  readonly source: Source;
  readonly prefix: string;
  readonly bronze: Part;
  readonly quarantine: Part;
  unrecognised: number;
  sourceDelayMs: number | null;
}

/** Encodes from `events[from]` on until enough for one turn is done; returns where to go on. */
function encodeSome(events: readonly HubEvent[], from: number, run: Run): number {
  let bytes = 0;
  let next = from;
  for (; next < events.length && bytes < BYTES_AT_A_TIME; next++) {
    const event = events[next];
    if (event === undefined) break;
    encodeOne(event, run);
    bytes += event.body.length;
  }
  return next;
}

function encodeOne(event: HubEvent, run: Run): void {
  const body = readBody(event.body);
  switch (body.kind) {
    case 'json': {
      const change = recognise(body.value, body.text);
      if (change === null) run.unrecognised++;
      else run.sourceDelayMs ??= sourceDelayMs(event, change);
      const id = eventIdOf(event.properties, body.value, change);
      const head = bronzeHead(run.prefix, event, id, change);
      const claim = claimIn(run.source, event, body.value);
      if (claim !== null) return appendLine(run.bronze, head, `null,"payloadRef":"${claim}"}\n`);
      return appendJsonLine(run.bronze, head, event.body, body.text);
    }
    case 'tombstone':
      return appendLine(run.bronze, bronzeHead(run.prefix, event, null, TOMBSTONE), 'null}\n');
    case 'quarantine': {
      const head = quarantineHead(run.prefix, event, body.reason);
      return appendLine(run.quarantine, head, `${event.body.toString('base64')}"}\n`);
    }
    default:
      return body satisfies never;
  }
}

/**
 * The file that holds the event whole, where the event is our capture's reference to it. What only looks like one, or was copied from
 * elsewhere under another id, is an event like any other: its own body is all there is of it.
 */
function claimIn(source: Source, { properties }: HubEvent, value: unknown): string | null {
  const claim = claimOf(properties, value);
  if (claim === null || !isObject(value)) return null;
  const id = capturedId(properties, value);
  return id !== null && claim === claimPath(source, id) ? claim : null;
}

/** A snapshot's rows tell when they were read, or an old commit: neither says how late changes are. */
function sourceDelayMs({ enqueuedAt }: HubEvent, { operation, committedTime }: Change): number | null {
  return operation === 'read' || committedTime === null ? null : enqueuedAt - Date.parse(committedTime);
}

/** A buffer that grows: `length` bytes of it are in use. */
interface Part {
  bytes: Buffer;
  length: number;
  count: number;
}

function emptyPart(): Part {
  return { bytes: Buffer.alloc(0), length: 0, count: 0 };
}

function finished(part: Part): EncodedPart | null {
  return part.count === 0 ? null : { bytes: part.bytes.subarray(0, part.length), count: part.count };
}

/** Makes room for `more` bytes. Memory that is never written to is never taken from the machine. */
function reserve(part: Part, more: number): void {
  if (part.length + more <= part.bytes.length) return;
  const grown = Buffer.allocUnsafeSlow(Math.max(part.length + more, Math.ceil(part.bytes.length * 1.5)));
  part.bytes.copy(grown, 0, 0, part.length);
  part.bytes = grown;
}

/** UTF-8 takes up to this many bytes for each unit of a JavaScript string. */
const MOST_BYTES = 3;

/** @param tail ASCII; it ends the line */
function appendLine(part: Part, head: string, tail: string): void {
  reserve(part, MOST_BYTES * head.length + tail.length);
  part.length += part.bytes.write(head, part.length);
  part.length += part.bytes.write(tail, part.length, 'latin1');
  part.count++;
}

/** Copies the body as it is, but for line ends, which in legal JSON occur only between tokens and would end the line. */
function appendJsonLine(part: Part, head: string, body: Buffer, text: string): void {
  reserve(part, MOST_BYTES * head.length + body.length + 2);
  const { bytes } = part;
  const start = part.length + bytes.write(head, part.length);
  const end = start + body.length;
  bytes.set(body, start);
  if (text.includes('\n') || text.includes('\r')) blankLineEnds(bytes, start, end);
  bytes[end] = 0x7d;
  bytes[end + 1] = LINE_FEED;
  part.length = end + 2;
  part.count++;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;

function blankLineEnds(bytes: Buffer, start: number, end: number): void {
  for (let at = start; at < end; at++) {
    if (bytes[at] === LINE_FEED || bytes[at] === CARRIAGE_RETURN) bytes[at] = SPACE;
  }
}
