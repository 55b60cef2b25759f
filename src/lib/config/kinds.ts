import { mongoList, postgresList, type MongoEntry, type PostgresEntry } from './capture-list';
import { isUri, missingParts, readParts } from './connection-string';
import { eventHubsConnectionString } from './event-hubs-connection';
import { shown, Unfit } from './fault';
import { parseAuthenticationString } from '../observability/identity';
import { Secret } from './secret';
import { storageConnectionString } from './storage-connection';

/** A kind of value: its name in the documents, and how a text becomes one. `parse` throws Unfit, never with a secret. */
export interface Kind<T> {
  readonly type: string;
  readonly secret: boolean;
  readonly parse: (text: string) => T;
}

function kind<T>(type: string, parse: (text: string) => T): Kind<T> {
  return { type, secret: false, parse: (text) => parse(unpadded(text)) };
}

/** White space around a value reaches the host as part of it: a pasted line end makes a key wrong. */
function unpadded(text: string): string {
  if (text !== text.trim()) throw new Unfit('white space around the value', 'none', 'Remove it');
  return text;
}

/** A text that `pattern` matches; `expected` says so in words. */
const matching = (type: string, pattern: RegExp, expected: string): Kind<string> =>
  kind(type, (text) => {
    if (!pattern.test(text)) throw new Unfit(shown(text), expected);
    return text;
  });

/** A whole number in plain digits, from `least` to `most`. */
export const wholeNumber = (least: number, most: number): Kind<number> =>
  kind(`whole number, ${least} to ${most}`, (text) => {
    const value = Number(text);
    if (!/^\d{1,9}$/.test(text) || value < least || value > most) {
      throw new Unfit(shown(text), `a whole number from ${least} to ${most}`);
    }
    return value;
  });

/** Azure's rules for an event hub's name. */
export const hubName = matching(
  'event hub name',
  /^(?=.{1,256}$)[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i,
  '1 to 256 letters, digits, ".", "-" and "_", the first and the last a letter or digit',
);

/** Azure's rules for a consumer group's name, and the one that every hub is born with. */
export const consumerGroupName = matching(
  'consumer group name',
  /^(\$Default|(?=.{1,50}$)[a-z0-9]([a-z0-9._-]*[a-z0-9])?)$/i,
  '1 to 50 letters, digits, ".", "-" and "_", the first and the last a letter or digit, or $Default',
);

/** Azure's rules for a container's name: a file system is one. */
export const fileSystemName = matching(
  'file system name',
  /^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/,
  '3 to 63 lower-case letters, digits and single hyphens between them',
);

/** Azure's rules for a storage account's name. */
export const accountName = matching(
  'storage account name',
  /^[a-z0-9]{3,24}$/,
  'the name alone, 3 to 24 lower-case letters and digits',
);

/** The namespace's host: `example.servicebus.windows.net`. */
export const namespaceHost = matching(
  'host name',
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/i,
  'the whole host name alone, as in example.servicebus.windows.net, without sb:// and without /',
);

/** What the lake calls a namespace: a folder of ledgers is named so. */
export const namespaceName = matching(
  'name',
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i,
  '1 to 253 letters, digits, ".", "-" and "_", the first and the last a letter or digit',
);

/** A user-assigned identity's client id. */
export const clientId = matching(
  'client id (GUID)',
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  'a GUID, as in 00000000-0000-0000-0000-000000000000',
);

/** The one credential type that the host and this app both know. */
export const credential = matching('`managedidentity`', /^managedidentity$/, 'managedidentity');

/** The blob endpoint as the host's storage bindings take it. The Data Lake endpoint is derived from it. */
export const blobServiceUri = kind('https address', (text) => {
  if (!isUri(text, ['https'])) throw new Unfit(shown(text), 'an address as in https://example.blob.core.windows.net');
  return text.replace(/\/$/, '');
});

/** Databases to capture; none of it is secret: it names the settings that are. */
export const postgresDatabases: Kind<readonly PostgresEntry[]> = kind('JSON list', postgresList);
export const mongoDatabases: Kind<readonly MongoEntry[]> = kind('JSON list', mongoList);

/** As the Functions host takes it: six fields, the first of them seconds. */
export const schedule = matching(
  'NCRONTAB expression',
  /^([\d*/,-]+ ){3}[\w*/,-]+( [\w*/,-]+){2}$/,
  'six fields: seconds, minutes, hours, day, month, day of the week',
);

const secretKind = <T>(type: string, parse: (text: string) => T): Kind<T> => ({ ...kind(type, parse), secret: true });

export const eventHubsString: Kind<Secret> = secretKind('connection string', eventHubsConnectionString);

export const storageString: Kind<Secret> = secretKind('connection string', storageConnectionString);

const TELEMETRY_PARTS = [
  'InstrumentationKey',
  'IngestionEndpoint',
  'LiveEndpoint',
  'ApplicationId',
  'EndpointSuffix',
  'ProfilerEndpoint',
  'SnapshotEndpoint',
  'Authorization',
  'AADAudience',
  'Location',
] as const;

/** Application Insights' connection string: at least the instrumentation key. */
export const telemetryString: Kind<Secret> = secretKind('connection string', (text) => {
  const expected = 'InstrumentationKey=<GUID>;IngestionEndpoint=https://<region>.in.applicationinsights.azure.com/';
  const parts = readParts(text, TELEMETRY_PARTS, expected);
  const missing = missingParts(parts, ['InstrumentationKey']);
  if (missing !== null) throw new Unfit(missing, expected);
  const ingestion = parts.get('IngestionEndpoint');
  if (ingestion !== undefined && !isUri(ingestion, ['https', 'http'])) {
    throw new Unfit('an IngestionEndpoint that is not an http or https address', expected);
  }
  return new Secret(text);
});

/** Beside Application Insights' connection string: `ClientId` for a user-assigned identity. */
export const telemetryAuthentication: Kind<{ readonly clientId: string | null }> = kind(
  'authentication string',
  (text) => {
    const found = parseAuthenticationString(text);
    if (found === null)
      throw new Unfit('a text of another form', 'Authorization=AAD, or Authorization=AAD;ClientId=<GUID>');
    return found;
  },
);
