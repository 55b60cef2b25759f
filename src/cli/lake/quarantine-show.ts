import { bodyOf, type QuarantinedEvent } from '../../lib/maintenance/quarantine/event';
import { formatEventId } from '../../lib/maintenance/quarantine/id';
import { findQuarantined } from '../../lib/maintenance/quarantine/read';
import { stateOf } from '../../lib/maintenance/quarantine/record';
import { replaysOf } from '../../lib/maintenance/quarantine/replayed';
import { conclude } from '../exit';
import { printableBody, printableText } from './printable';
import { DamagedLines, eventIdOf, openQuarantine, replaysJson, replayText } from './quarantine';
import { type Common } from './room';

export interface ShowOptions extends Common {
  readonly raw: boolean;
}

/** What of a body people are shown. */
const SHOWN_BYTES = 4096;

/** `quarantine show`: one event. */
export async function quarantineShow(text: string, { raw, json }: ShowOptions): Promise<void> {
  const room = await openQuarantine();
  const id = eventIdOf(text, room.namespace);
  const damaged = new DamagedLines();
  const event = await findQuarantined(room.files, id, damaged.note);
  if (event === null) {
    console.error(`${text} is not in quarantine.`);
    damaged.tell();
    conclude({ isMissing: true });
    return;
  }
  if (raw) {
    // Written out before the process ends: a pipe takes it in pieces.
    await new Promise<void>((resolve, reject) => {
      process.stdout.write(bodyOf(event), (error) =>
        error === null || error === undefined ? resolve() : reject(error),
      );
    });
    return;
  }
  const replays = await replaysOf(room.lake, id);
  const shown = formatEventId(event.id, room.namespace);
  if (json) {
    const { id: of, ...facts } = event;
    const told = { id: shown, ...of, sequence: undefined, sequenceNumber: String(of.sequence), ...facts };
    console.log(JSON.stringify({ ...told, replayed: stateOf(replays), replays: replaysJson(replays) }));
    return;
  }
  for (const line of linesOf(event, shown, replayText(replays))) console.log(line);
}

function linesOf(event: QuarantinedEvent, id: string, replayed: readonly string[]): string[] {
  const body = bodyOf(event);
  const properties = Object.entries(event.properties).map(([name, value]) => [name, JSON.stringify(value)] as const);
  const facts: (readonly [string, string])[] = [
    ['event', id],
    ['namespace', event.id.namespace],
    ['enqueued', event.enqueuedTime],
    ['offset', event.offset],
    ['partition key', event.partitionKey ?? ''],
    ['reason', event.reason],
    ['bytes', body.length.toLocaleString('en')],
    ...properties.map(([name, value]) => [`property ${name}`, value] as const),
    ...replayed.map((text) => ['replayed', text] as const),
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  const told = facts.filter(([, value]) => value !== '');
  return [
    ...told.map(([name, value]) => printableText(`${name.padEnd(width)}  ${value}`).replaceAll('\n', '\\n')),
    '',
    printableBody(body, SHOWN_BYTES),
  ];
}
