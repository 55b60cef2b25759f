import { EnvError } from 'envalid';

/** What is wrong with one setting. No field ever holds a secret. */
export interface Fault {
  /** The setting's name. */
  readonly setting: string;
  readonly found: string;
  readonly expected: string;
  /** What to do about it: an imperative sentence without its full stop. */
  readonly action: string;
}

/** What a kind of setting throws when a text does not fit; the table adds the name. */
export class Unfit extends EnvError {
  readonly found: string;
  readonly expected: string;
  readonly action: string | null;

  constructor(found: string, expected: string, action: string | null = null) {
    super(`found ${found}; expected ${expected}`);
    this.found = found;
    this.expected = expected;
    this.action = action;
  }
}

/**
 * `text` as a message may show it. People paste connection strings and keys into the wrong setting, so only what cannot
 * be one is shown: a key holds `=` or a long run of letters and digits.
 */
export function shown(text: string): string {
  const harmless = text.length <= 64 && /^[\w .,:/$@!?*()<>-]*$/.test(text) && !/[A-Za-z0-9]{21}/.test(text);
  return harmless ? `"${text}"` : `a text of ${text.length} characters (not shown: it may hold a secret)`;
}

/** One line of a report: `LAKE_FILESYSTEM: found "Lake"; expected …. Set ….` */
export function describe(fault: Fault): string {
  return `${fault.setting}: found ${fault.found}; expected ${fault.expected}. ${fault.action}.`;
}
