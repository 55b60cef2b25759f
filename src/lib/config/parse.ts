import { customCleanEnv } from 'envalid';
import { type Fault, Unfit } from './fault';
import { SETTINGS, SETTING_NAMES, type SettingName, type Settings } from './settings';

/** What the environment holds of our settings, each parsed by itself. A faulty one is undefined in `settings`. */
export interface Parsed {
  readonly settings: Partial<Settings>;
  /** The settings that are given, well or ill. An empty text is not given: templates render unset parameters so. */
  readonly given: ReadonlySet<SettingName>;
  readonly faults: readonly Fault[];
}

/** Reads each setting by its row in the table. */
export function parseEnvironment(env: NodeJS.ProcessEnv): Parsed {
  const given = new Set(SETTING_NAMES.filter((name) => (env[name] ?? '').trim() !== ''));
  const texts = Object.fromEntries([...given].map((name) => [name, env[name]]));

  const faults: Fault[] = [];
  const reporter = ({ errors }: { errors: Partial<Record<SettingName, Error>> }): void => {
    for (const name of SETTING_NAMES) {
      const error = errors[name];
      if (error !== undefined) faults.push(faultOf(name, error));
    }
  };
  // envalid's own type for the result loses our kinds' types, and its default middleware adds a proxy that throws.
  const settings = customCleanEnv(texts, SETTINGS, (cleaned) => cleaned, { reporter }) as unknown as Settings;
  return { settings, given, faults };
}

function faultOf(setting: SettingName, error: Error): Fault {
  const row = SETTINGS[setting];
  const orLeave = row.default === undefined ? '' : `, or leave it out for ${row.default}`;
  const action = `Set it like ${row.example}${orLeave}`;
  // Any other error's message might hold the value.
  if (!(error instanceof Unfit)) return { setting, found: 'a text that cannot be read', expected: row.type, action };
  return { setting, found: error.found, expected: error.expected, action: error.action ?? action };
}
