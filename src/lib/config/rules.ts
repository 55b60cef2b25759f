import { type Config, type EventHubsAccess, type StorageAccess } from './config';
import { type Fault, shown } from './fault';
import { FUNCTION_TIMEOUT_OVERRIDE, FUNCTION_TIMEOUT_SECONDS, timeSpanSeconds } from './function-timeout';
import { type Parsed } from './parse';
import { Secret } from './secret';
import { mongoAddressFault, postgresAddressFault, type AddressFault } from './source-address';
import { type SettingName, type Settings } from './settings';

const MIB = 1024 * 1024;

type Report = (setting: SettingName, found: string, expected: string, action: string) => void;

/** Judges the settings together; faults of single settings are already told. `config` is null where a part is lacking. */
export function applyRules(
  parsed: Parsed,
  env: NodeJS.ProcessEnv,
): { readonly config: Config | null; readonly faults: readonly Fault[] } {
  const faults: Fault[] = [];
  const report: Report = (setting, found, expected, action) => faults.push({ setting, found, expected, action });

  judgeForms(parsed, report);
  judgeHubs(parsed.settings, report);
  judgeSizes(parsed.settings, report);
  judgeTimes(parsed.settings, env[FUNCTION_TIMEOUT_OVERRIDE], report);
  judgeCapture(parsed.settings, env, report);
  judgeMaintenance(parsed.settings, env, report);

  const complete = parsed.faults.length === 0 && faults.length === 0;
  return { config: complete ? build(parsed.settings as Settings, env) : null, faults };
}

/** Each connection takes a connection string or an identity: one of them, whole. */
function judgeForms({ given }: Parsed, report: Report): void {
  const judge = (byKey: SettingName, byIdentity: readonly [SettingName, ...SettingName[]]): void => {
    const forms = [byKey, ...byIdentity].filter((name) => given.has(name));
    const [identity] = byIdentity;
    if (forms.length === 0) {
      report(byKey, 'nothing', `either ${byKey} or ${identity}`, 'Give a connection string, or use an identity');
    }
    for (const other of forms.slice(1)) {
      report(other, `this besides ${forms[0] ?? byKey}`, 'one of them', 'Remove the one that is not meant');
    }
  };
  judge('EVENTHUB_CONNECTION_STRING', ['EVENTHUB_CONNECTION_STRING__fullyQualifiedNamespace']);
  judge('STORAGE_CONNECTION_STRING', [
    'STORAGE_CONNECTION_STRING__accountName',
    'STORAGE_CONNECTION_STRING__blobServiceUri',
  ]);

  for (const name of ['EVENTHUB_CONNECTION_STRING', 'STORAGE_CONNECTION_STRING'] as const) {
    for (const part of [`${name}__clientId`, `${name}__credential`] as const) {
      if (given.has(part) && given.has(name)) {
        report(part, `an identity's part besides ${name}`, 'either a connection string or an identity', 'Remove one');
      }
    }
    if (given.has(`${name}__clientId`) && !given.has(`${name}__credential`)) {
      // Without it the host falls back to a chain of credentials and may pick another identity.
      report(`${name}__credential`, 'nothing', `managedidentity beside ${name}__clientId`, 'Set it to managedidentity');
    }
  }
}

/** Event Hubs compares names without regard to case. */
function judgeHubs(settings: Partial<Settings>, report: Report): void {
  const { POSTGRES_EVENTHUB_NAME: postgres, MONGODB_EVENTHUB_NAME: mongo } = settings;
  if (postgres === undefined || postgres.toLowerCase() !== mongo?.toLowerCase()) return;
  report(
    'MONGODB_EVENTHUB_NAME',
    `${shown(mongo)}, which POSTGRES_EVENTHUB_NAME names, too`,
    'a hub for each source',
    'Make another hub and name it here: two functions reading one hub would take turns at its events',
  );
}

