import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type HubConfig } from './limits';

/** What a namespace's folder remembers beside events. */
export interface NamespaceSettings {
  /** Of the newest hub ever made, deleted ones included: creation times never come twice. UTC, milliseconds since 1970. */
  readonly lastCreatedAt: number;
  readonly hubs: readonly KeptHub[];
}

export interface KeptHub extends HubConfig {
  /** UTC, milliseconds since 1970. */
  readonly createdAt: number;
}

const FORMAT = 1;
const NAME = 'namespace.json';

/**
 * @returns null where the folder holds none
 * @throws Error that names the file when it cannot be understood
 */
export function readSettings(folder: string): NamespaceSettings | null {
  const path = join(folder, NAME);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    const { format, lastCreatedAt, hubs } = JSON.parse(text) as Partial<NamespaceSettings> & {
      readonly format?: number;
    };
    if (format === FORMAT && typeof lastCreatedAt === 'number' && Array.isArray(hubs)) return { lastCreatedAt, hubs };
  } catch {
    // Told below.
  }
  throw new Error(`${path} is damaged or of another version: start with an empty folder`);
}

/** Replaces the settings as a whole: a process that ends meanwhile leaves the old ones or the new. */
export function writeSettings(folder: string, settings: NamespaceSettings): void {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, NAME);
  writeFileSync(`${path}.new`, `${JSON.stringify({ format: FORMAT, ...settings }, null, 2)}\n`);
  renameSync(`${path}.new`, path);
}
