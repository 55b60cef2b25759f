import { type HubEvent } from '../decode/event';
import { PipelineError } from '../errors';
import { dayFolder } from '../time';
import { isCovered } from './coverage';
import { type Ledger } from './ledger';
import { parseLedger } from './ledger-json';
import { lineHead, type LineOwner } from './line-head';
import { ledgerPath } from './names';
import { type Lake } from './port';
import { publishPending } from './publish';
import { type Birth } from './rules';
import { filesOf } from './shelves';

const FOLDERS = ['_system/ledger', '_system/ledger-archive'];

/** Events of a batch that are compared with the lake: two hubs have none in common, one hub has all. */
const COMPARED = 3;

/**
 * Refuses a birth where the lake holds the same hub's events under another name of its namespace: a Geo-DR alias, a private DNS name. The
 * host reads the hub from its start then, since its checkpoints bear the name, too, and all that the hub still holds would come in twice.
 *
 * Told by the events: one that the other name's ledger covers is looked up, and is the same where time and offset are. Where the batch goes
 * on behind all that is covered there, nothing tells the two apart but the operator.
 *
 * @param events ascending
 * @param isStated whether the settings say by what name the lake knows the namespace: then what cannot be told apart is another hub
 * @throws PipelineError `HUB_UNDER_OTHER_NAME`
 */
export async function refuseOtherName(
  lake: Lake,
  birth: Birth,
  events: readonly HubEvent[],
  isStated: boolean,
): Promise<void> {
  for (const other of await ofOtherNames(lake, birth)) {
    if (other.pending.length > 0) await publishPending(lake, other);
    const shared = events.filter(
      ({ sequence, enqueuedAt }) => isCovered(other, sequence) && enqueuedAt <= other.lastEnqueuedAt,
    );
    for (const event of spread(shared)) {
      if (await holds(lake, other, event)) throw refusal(birth, other, `holds event ${event.sequence} of it`);
    }
    const [first] = events;
    const goesOn = first !== undefined && first.sequence > other.last && first.enqueuedAt >= other.lastEnqueuedAt;
    if (goesOn && other.successor === null && !isStated) {
      throw refusal(birth, other, `ends with event ${other.last} there, and this batch may go on behind it`);
    }
  }
}

/** Ledgers of the same source, hub and partition whose namespace has another name. One that cannot be read says nothing. */
async function ofOtherNames(lake: Lake, birth: Birth): Promise<Ledger[]> {
  const others: Ledger[] = [];
  for (const folder of FOLDERS) {
    for await (const { path } of lake.list(folder)) {
      const [namespace, hub, , file] = path.slice(folder.length + 1).split('/');
      if (namespace === birth.namespace || hub !== birth.hub || file !== `${birth.partition}.json`) continue;
      const ledger = await readable(lake, path);
      if (ledger?.source === birth.source) others.push(ledger);
    }
  }
  return others;
}

async function readable(lake: Lake, path: string): Promise<Ledger | null> {
  const found = await lake.read(path);
  try {
    return found === null ? null : parseLedger(found.bytes, path);
  } catch (error) {
    if (error instanceof PipelineError) return null;
    throw error;
  }
}

/** The first, the last, and one between. */
function spread(events: readonly HubEvent[]): readonly HubEvent[] {
  if (events.length <= COMPARED) return events;
  return [0, events.length >> 1, events.length - 1].map((i) => events[i] as HubEvent);
}

/** Whether the lake holds this very event as one of the ledger's. It would be on the event's own day. */
export async function holds(lake: Lake, of: LineOwner, { sequence, enqueuedAt, offset }: HubEvent): Promise<boolean> {
  const head = `${lineHead(of)},"sequenceNumber":${sequence},`;
  for await (const { path, file } of filesOf(lake, of.source, dayFolder(enqueuedAt))) {
    if (file?.partition !== of.partition || file.incarnation !== of.incarnation) continue;
    if (sequence < file.first || sequence > file.last || enqueuedAt < file.firstEnqueuedAt) continue;
    const text = (await lake.read(path))?.bytes.toString('latin1') ?? '';
    const at = text.startsWith(head) ? 0 : text.indexOf(`\n${head}`) + 1;
    if (!text.startsWith(head, at)) continue;
    const end = text.indexOf('\n', at);
    const line = text.slice(at, end < 0 ? undefined : end);
    const rest = line.slice(head.length);
    return rest.startsWith(
      `"offset":${JSON.stringify(offset)},"enqueuedTime":"${new Date(enqueuedAt).toISOString()}",`,
    );
  }
  return false;
}

function refusal(birth: Birth, other: Ledger, what: string): PipelineError {
  return new PipelineError(
    'HUB_UNDER_OTHER_NAME',
    `hub ${birth.hub} partition ${birth.partition} has no ledger under namespace ${birth.namespace}; yet the lake knows a hub of that ` +
      `name under namespace ${other.namespace}, and ${what} (${ledgerPath(other)}). Under a second name its events would come in twice, ` +
      `so nothing was written. Is it the same namespace, reached under another name? Set EVENTHUB_NAMESPACE_NAME=${other.namespace}. ` +
      `Is it another one? Set EVENTHUB_NAMESPACE_NAME=${birth.namespace}. docs/deploy.md, "Another name for the namespace".`,
    { retryable: true },
  );
}
