import { DefaultAzureCredential, ManagedIdentityCredential, type TokenCredential } from '@azure/identity';
import { EventHubConsumerClient, RetryMode } from '@azure/event-hubs';
import { BlobServiceClient } from '@azure/storage-blob';

/** As .NET's client, and so the extension, tries again by default. This client would wait 30 s each time. */
const RETRY = { mode: RetryMode.Exponential, maxRetries: 3, retryDelayInMs: 800, maxRetryDelayInMs: 60_000 };

/** Azurite's well-known account, which `UseDevelopmentStorage=true` means. */
const DEVELOPMENT = 'UseDevelopmentStorage=true';

/**
 * Opens a hub by the name of a connection setting: a connection string in it, or an identity in `__fullyQualifiedNamespace`.
 *
 * @throws Error that names the setting
 */
export function openHub(env: NodeJS.ProcessEnv, setting: string, hub: string, group: string): EventHubConsumerClient {
  const options = { retryOptions: RETRY };
  const connectionString = env[setting];
  if (connectionString !== undefined && connectionString !== '') {
    return new EventHubConsumerClient(group, connectionString, hubOf(connectionString, hub), options);
  }
  const namespace = env[`${setting}__fullyQualifiedNamespace`];
  if (namespace === undefined || namespace === '') {
    throw new Error(
      `The connection ${setting} is not given: neither ${setting} nor ${setting}__fullyQualifiedNamespace.`,
    );
  }
  return new EventHubConsumerClient(group, namespace, hub, credentialOf(env, setting), options);
}

/** An `EntityPath` in the connection string wins over the binding's name. */
const hubOf = (connectionString: string, hub: string): string =>
  /(?:^|;)\s*EntityPath\s*=\s*([^;]+)/i.exec(connectionString)?.[1]?.trim() ?? hub;

/**
 * Opens the host's own storage, where it keeps checkpoints, locks and schedules.
 *
 * @throws Error that names the setting
 */
export function openHostStorage(env: NodeJS.ProcessEnv): BlobServiceClient {
  const setting = 'AzureWebJobsStorage';
  const connectionString = env[setting];
  if (connectionString !== undefined && connectionString !== '') {
    const given = connectionString.trim() === DEVELOPMENT ? `${DEVELOPMENT};` : connectionString;
    return BlobServiceClient.fromConnectionString(given);
  }
  const account = env[`${setting}__accountName`];
  const uri = env[`${setting}__blobServiceUri`] ?? (account ? `https://${account}.blob.core.windows.net` : undefined);
  if (uri === undefined) throw new Error(`The host needs storage: set ${setting}, or ${setting}__accountName.`);
  return new BlobServiceClient(uri, credentialOf(env, setting));
}

function credentialOf(env: NodeJS.ProcessEnv, setting: string): TokenCredential {
  const clientId = env[`${setting}__clientId`];
  if (env[`${setting}__credential`] !== 'managedidentity' || clientId === undefined)
    return new DefaultAzureCredential();
  return new ManagedIdentityCredential({ clientId });
}

/** The namespace as .NET's client names it: the endpoint's host, without a port. */
export function namespaceOf(client: EventHubConsumerClient): string {
  return client.fullyQualifiedNamespace.replace(/:\d+$/, '').toLowerCase();
}
