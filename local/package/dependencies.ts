import { isPermitted } from './licences';

/** What is read of package.json. */
export interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** What is read of package-lock.json: its packages by their folder, `''` being the project. */
export type LockedPackages = Readonly<Record<string, LockedPackage>>;

interface LockedPackage {
  readonly license?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly deprecated?: string;
  readonly dev?: boolean;
}

/** Licences that only tools on a developer's machine may have besides. */
const PERMITTED_FOR_TOOLS: ReadonlySet<string> = new Set([
  'MPL-2.0',
  'CC-BY-4.0',
  // tv4, a validator in Azurite: public domain, told by an address.
  'http://geraintluff.github.io/tv4/LICENSE.txt',
]);

/**
 * The dependency policy (docs/security.md), judged by package.json and the lock alone: exact versions, each package with its
 * checksum and from the registry, none deprecated, licences that permit the use.
 *
 * @returns what offends, a line each
 */
export function dependencyFaults(manifest: Manifest, locked: LockedPackages): string[] {
  const direct = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  const faults = direct
    .filter(([, range]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(range))
    .map(([name, range]) => `${name}: ${range} is not one version`);
  for (const [folder, found] of Object.entries(locked)) {
    if (folder === '') continue;
    const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const tell = (what: string): number => faults.push(`${name}: ${what}`);
    if (found.integrity === undefined) tell('no checksum');
    if (found.resolved !== undefined && /^(git|file|link)/.test(found.resolved)) tell(`from ${found.resolved}`);
    if (found.deprecated !== undefined) tell(`deprecated: ${found.deprecated}`);
    const licence = found.license ?? 'not told';
    if (isPermitted(licence) || (found.dev === true && PERMITTED_FOR_TOOLS.has(licence))) continue;
    tell(`licence ${licence}${found.dev === true ? '' : ', and it is part of the product'}`);
  }
  return faults;
}
