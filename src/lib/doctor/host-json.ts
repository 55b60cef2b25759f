/** What host.json and the settings that override it say, by path (`extensions.eventHubs.maxEventBatchSize`). */
export interface HostJson {
  /** As text; null where nothing is said. */
  readonly text: (path: string) => string | null;
  /** A number, or the default where nothing, or none, is said. */
  readonly number: (path: string, otherwise: number) => number;
}

const OVERRIDE = 'azurefunctionsjobhost.';

/**
 * Reads a host.json as the host does: names know no case, and `AzureFunctionsJobHost__a__b` overrides `a.b`.
 *
 * @returns null for what is not JSON
 */
export function readHostJson(json: string, env: NodeJS.ProcessEnv): HostJson | null {
  const values = new Map<string, string>();
  const walk = (value: unknown, path: string): void => {
    if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) walk(item, path === '' ? key : `${path}.${key}`);
    } else if (typeof value === 'string') values.set(path.toLowerCase(), value);
    else if (value !== null) values.set(path.toLowerCase(), JSON.stringify(value));
  };
  try {
    walk(JSON.parse(json), '');
  } catch {
    return null;
  }
  for (const [name, value] of Object.entries(env)) {
    const path = name.toLowerCase().replaceAll(/__|:/g, '.');
    if (path.startsWith(OVERRIDE) && value !== undefined) values.set(path.slice(OVERRIDE.length), value);
  }
  const text = (path: string): string | null => values.get(path.toLowerCase()) ?? null;
  return {
    text,
    number: (path, otherwise) => {
      const value = Number(text(path) ?? Number.NaN);
      return Number.isFinite(value) ? value : otherwise;
    },
  };
}