function judgeSizes(settings: Partial<Settings>, report: Report): void {
  const { LAKE_MAX_FILE_MIB: file, INGEST_MEMORY_MIB: budget } = settings;
  if (file === undefined || budget === undefined || file <= budget) return;
  const expected = `no more than INGEST_MEMORY_MIB, which is ${budget}`;
  report('LAKE_MAX_FILE_MIB', `${file}`, expected, 'Lower it, or raise INGEST_MEMORY_MIB: a file is encoded in memory');
}

/** request < attempt, and attempt well below the time at which the host ends the function. */
function judgeTimes(settings: Partial<Settings>, override: string | undefined, report: Report): void {
  const { STORAGE_REQUEST_SECONDS: request, INGEST_ATTEMPT_SECONDS: attempt } = settings;
  if (attempt === undefined) return;
  if (request !== undefined && request >= attempt) {
    const expected = `less than INGEST_ATTEMPT_SECONDS, which is ${attempt}`;
    report('STORAGE_REQUEST_SECONDS', `${request}`, expected, 'Lower it: one hanging request would use the attempt up');
  }
  const limit = functionSeconds(override);
  if (attempt > limit * 0.8) {
    const expected = `at most four fifths of functionTimeout, which is ${limit} s`;
    report('INGEST_ATTEMPT_SECONDS', `${attempt}`, expected, 'Lower it, or raise functionTimeout');
  }
}

/** An override that cannot be read is the host's to refuse. */
function functionSeconds(override: string | undefined): number {
  return (override === undefined ? null : timeSpanSeconds(override)) ?? FUNCTION_TIMEOUT_SECONDS;
}

const SET_IT = 'Set it, with user and password';

