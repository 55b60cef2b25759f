import { isKey, isUri, missingParts, readParts } from './connection-string';
import { Unfit } from './fault';
import { Secret } from './secret';

const EXPECTED =
  'Endpoint=sb://<namespace>.servicebus.windows.net/;SharedAccessKeyName=<policy>;SharedAccessKey=<key>, ' +
  "the namespace's own, without EntityPath";

const PARTS = [
  'Endpoint',
  'SharedAccessKeyName',
  'SharedAccessKey',
  'SharedAccessSignature',
  'EntityPath',
  'UseDevelopmentEmulator',
] as const;

/**
 * Reads an Event Hubs connection string, the emulator's included.
 *
 * @throws Unfit saying which part is missing or odd, never its value
 */
export function eventHubsConnectionString(text: string): Secret {
  const parts = readParts(text, PARTS, EXPECTED);
  if (parts.has('EntityPath')) {
    // The host takes it before the trigger's eventHubName: both functions would read one hub, and neither the other.
    throw new Unfit(
      'an EntityPath',
      EXPECTED,
      'Use a shared access policy of the namespace, or remove EntityPath: it would make both functions read one hub',
    );
  }
  if (parts.has('SharedAccessSignature')) {
    throw new Unfit(
      'a SharedAccessSignature',
      EXPECTED,
      'Use a key or an identity: a signature expires, and with it the pipeline would stop',
    );
  }
  const missing = missingParts(parts, ['Endpoint', 'SharedAccessKeyName', 'SharedAccessKey']);
  if (missing !== null) throw new Unfit(missing, EXPECTED);

  if (!isUri(parts.get('Endpoint') ?? '', ['sb'])) throw new Unfit('an Endpoint that is not sb://<host>', EXPECTED);
  const emulator = parts.get('UseDevelopmentEmulator') ?? 'false';
  if (emulator !== 'true' && emulator !== 'false') {
    throw new Unfit('UseDevelopmentEmulator that is neither true nor false', EXPECTED);
  }
  // The emulator's well-known key is a word, not base64.
  if (emulator === 'false' && !isKey(parts.get('SharedAccessKey') ?? '')) {
    throw new Unfit('a SharedAccessKey that is not base64', EXPECTED, 'Copy the whole connection string again');
  }
  return new Secret(text);
}
