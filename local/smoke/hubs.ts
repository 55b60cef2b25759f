import { type EventHubConsumerClient, type Subscription } from '@azure/event-hubs';
import { type ContainerClient } from '@azure/storage-blob';
import { type Ends, type HubEnds } from './access';
import { Unfit, describeCause } from './unfit';

/** What was found of a hub before anything is sent. */
export interface HubFound {
  readonly hub: string;
  readonly partitions: number;
}

/** Both hubs, as {@link prepareHub} has it. */
export async function prepareHubs(ends: Ends, group: string, checkpoints: ContainerClient): Promise<HubFound[]> {
  return [await prepareHub(ends.postgresql, group, checkpoints), await prepareHub(ends.mongodb, group, checkpoints)];
}

/**
 * Looks whether the hub and the consumer group are there and may be read, and sets the host's checkpoints to where each
 * partition ends now: the functions get what is sent from here on, and nothing that is left of an earlier check.
 *
 * @param checkpoints the host's container
 * @throws Unfit with the command that makes what is missing
 */
async function prepareHub(ends: HubEnds, group: string, checkpoints: ContainerClient): Promise<HubFound> {
  const { hub, consumer } = ends;
  const namespace = consumer.fullyQualifiedNamespace;
  const ids = await consumer.getPartitionIds().catch((error: unknown) => {
    throw new Unfit(`The hub ${hub} of ${namespace} cannot be looked at`, error, hubAction(error, hub, namespace));
  });
  await canReceive(consumer, ids[0] ?? '0').catch((error: unknown) => {
    throw new Unfit(
      `The consumer group ${group} of ${namespace}/${hub} cannot be read`,
      error,
      groupAction(error, group, hub, namespace),
    );
  });
  for (const id of ids) {
    const { lastEnqueuedOffset: offset, lastEnqueuedSequenceNumber: last } = await consumer.getPartitionProperties(id);
    if (last < 0) continue;
    const host = namespace.replace(/:\d+$/, '');
    const name = `${host}/${hub}/${group}/checkpoint/${id}`.toLowerCase();
    const metadata = { offset, sequencenumber: String(last) };
    await checkpoints.getBlockBlobClient(name).upload('', 0, { metadata });
  }
  return { hub, partitions: ids.length };
}

/** Opens a link at the end of a partition: resolves when it is answered, whether or not there is an event. */
async function canReceive(consumer: EventHubConsumerClient, partition: string): Promise<void> {
  let subscription: Subscription | undefined;
  const answered = new Promise((resolve, reject) => {
    const handlers = {
      processEvents: (events: unknown) => Promise.resolve(resolve(events)),
      processError: (error: unknown) => Promise.resolve(reject(error as Error)),
    };
    subscription = consumer.subscribe(partition, handlers, { maxBatchSize: 1, maxWaitTimeInSeconds: 1 });
  });
  await answered.finally(() => subscription?.close());
}

const NOT_FOUND = /not.?found|NotFound|MessagingEntityNotFound/i;
const REFUSED = /unauthori[sz]ed|forbidden|401|403/i;

function hubAction(error: unknown, hub: string, namespace: string): string {
  const found = describeCause(error);
  if (NOT_FOUND.test(found)) {
    return `Make it: ${created('eventhub', hub, namespace)} --partition-count 4. For the emulator: name it in its Config.json.`;
  }
  if (REFUSED.test(found)) return roleAction(hub);
  return 'Check EVENTHUB_CONNECTION_STRING: the name, the key, and that this machine may reach the namespace (ports 5671 or 443).';
}

function groupAction(error: unknown, group: string, hub: string, namespace: string): string {
  const found = describeCause(error);
  if (NOT_FOUND.test(found)) {
    return `Make it: ${created('eventhub consumer-group', group, namespace)} --eventhub-name ${hub}. For the emulator: name it in its Config.json.`;
  }
  return REFUSED.test(found)
    ? roleAction(hub)
    : 'Check that nobody else reads this consumer group, or give another one.';
}

const roleAction = (hub: string): string =>
  `The check needs "Azure Event Hubs Data Sender" and "Azure Event Hubs Data Receiver" on ${hub} (or a key with Send and Listen).`;

const created = (what: string, name: string, namespace: string): string =>
  `az eventhubs ${what} create --resource-group <group> --namespace-name ${namespace.split('.')[0] ?? ''} --name ${name}`;