/** The settings that hold the connection strings, and how long a run lasts. */
function judgeCapture(settings: Partial<Settings>, env: NodeJS.ProcessEnv, report: Report): void {
  const { CAPTURE_POSTGRES: postgres = [], CAPTURE_MONGODB: mongo = [], CAPTURE_RUN_SECONDS: run } = settings;
  const told = new Set<string>();
  const judge = (
    setting: SettingName,
    entries: readonly { name: string; connection: string }[],
    schemes: RegExp,
    faultOf: (text: string) => AddressFault | null,
  ): void => {
    for (const { name, connection } of entries) {
      const text = env[connection] ?? '';
      const found =
        text === ''
          ? { found: 'nothing', action: SET_IT }
          : schemes.test(text)
            ? faultOf(text)
            : { found: 'a text of another form', action: SET_IT };
      // Two entries may share a setting; what is wrong with it is said once.
      if (found === null || told.has(connection)) continue;
      told.add(connection);
      const expected = `the address that ${setting} wants for ${name}: ${schemes.source}…`;
      report(connection as SettingName, found.found, expected, found.action);
    }
  };
  judge('CAPTURE_POSTGRES', postgres, /^postgres(ql)?:\/\//, postgresAddressFault);
  judge('CAPTURE_MONGODB', mongo, /^mongodb(\+srv)?:\/\//, mongoAddressFault);
  const limit = functionSeconds(env[FUNCTION_TIMEOUT_OVERRIDE]);
  if (run === undefined || postgres.length + mongo.length === 0 || run <= limit * 0.8) return;
  const expected = `at most four fifths of functionTimeout, which is ${limit} s`;
  report('CAPTURE_RUN_SECONDS', `${run}`, expected, 'Lower it, or raise functionTimeout');
}

/** The host reads its group with an owner level, so it would send a second reader away, and we it. */
function judgeMaintenance(settings: Partial<Settings>, env: NodeJS.ProcessEnv, report: Report): void {
  const { EVENTHUB_CONSUMER_GROUP: group, EVENTHUB_REPAIR_CONSUMER_GROUP: repair } = settings;
  if (repair !== undefined && repair.toLowerCase() === group?.toLowerCase()) {
    const expected = 'a consumer group of its own';
    report(
      'EVENTHUB_REPAIR_CONSUMER_GROUP',
      `${shown(repair)}, which EVENTHUB_CONSUMER_GROUP names, too`,
      expected,
      'Make one',
    );
  }
  const { MAINTENANCE_RUN_SECONDS: run } = settings;
  const limit = functionSeconds(env[FUNCTION_TIMEOUT_OVERRIDE]);
  if (run === undefined || run <= limit * 0.8) return;
  const expected = `at most four fifths of functionTimeout, which is ${limit} s`;
  report('MAINTENANCE_RUN_SECONDS', `${run}`, expected, 'Lower it, or raise functionTimeout');
}

/** Only called when every rule holds. */
function build(settings: Settings, env: NodeJS.ProcessEnv): Config {
  return {
    eventHubs: eventHubsAccess(settings),
    storage: storageAccess(settings),
    lake: { fileSystem: settings.LAKE_FILESYSTEM, maxFileBytes: settings.LAKE_MAX_FILE_MIB * MIB },
    hubs: { postgresql: settings.POSTGRES_EVENTHUB_NAME, mongodb: settings.MONGODB_EVENTHUB_NAME },
    namespaceName: settings.EVENTHUB_NAMESPACE_NAME?.toLowerCase() ?? null,
    consumerGroup: settings.EVENTHUB_CONSUMER_GROUP,
    retentionDays: settings.EVENTHUB_RETENTION_DAYS,
    memoryBudgetBytes: settings.INGEST_MEMORY_MIB * MIB,
    attemptMs: settings.INGEST_ATTEMPT_SECONDS * 1000,
    requestMs: settings.STORAGE_REQUEST_SECONDS * 1000,
    applicationInsights: settings.APPLICATIONINSIGHTS_CONNECTION_STRING ?? null,
    applicationInsightsIdentity: settings.APPLICATIONINSIGHTS_AUTHENTICATION_STRING ?? null,
    capture: {
      postgresql: (settings.CAPTURE_POSTGRES ?? []).map(({ connection, slot, tables, ...entry }) => ({
        ...entry,
        slot: slot ?? `change_lake_${entry.name}`,
        tables: tables ?? null,
        connectionString: new Secret(env[connection] ?? ''),
        setting: connection,
      })),
      mongodb: (settings.CAPTURE_MONGODB ?? []).map(({ connection, database, collections, ...entry }) => ({
        ...entry,
        database: database ?? null,
        collections: collections ?? null,
        connectionString: new Secret(env[connection] ?? ''),
        setting: connection,
      })),
      runMs: settings.CAPTURE_RUN_SECONDS * 1000,
      abortMs: functionSeconds(env[FUNCTION_TIMEOUT_OVERRIDE]) * 900,
    },
    maintenance: {
      repairGroup: settings.EVENTHUB_REPAIR_CONSUMER_GROUP,
      runMs: settings.MAINTENANCE_RUN_SECONDS * 1000,
      targetBytes: settings.LAKE_OPTIMIZE_TARGET_MIB * MIB,
      closedAfterMs: settings.LAKE_OPTIMIZE_AFTER_HOURS * 3_600_000,
    },
  };
}

function eventHubsAccess(settings: Settings): EventHubsAccess {
  const connectionString = settings.EVENTHUB_CONNECTION_STRING;
  if (connectionString !== undefined) return { kind: 'connectionString', connectionString };
  return {
    kind: 'identity',
    fullyQualifiedNamespace: settings.EVENTHUB_CONNECTION_STRING__fullyQualifiedNamespace ?? '',
    clientId: settings.EVENTHUB_CONNECTION_STRING__clientId ?? null,
  };
}

function storageAccess(settings: Settings): StorageAccess {
  const connectionString = settings.STORAGE_CONNECTION_STRING;
  if (connectionString !== undefined) return { kind: 'connectionString', connectionString };
  const account = settings.STORAGE_CONNECTION_STRING__accountName ?? '';
  const blobEndpoint = settings.STORAGE_CONNECTION_STRING__blobServiceUri ?? `https://${account}.blob.core.windows.net`;
  return {
    kind: 'identity',
    blobEndpoint,
    // As the storage SDK derives it; an address of another form serves both interfaces.
    dfsEndpoint: blobEndpoint.replace('.blob.', '.dfs.'),
    clientId: settings.STORAGE_CONNECTION_STRING__clientId ?? null,
  };
}
