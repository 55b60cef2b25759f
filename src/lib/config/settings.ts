import { makeExactValidator, type OptionalValidatorSpec, type RequiredValidatorSpec } from 'envalid';
import * as kinds from './kinds';

/** What the documents say of a setting. */
interface About {
  readonly meaning: string;
  readonly example: string;
}

/** A setting that is `value` where it is not given. */
function withDefault<T extends string | number>(kind: kinds.Kind<T>, value: T, about: About) {
  const spec: RequiredValidatorSpec<T> = makeExactValidator<T>(kind.parse)({ default: value });
  return { ...spec, ...about, default: value, type: kind.type, secret: kind.secret };
}

/** A setting without a default; rules.ts says when it is needed. */
function withoutDefault<T>(kind: kinds.Kind<T>, about: About) {
  const spec: OptionalValidatorSpec<T> = makeExactValidator<T>(kind.parse)({ default: undefined });
  return { ...spec, ...about, default: undefined, type: kind.type, secret: kind.secret };
}

/**
 * Every setting there is. docs/settings.md, README.md and local.settings.json.example are tested against this table.
 * Names ending in a unit are in that unit. `NAME__part` is the form in which the Functions host knows an identity.
 */
export const SETTINGS = {
  EVENTHUB_CONNECTION_STRING: withoutDefault(kinds.eventHubsString, {
    meaning: 'the Event Hubs namespace, by key; or use the identity form below',
    example: 'Endpoint=sb://example.servicebus.windows.net/;SharedAccessKeyName=listen;SharedAccessKey=<key>',
  }),
  EVENTHUB_CONNECTION_STRING__fullyQualifiedNamespace: withoutDefault(kinds.namespaceHost, {
    meaning: 'the Event Hubs namespace, by identity',
    example: 'example.servicebus.windows.net',
  }),
  EVENTHUB_CONNECTION_STRING__credential: withoutDefault(kinds.credential, {
    meaning: 'needed with `__clientId`: the host then uses that managed identity and no other',
    example: 'managedidentity',
  }),
  EVENTHUB_CONNECTION_STRING__clientId: withoutDefault(kinds.clientId, {
    meaning: 'client id of a user-assigned identity; without it the system-assigned one, or the developer signed in',
    example: '00000000-0000-0000-0000-000000000000',
  }),
  EVENTHUB_NAMESPACE_NAME: withoutDefault(kinds.namespaceName, {
    meaning:
      'what the lake calls the namespace, in lines, ledgers and ids; needed where the same namespace gets another host name ' +
      '(a Geo-DR alias, a private one); by default its host name',
    example: 'example.servicebus.windows.net',
  }),
  STORAGE_CONNECTION_STRING: withoutDefault(kinds.storageString, {
    meaning: "the lake's storage account, by key; or use the identity form below",
    example: 'DefaultEndpointsProtocol=https;AccountName=example;AccountKey=<key>;EndpointSuffix=core.windows.net',
  }),
  STORAGE_CONNECTION_STRING__accountName: withoutDefault(kinds.accountName, {
    meaning: "the lake's storage account, by identity",
    example: 'example',
  }),
  STORAGE_CONNECTION_STRING__blobServiceUri: withoutDefault(kinds.blobServiceUri, {
    meaning: 'instead of `__accountName` where the account is not under core.windows.net',
    example: 'https://example.blob.core.usgovcloudapi.net',
  }),
  STORAGE_CONNECTION_STRING__credential: withoutDefault(kinds.credential, {
    meaning: 'needed with `__clientId`, as for Event Hubs',
    example: 'managedidentity',
  }),
  STORAGE_CONNECTION_STRING__clientId: withoutDefault(kinds.clientId, {
    meaning: 'client id of a user-assigned identity, as for Event Hubs',
    example: '00000000-0000-0000-0000-000000000000',
  }),
  LAKE_FILESYSTEM: withDefault(kinds.fileSystemName, 'data', {
    meaning: 'file system (container) of the lake',
    example: 'data',
  }),
  POSTGRES_EVENTHUB_NAME: withDefault(kinds.hubName, 'postgresql-changes', {
    meaning: 'the hub that carries the changes of PostgreSQL; any number of databases may feed it',
    example: 'postgresql-changes',
  }),
  MONGODB_EVENTHUB_NAME: withDefault(kinds.hubName, 'mongodb-changes', {
    meaning: 'the hub that carries the changes of MongoDB; another one than the former',
    example: 'mongodb-changes',
  }),
  EVENTHUB_CONSUMER_GROUP: withDefault(kinds.consumerGroupName, 'lake', {
    meaning: "the pipeline's own consumer group, in both hubs",
    example: 'lake',
  }),
  EVENTHUB_REPAIR_CONSUMER_GROUP: withDefault(kinds.consumerGroupName, 'lake-repair', {
    meaning: 'the consumer group through which gaps are read again, in both hubs; another one than the former',
    example: 'lake-repair',
  }),
  EVENTHUB_RETENTION_DAYS: withDefault(kinds.wholeNumber(1, 90), 7, {
    meaning: 'how long the hubs keep events: how far back a partition without a ledger looks for files of its own',
    example: '7',
  }),
  APPLICATIONINSIGHTS_CONNECTION_STRING: withoutDefault(kinds.telemetryString, {
    meaning: 'where telemetry goes; without it metrics go to the log',
    example: 'InstrumentationKey=00000000-0000-0000-0000-000000000000',
  }),
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: withoutDefault(kinds.telemetryAuthentication, {
    meaning: 'telemetry by identity, as the host takes it; needed where the resource takes no keys',
    example: 'Authorization=AAD;ClientId=00000000-0000-0000-0000-000000000000',
  }),
  LAKE_MAX_FILE_MIB: withDefault(kinds.wholeNumber(1, 1024), 64, {
    meaning: 'size at which a batch is cut into another file, in MiB',
    example: '64',
  }),
  INGEST_MEMORY_MIB: withDefault(kinds.wholeNumber(16, 65_536), 256, {
    meaning: 'bytes that batches being encoded may hold at once, all partitions together, in MiB',
    example: '256',
  }),
  INGEST_ATTEMPT_SECONDS: withDefault(kinds.wholeNumber(5, 86_400), 240, {
    meaning: 'an attempt at a batch gives up after this time and is made again; well below `functionTimeout`',
    example: '240',
  }),
  STORAGE_REQUEST_SECONDS: withDefault(kinds.wholeNumber(1, 600), 30, {
    meaning: 'a request to storage gives up after this time; below `INGEST_ATTEMPT_SECONDS`',
    example: '30',
  }),
  CAPTURE_POSTGRES: withoutDefault(kinds.postgresDatabases, {
    meaning: 'PostgreSQL databases to capture, see docs/capture.md; none where it is left out',
    example: '[{"name":"shop","connection":"SHOP_DATABASE"}]',
  }),
  CAPTURE_MONGODB: withoutDefault(kinds.mongoDatabases, {
    meaning: 'MongoDB databases to capture, see docs/capture.md; none where it is left out',
    example: '[{"name":"carts","connection":"CARTS_DATABASE","database":"shop"}]',
  }),
  CAPTURE_SCHEDULE: withDefault(kinds.schedule, '0 */5 * * * *', {
    meaning: 'when the functions that capture begin anew; off where there is nothing to capture',
    example: '0 */5 * * * *',
  }),
  CAPTURE_RUN_SECONDS: withDefault(kinds.wholeNumber(5, 86_400), 290, {
    meaning: 'for so long such a run captures, then the next takes over; just below what `CAPTURE_SCHEDULE` leaves',
    example: '290',
  }),
  MAINTENANCE_WEEKLY_SCHEDULE: withDefault(kinds.schedule, '0 0 3 * * 0', {
    meaning: 'when checkpoints are cleaned up, debris is swept and closed days are optimised, UTC',
    example: '0 0 3 * * 0',
  }),
  MAINTENANCE_DAILY_SCHEDULE: withDefault(kinds.schedule, '0 30 1 * * *', {
    meaning: 'when completeness is proved and gaps are filled, UTC',
    example: '0 30 1 * * *',
  }),
  MAINTENANCE_RUN_SECONDS: withDefault(kinds.wholeNumber(30, 86_400), 450, {
    meaning: 'such a run begins nothing new after this time; at most four fifths of `functionTimeout`',
    example: '450',
  }),
  LAKE_OPTIMIZE_TARGET_MIB: withDefault(kinds.wholeNumber(1, 4096), 128, {
    meaning: 'size that merged files come close to and do not exceed, in MiB',
    example: '128',
  }),
  LAKE_OPTIMIZE_AFTER_HOURS: withDefault(kinds.wholeNumber(1, 8760), 24, {
    meaning: 'a day is optimised so long after its end, UTC',
    example: '24',
  }),
};

export type SettingName = keyof typeof SETTINGS;

/** What each setting holds once read: undefined where it is neither given nor has a default. */
export type Settings = {
  readonly [Name in SettingName]: (typeof SETTINGS)[Name] extends OptionalValidatorSpec<infer T>
    ? T | undefined
    : (typeof SETTINGS)[Name] extends RequiredValidatorSpec<infer T>
      ? T
      : never;
};

/** In the table's order. */
export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];
