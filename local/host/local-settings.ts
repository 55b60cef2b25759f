import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The values of an app's local.settings.json, none where there is no such file. What the process environment sets already
 * wins over them, as with the core tools: `{ ...localSettings(app), ...process.env }`.
 *
 * @throws Error that names the file and what is wrong with it
 */
export function localSettings(app: string): Readonly<Record<string, string>> {
  const file = join(app, 'local.settings.json');
  if (!existsSync(file)) return {};
  const fault = (what: string, cause?: unknown): Error => new Error(`${file}: ${what}`, { cause });
  let json: { IsEncrypted?: unknown; Values?: unknown } | null;
  try {
    json = JSON.parse(readFileSync(file, 'utf8')) as typeof json;
  } catch (cause) {
    throw fault(`not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
  if (json?.IsEncrypted === true) throw fault('it is encrypted; "func settings decrypt" undoes that');
  const { Values: values = {} } = json ?? {};
  if (typeof values !== 'object' || values === null || Array.isArray(values)) throw fault('"Values" is no object');
  for (const [name, value] of Object.entries(values)) {
    if (typeof value !== 'string') throw fault(`the value of ${name} is no text`);
  }
  return values as Record<string, string>;
}

/**
 * Replaces each `%SETTING%` of a binding's property by its value.
 *
 * @throws Error that names the setting which is not given
 */
export function resolved(text: string, env: NodeJS.ProcessEnv, where: string): string {
  return text.replaceAll(/%([^%]+)%/g, (expression, name: string) => {
    const value = env[name];
    if (value === undefined || value === '') {
      throw new Error(`${where}: '${expression}' does not resolve to a value: the setting ${name} is not given.`);
    }
    return value;
  });
}
