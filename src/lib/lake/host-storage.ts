import { type TokenCredential } from '@azure/identity';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { PipelineError } from '../errors';

/** Where the Functions host keeps its checkpoints of Event Hubs. */
const CONTAINER = 'azure-webjobs-eventhub';
const SETTING = 'AzureWebJobsStorage';

/**
 * Opens the container of the host's checkpoints by the host's own settings; sends nothing yet.
 *
 * @throws PipelineError CONFIG_INVALID where they name no account
 */
export async function openHostCheckpoints(
  env: NodeJS.ProcessEnv,
  credentialFor: (clientId: string | null) => Promise<TokenCredential>,
): Promise<ContainerClient> {
  const connectionString = env[SETTING]?.trim() ?? '';
  if (connectionString !== '') {
    // The SDK takes it with its semicolon alone.
    const text = connectionString === 'UseDevelopmentStorage=true' ? `${connectionString};` : connectionString;
    return clientOf(text).getContainerClient(CONTAINER);
  }
  const account = env[`${SETTING}__accountName`];
  const uri =
    env[`${SETTING}__blobServiceUri`] ?? (account === undefined ? null : `https://${account}.blob.core.windows.net`);
  if (uri === null) {
    throw new PipelineError(
      'CONFIG_INVALID',
      `the host's storage is not given: set ${SETTING}, or ${SETTING}__accountName, as the function app has it`,
    );
  }
  const credential = await credentialFor(env[`${SETTING}__clientId`] ?? null);
  return new BlobServiceClient(uri, credential).getContainerClient(CONTAINER);
}

/** What the SDK says of a connection string may quote it. */
function clientOf(connectionString: string): BlobServiceClient {
  try {
    return BlobServiceClient.fromConnectionString(connectionString);
  } catch {
    throw new PipelineError(
      'CONFIG_INVALID',
      `${SETTING} is not a connection string of a storage account: copy it whole, as the function app has it`,
    );
  }
}
