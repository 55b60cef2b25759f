import { EventHubConsumerClient, EventHubProducerClient } from '@azure/event-hubs';
import { type Config } from '../../src/lib/config/config';
import { credentialFor } from '../../src/lib/credential';
import { type Source } from '../../src/lib/decode/event';

/** One hub of the check, from both ends. */
export interface HubEnds {
  readonly hub: string;
  readonly producer: EventHubProducerClient;
  readonly consumer: EventHubConsumerClient;
}

export type Ends = Readonly<Record<Source, HubEnds>>;

/** The sender counts each attempt itself, so this client makes one only. */
const ONE_TRY = { retryOptions: { maxRetries: 0, timeoutInMs: 30_000 } };

/** Opens both hubs by the settings' connection string or identity; sends nothing yet. */
export async function openEnds(
  { eventHubs }: Config,
  hubs: Readonly<Record<Source, string>>,
  group: string,
): Promise<Ends & AsyncDisposable> {
  const open = async (hub: string): Promise<HubEnds> => {
    if (eventHubs.kind === 'connectionString') {
      const text = eventHubs.connectionString.reveal();
      return {
        hub,
        producer: new EventHubProducerClient(text, hub, ONE_TRY),
        consumer: new EventHubConsumerClient(group, text, hub),
      };
    }
    const { fullyQualifiedNamespace: namespace, clientId } = eventHubs;
    const credential = await credentialFor(clientId);
    return {
      hub,
      producer: new EventHubProducerClient(namespace, hub, credential, ONE_TRY),
      consumer: new EventHubConsumerClient(group, namespace, hub, credential),
    };
  };
  const postgresql = await open(hubs.postgresql);
  const mongodb = await open(hubs.mongodb);
  return {
    postgresql,
    mongodb,
    [Symbol.asyncDispose]: async () => {
      const clients = [postgresql, mongodb].flatMap(({ producer, consumer }) => [producer, consumer]);
      await Promise.allSettled(clients.map((client) => client.close()));
    },
  };
}
