import { inspect } from 'node:util';
import { checkConfig, readConfig } from '../../src/lib/config/read';
import { FUNCTION_TIMEOUT_OVERRIDE } from '../../src/lib/config/function-timeout';
import { hasCode } from '../../src/lib/errors';
import { byIdentity, byKey, CANARY, CLIENT_ID, EVENT_HUBS, STORAGE } from './environment';

/** `SETTING: found` of every fault. */
const faultsOf = (env: NodeJS.ProcessEnv): readonly string[] =>
  checkConfig(env).faults.map((fault) => `${fault.setting}: ${fault.found}`);

describe('valid settings', () => {
  test('two connection strings are enough; all else has its documented default', () => {
    const { eventHubs, storage, ...rest } = readConfig(byKey);
    expect(eventHubs.kind === 'connectionString' && eventHubs.connectionString.reveal()).toBe(EVENT_HUBS);
    expect(storage.kind === 'connectionString' && storage.connectionString.reveal()).toBe(STORAGE);
    expect(rest).toEqual({
      lake: { fileSystem: 'data', maxFileBytes: 64 * 1024 * 1024 },
      hubs: { postgresql: 'postgresql-changes', mongodb: 'mongodb-changes' },
      namespaceName: null,
      capture: { postgresql: [], mongodb: [], runMs: 290_000, abortMs: 540_000 },
      maintenance: {
        repairGroup: 'lake-repair',
        runMs: 450_000,
        targetBytes: 128 * 1024 * 1024,
        closedAfterMs: 24 * 3_600_000,
      },
      consumerGroup: 'lake',
      retentionDays: 7,
      memoryBudgetBytes: 256 * 1024 * 1024,
      attemptMs: 240_000,
      requestMs: 30_000,
      applicationInsights: null,
      applicationInsightsIdentity: null,
    });
  });

  test('identities are enough, and the endpoints follow from the account', () => {
    const { eventHubs, storage } = readConfig(byIdentity);
    expect(eventHubs).toEqual({
      kind: 'identity',
      fullyQualifiedNamespace: 'example.servicebus.windows.net',
      clientId: null,
    });
    expect(storage).toEqual({
      kind: 'identity',
      blobEndpoint: 'https://example.blob.core.windows.net',
      dfsEndpoint: 'https://example.dfs.core.windows.net',
      clientId: null,
    });
  });

  test('a blob endpoint of another cloud gives the Data Lake endpoint of that cloud', () => {
    const { storage } = readConfig({
      EVENTHUB_CONNECTION_STRING: EVENT_HUBS,
      STORAGE_CONNECTION_STRING__blobServiceUri: 'https://example.blob.core.usgovcloudapi.net/',
      STORAGE_CONNECTION_STRING__credential: 'managedidentity',
      STORAGE_CONNECTION_STRING__clientId: CLIENT_ID,
    });
    expect(storage).toEqual({
      kind: 'identity',
      blobEndpoint: 'https://example.blob.core.usgovcloudapi.net',
      dfsEndpoint: 'https://example.dfs.core.usgovcloudapi.net',
      clientId: CLIENT_ID,
    });
  });

  test('the development strings of Azurite and the emulator are taken', () => {
    const emulator =
      'Endpoint=sb://localhost:5672;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;';
    const { storage } = readConfig({
      EVENTHUB_CONNECTION_STRING: emulator,
      STORAGE_CONNECTION_STRING: 'UseDevelopmentStorage=true;',
    });
    expect(storage.kind === 'connectionString' && storage.connectionString.reveal()).toBe('UseDevelopmentStorage=true');
  });

  test('an endpoint of its own stands in for the endpoint suffix', () => {
    const azurite = `DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=${CANARY};BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1;`;
    expect(faultsOf({ ...byKey, STORAGE_CONNECTION_STRING: azurite })).toEqual([]);
  });

  test('$Default may be shared, and an empty text counts as not given', () => {
    const config = readConfig({ ...byKey, EVENTHUB_CONSUMER_GROUP: '$Default', LAKE_FILESYSTEM: '' });
    expect(config.consumerGroup).toBe('$Default');
    expect(config.lake.fileSystem).toBe('data');
  });

  test('names that belong to others are left alone', () => {
    expect(faultsOf({ ...byKey, AzureWebJobsStorage: 'x', PATH: '/bin', APPSETTING_LAKE_FILESYSTEM: 'data' })).toEqual(
      [],
    );
  });

  test('the config is frozen to its last part', () => {
    const config = readConfig(byKey);
    for (const part of [config, config.eventHubs, config.storage, config.lake, config.hubs]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });
});

describe('faults', () => {
  test('all are told at once, by name, with what was found, expected, and what to do', () => {
    const read = () =>
      readConfig({ STORAGE_CONNECTION_STRING: STORAGE, LAKE_FILESYSTEM: 'My_Lake', LAKE_MAX_FILE_MIB: '0' });
    let message = '';
    try {
      read();
    } catch (error) {
      expect(hasCode(error, 'CONFIG_INVALID')).toBe(true);
      message = (error as Error).message;
    }
    expect(message.split('\n')).toEqual([
      'CONFIG_INVALID: 3 settings are wrong (docs/settings.md lists them all):',
      '- LAKE_FILESYSTEM: found "My_Lake"; expected 3 to 63 lower-case letters, digits and single hyphens between them. Set it like data, or leave it out for data.',
      '- LAKE_MAX_FILE_MIB: found "0"; expected a whole number from 1 to 1024. Set it like 64, or leave it out for 64.',
      '- EVENTHUB_CONNECTION_STRING: found nothing; expected either EVENTHUB_CONNECTION_STRING or EVENTHUB_CONNECTION_STRING__fullyQualifiedNamespace. Give a connection string, or use an identity.',
    ]);
  });

  test('nothing given at all names both connections and nothing else', () => {
    expect(faultsOf({})).toEqual(['EVENTHUB_CONNECTION_STRING: nothing', 'STORAGE_CONNECTION_STRING: nothing']);
  });

  test('both forms of one connection', () => {
    expect(faultsOf({ ...byKey, ...byIdentity })).toEqual([
      'EVENTHUB_CONNECTION_STRING__fullyQualifiedNamespace: this besides EVENTHUB_CONNECTION_STRING',
      'STORAGE_CONNECTION_STRING__accountName: this besides STORAGE_CONNECTION_STRING',
    ]);
  });

  test('a client id without an identity, and without its credential type', () => {
    expect(faultsOf({ ...byKey, EVENTHUB_CONNECTION_STRING__clientId: CLIENT_ID })).toEqual([
      "EVENTHUB_CONNECTION_STRING__clientId: an identity's part besides EVENTHUB_CONNECTION_STRING",
      'EVENTHUB_CONNECTION_STRING__credential: nothing',
    ]);
    expect(faultsOf({ ...byIdentity, STORAGE_CONNECTION_STRING__clientId: CLIENT_ID })).toEqual([
      'STORAGE_CONNECTION_STRING__credential: nothing',
    ]);
  });

  test.each<[string, string]>([
    [`${EVENT_HUBS};EntityPath=postgresql-changes`, 'an EntityPath'],
    ['Endpoint=sb://example.servicebus.windows.net/', 'no SharedAccessKeyName, no SharedAccessKey'],
    [`SharedAccessKeyName=listen;SharedAccessKey=${CANARY}`, 'no Endpoint'],
    [`Endpoint=sb://example.servicebus.windows.net/;SharedAccessKeyName=listen;SharedAccessKey=`, 'no SharedAccessKey'],
    [EVENT_HUBS.replace('sb://', ''), 'an Endpoint that is not sb://<host>'],
    [EVENT_HUBS.replace('SharedAccessKeyName', 'sharedAccessKeyName'), 'SharedAccessKeyName in another case'],
    [`${EVENT_HUBS};SharedAccessKey=${CANARY}`, 'SharedAccessKey twice'],
    [EVENT_HUBS.slice(0, -1).replace('Y2Fu', '<key>'), 'a SharedAccessKey that is not base64'],
    [`${EVENT_HUBS};UseDevelopmentEmulator=yes`, 'UseDevelopmentEmulator that is neither true nor false'],
    [
      `Endpoint=sb://example.servicebus.windows.net/;SharedAccessSignature=SharedAccessSignature sr=x&sig=${CANARY}`,
      'a SharedAccessSignature',
    ],
    [
      STORAGE,
      'a part, number 1, that is none of Endpoint, SharedAccessKeyName, SharedAccessKey, SharedAccessSignature, EntityPath, UseDevelopmentEmulator',
    ],
    [
      'example.servicebus.windows.net;Endpoint',
      'a part, number 1, that is none of Endpoint, SharedAccessKeyName, SharedAccessKey, SharedAccessSignature, EntityPath, UseDevelopmentEmulator',
    ],
    ['Endpoint', 'Endpoint without a value'],
    [`${EVENT_HUBS}\n`, 'white space around the value'],
  ])('the Event Hubs connection string %#', (value, found) => {
    expect(faultsOf({ ...byKey, EVENTHUB_CONNECTION_STRING: value })).toEqual([`EVENTHUB_CONNECTION_STRING: ${found}`]);
  });

  test.each<[string, string]>([
    ['AccountName=example', 'no DefaultEndpointsProtocol, no AccountKey'],
    ['UseDevelopmentStorage=false', 'UseDevelopmentStorage with another value or other parts'],
    [STORAGE.replace('https', 'ftp'), 'a DefaultEndpointsProtocol that is neither https nor http'],
    [STORAGE.replace('=example', '=Example!'), 'an AccountName that is not 3 to 24 lower-case letters and digits'],
    [STORAGE.replace(CANARY, '<key>'), 'an AccountKey that is not base64'],
    [STORAGE.replace(';EndpointSuffix=core.windows.net', ''), 'neither an EndpointSuffix nor a BlobEndpoint'],
    [`${STORAGE};BlobEndpoint=example`, 'a BlobEndpoint that is not an http or https address'],
    [
      `BlobEndpoint=https://example.blob.core.windows.net;SharedAccessSignature=sv=2024&sig=${CANARY}`,
      'a SharedAccessSignature',
    ],
  ])('the storage connection string %#', (value, found) => {
    expect(faultsOf({ ...byKey, STORAGE_CONNECTION_STRING: value })).toEqual([`STORAGE_CONNECTION_STRING: ${found}`]);
  });

  test.each<[string, string]>([
    ['EVENTHUB_CONNECTION_STRING__fullyQualifiedNamespace', 'sb://example.servicebus.windows.net/'],
    ['EVENTHUB_CONNECTION_STRING__fullyQualifiedNamespace', 'example'],
    ['STORAGE_CONNECTION_STRING__accountName', 'example.blob.core.windows.net'],
    ['EVENTHUB_CONSUMER_GROUP', '$default-like'],
    ['EVENTHUB_CONSUMER_GROUP', 'a'.repeat(51)],
    ['POSTGRES_EVENTHUB_NAME', '-changes'],
    ['POSTGRES_EVENTHUB_NAME', 'changes.'],
    ['LAKE_FILESYSTEM', 'ab'],
    ['LAKE_FILESYSTEM', 'two--hyphens'],
    ['LAKE_FILESYSTEM', '$root'],
    ['LAKE_FILESYSTEM', '-lake'],
    ['LAKE_FILESYSTEM', 'a'.repeat(64)],
    ['EVENTHUB_RETENTION_DAYS', '0'],
    ['EVENTHUB_RETENTION_DAYS', '-7'],
    ['EVENTHUB_RETENTION_DAYS', 'NaN'],
    ['EVENTHUB_RETENTION_DAYS', '1.5'],
    ['EVENTHUB_RETENTION_DAYS', '1e1'],
    ['EVENTHUB_RETENTION_DAYS', '0x7'],
    ['EVENTHUB_RETENTION_DAYS', '91'],
    ['EVENTHUB_RETENTION_DAYS', 'seven'],
    ['APPLICATIONINSIGHTS_CONNECTION_STRING', 'IngestionEndpoint=https://example.com/'],
  ])('%s=%s does not fit', (setting, value) => {
    const { faults } = checkConfig({ ...byIdentity, [setting]: value });
    expect(faults.map((fault) => fault.setting)).toEqual([setting]);
  });

  test('one hub for both sources, whatever its case', () => {
    const env = { ...byKey, POSTGRES_EVENTHUB_NAME: 'Changes', MONGODB_EVENTHUB_NAME: 'changes' };
    expect(faultsOf(env)).toEqual(['MONGODB_EVENTHUB_NAME: "changes", which POSTGRES_EVENTHUB_NAME names, too']);
  });

  test('a request that outlasts its attempt', () => {
    expect(faultsOf({ ...byKey, INGEST_ATTEMPT_SECONDS: '30' })).toEqual(['STORAGE_REQUEST_SECONDS: 30']);
  });

  test('a file larger than the memory to encode it', () => {
    expect(faultsOf({ ...byKey, INGEST_MEMORY_MIB: '63' })).toEqual(['LAKE_MAX_FILE_MIB: 64']);
  });

  test('an attempt that the host would cut short, with its override of functionTimeout', () => {
    expect(faultsOf({ ...byKey, INGEST_ATTEMPT_SECONDS: '480' })).toEqual([]);
    expect(faultsOf({ ...byKey, INGEST_ATTEMPT_SECONDS: '481' })).toEqual(['INGEST_ATTEMPT_SECONDS: 481']);
    const overridden = (timeout: string) =>
      faultsOf({ ...byKey, INGEST_ATTEMPT_SECONDS: '1440', [FUNCTION_TIMEOUT_OVERRIDE]: timeout });
    expect(overridden('00:30:00')).toEqual([]);
    expect(overridden('-1')).toEqual([]);
    expect(overridden('00:29:59')).toEqual(['INGEST_ATTEMPT_SECONDS: 1440']);
    expect(overridden('1.00:00:00')).toEqual([]);
  });

  test.each<[string, string]>([
    ['LAKE_FILE_SYSTEM', 'LAKE_FILESYSTEM'],
    ['lake_filesystem', 'LAKE_FILESYSTEM'],
    ['MONGO_EVENTHUB_NAME', 'MONGODB_EVENTHUB_NAME'],
    ['POSTGRESQL_EVENTHUB_NAME', 'POSTGRES_EVENTHUB_NAME'],
    ['EVENT_HUB_CONSUMER_GROUP', 'EVENTHUB_CONSUMER_GROUP'],
    ['STORAGE_REQUEST_SECOND', 'STORAGE_REQUEST_SECONDS'],
    ['EVENTHUB_CONNECTION_STRING_fullyQualifiedNamespace', 'EVENTHUB_CONNECTION_STRING__fullyQualifiedNamespace'],
    ['STORAGE_CONNECTION_STRING:accountName', 'STORAGE_CONNECTION_STRING__accountName'],
    ['EVENTHUB_CONNECTION_STRING__tenantId', 'a name out of docs/settings.md'],
    ['LAKE_CONTAINER', 'a name out of docs/settings.md'],
  ])('%s is taken for a misspelt setting', (name, meant) => {
    const { faults } = checkConfig({ ...byKey, [name]: 'anything' });
    expect(faults.map((fault) => [fault.setting, fault.expected])).toEqual([[name, meant]]);
  });
});

describe('secrets', () => {
  test('printing the config in any usual way shows none', () => {
    const telemetry = `InstrumentationKey=${CLIENT_ID};IngestionEndpoint=https://example.com/`;
    const config = readConfig({ ...byKey, APPLICATIONINSIGHTS_CONNECTION_STRING: telemetry });
    const { eventHubs, storage, applicationInsights } = config;
    const secrets = [eventHubs, storage].map((access) => access.kind === 'connectionString' && access.connectionString);
    const printed = [
      inspect(config, { depth: null, showHidden: true }),
      JSON.stringify(config),
      [...secrets, applicationInsights].join(),
      JSON.stringify(structuredClone(eventHubs)),
    ].join('\n');
    expect(printed).toContain('[secret]');
    expect(printed).not.toContain(CANARY);
    expect(printed).not.toContain(CLIENT_ID);
  });
});
