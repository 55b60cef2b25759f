import { checkConfig } from '../../../src/lib/config/read';
import { describe as inWords } from '../../../src/lib/config/fault';
import { SETTING_NAMES, SETTINGS } from '../../../src/lib/config/settings';
import { accounts, appSettings, ofType, type Plan, type Policy } from '../plan';

const CLIENT_ID = '6f1f2c53-8a2b-4d53-9a53-0d4c6c1f7b11';
const FORMS = ['EVENTHUB_CONNECTION_STRING', 'STORAGE_CONNECTION_STRING', 'AzureWebJobsStorage'] as const;
const PLATFORM = ['WEBSITE_RUN_FROM_PACKAGE', 'FUNCTIONS_WORKER_RUNTIME', 'FUNCTIONS_EXTENSION_VERSION'];
const IDENTITY_TYPE = 'Microsoft.ManagedIdentity/userAssignedIdentities';

/** The settings as the app sees them: what the cloud fills in is filled in. */
export function environmentOf(plan: Plan): Record<string, string> {
  const filled = Object.entries(appSettings(plan)).map(([name, value]) => {
    if (/^\[reference\(.*\)\.clientId\]$/.test(value)) return [name, CLIENT_ID];
    if (/^\[reference\(.*\)\.ConnectionString\]$/.test(value)) return [name, `InstrumentationKey=${CLIENT_ID}`];
    const formatted = /^\[format\('([^']*)\{0\}', reference\(.*\)\.clientId\)\]$/.exec(value);
    if (formatted !== null) return [name, `${formatted[1] ?? ''}${CLIENT_ID}`];
    if (/^@Microsoft\.KeyVault\(/.test(value)) return [name, addressFor(name)];
    return [name, value];
  });
  return Object.fromEntries(filled) as Record<string, string>;
}

const addressFor = (name: string): string =>
  name.startsWith('CARTS') ? 'mongodb://user@host/shop' : 'postgresql://user@host/shop';

const known = (names: readonly string[], wanted: (name: string) => boolean): readonly string[] => names.filter(wanted);

export const settingPolicies: Readonly<Record<string, Policy>> = {
  everySettingIsThere: (plan) => {
    const settings = appSettings(plan);
    return SETTING_NAMES.flatMap((name) => {
      const value = plan.asks.settings[name] ?? SETTINGS[name].default;
      if (value === undefined) return [];
      const found = settings[name];
      return found === String(value) ? [] : [`${name} is ${found ?? 'not there'}, not ${value}`];
    });
  },

  theAppAcceptsItsSettings: (plan) => checkConfig(environmentOf(plan)).faults.map((fault) => inWords(fault)),

  nothingConnectsByKey: (plan) => {
    const settings = appSettings(plan);
    const byKey = FORMS.filter((name) => name in settings).map((name) => `${name} connects by key`);
    const parts = FORMS.flatMap((name) => {
      const credential = settings[`${name}__credential`] === 'managedidentity' ? [] : [`${name} has no __credential`];
      const [identity] = ofType(plan, IDENTITY_TYPE);
      const client = settings[`${name}__clientId`] ?? '';
      const ours = client.includes(`${identity?.id ?? 'none'}'`) && client.endsWith('.clientId]');
      return [...credential, ...(ours ? [] : [`${name}__clientId is not the app's identity`])];
    });
    return [...byKey, ...parts];
  },

  connectionsAreToWhatIsMade: (plan) => {
    const { lake, host } = accounts(plan);
    const [namespace] = ofType(plan, 'Microsoft.EventHub/namespaces');
    const wanted = {
      EVENTHUB_CONNECTION_STRING__fullyQualifiedNamespace: `${namespace?.name ?? ''}.servicebus.windows.net`,
      STORAGE_CONNECTION_STRING__accountName: lake?.name ?? '',
      AzureWebJobsStorage__accountName: host?.name ?? '',
    };
    const settings = appSettings(plan);
    return Object.entries(wanted).flatMap(([name, value]) =>
      settings[name] === value ? [] : [`${name} is ${settings[name] ?? 'not there'}, not ${value}`],
    );
  },

  flexConsumptionTakesTheSettings: (plan) =>
    known(PLATFORM, (name) => name in appSettings(plan)).map((name) => `Flex Consumption refuses ${name}`),

  settingsHoldNoSecret: (plan) =>
    Object.entries(appSettings(plan)).flatMap(([name, value]) => {
      const isSecret =
        /(AccountKey|SharedAccessKey|SharedAccessSignature|password|pwd|sig)=/i.test(value) ||
        /:\/\/[^/\s]*:[^/\s]*@/.test(value) ||
        /^\[.*list\w*\(/i.test(value) ||
        (/^(postgres(ql)?|mongodb(\+srv)?):\/\//.test(value) && !value.startsWith('@Microsoft.KeyVault('));
      return isSecret ? [`${name} holds a secret`] : [];
    }),

  addressesAreReferences: (plan) => {
    const settings = appSettings(plan);
    const [vault] = ofType(plan, 'Microsoft.KeyVault/vaults');
    return plan.asks.addresses.flatMap((name) => {
      const secret = name.toLowerCase().replaceAll('_', '-');
      const wanted = `@Microsoft.KeyVault(VaultName=${vault?.name ?? 'no vault'};SecretName=${secret})`;
      return settings[name] === wanted ? [] : [`${name} is ${settings[name] ?? 'not there'}, not ${wanted}`];
    });
  },

  telemetryIsSentByIdentity: (plan) => {
    const authentication = appSettings(plan)['APPLICATIONINSIGHTS_AUTHENTICATION_STRING'] ?? '';
    return /Authorization=AAD;ClientId=\{0\}'.*\.clientId\)\]$/.test(authentication)
      ? []
      : [`APPLICATIONINSIGHTS_AUTHENTICATION_STRING is "${authentication}"`];
  },
};
