import { isKey, isUri, missingParts, readParts } from './connection-string';
import { Unfit } from './fault';
import { Secret } from './secret';

const EXPECTED =
  'DefaultEndpointsProtocol=https;AccountName=<account>;AccountKey=<key>;EndpointSuffix=core.windows.net, ' +
  'or UseDevelopmentStorage=true';

const PARTS = [
  'DefaultEndpointsProtocol',
  'AccountName',
  'AccountKey',
  'EndpointSuffix',
  'BlobEndpoint',
  'BlobSecondaryEndpoint',
  'DfsEndpoint',
  'DfsSecondaryEndpoint',
  'QueueEndpoint',
  'QueueSecondaryEndpoint',
  'TableEndpoint',
  'TableSecondaryEndpoint',
  'FileEndpoint',
  'FileSecondaryEndpoint',
  'SharedAccessSignature',
  'UseDevelopmentStorage',
  'DevelopmentStorageProxyUri',
] as const;

/**
 * Reads a storage connection string, the development one included.
 *
 * @throws Unfit saying which part is missing or odd, never its value
 */
export function storageConnectionString(text: string): Secret {
  const parts = readParts(text, PARTS, EXPECTED);
  if (parts.has('UseDevelopmentStorage')) {
    // The storage SDK recognises it at the very beginning alone.
    if (!text.startsWith('UseDevelopmentStorage=true') || parts.size > 1) {
      throw new Unfit('UseDevelopmentStorage with another value or other parts', EXPECTED);
    }
    return new Secret('UseDevelopmentStorage=true');
  }
  if (parts.has('SharedAccessSignature')) {
    throw new Unfit(
      'a SharedAccessSignature',
      EXPECTED,
      'Use a key or an identity: a signature expires, and with it the pipeline would stop',
    );
  }
  const missing = missingParts(parts, ['DefaultEndpointsProtocol', 'AccountName', 'AccountKey']);
  if (missing !== null) throw new Unfit(missing, EXPECTED);
  if (!['https', 'http'].includes(parts.get('DefaultEndpointsProtocol') ?? '')) {
    throw new Unfit('a DefaultEndpointsProtocol that is neither https nor http', EXPECTED);
  }
  if (!/^[a-z0-9]{3,24}$/.test(parts.get('AccountName') ?? '')) {
    throw new Unfit('an AccountName that is not 3 to 24 lower-case letters and digits', EXPECTED);
  }
  if (!isKey(parts.get('AccountKey') ?? '')) {
    throw new Unfit('an AccountKey that is not base64', EXPECTED, 'Copy the whole connection string again');
  }
  const endpoint = parts.get('BlobEndpoint');
  if (endpoint === undefined && !/^[a-z0-9.-]+$/i.test(parts.get('EndpointSuffix') ?? '')) {
    throw new Unfit('neither an EndpointSuffix nor a BlobEndpoint', EXPECTED);
  }
  if (endpoint !== undefined && !isUri(endpoint, ['https', 'http'])) {
    throw new Unfit('a BlobEndpoint that is not an http or https address', EXPECTED);
  }
  return new Secret(text);
}
