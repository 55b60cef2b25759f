/** A package that the bundle carries, as the build lists it. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}

/** Licences under which code may be passed on in a closed product, with its notice. */
const PERMITTED: ReadonlySet<string> = new Set([
  'MIT',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'Unlicense',
]);

/** Whether an SPDX expression leaves a permitted choice: one of those joined by OR, all of those joined by AND. */
export function isPermitted(licence: string): boolean {
  const bare = licence.replace(/^\((.*)\)$/, '$1');
  return bare
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((one) => PERMITTED.has(one.replace(/[()]/g, '').trim())));
}

/** How many packages are under each licence, most first. */
export function countByLicence(packages: readonly BundledPackage[]): readonly (readonly [string, number])[] {
  const groups = Map.groupBy(packages, ({ licence }) => licence);
  return [...groups].map(([licence, of]) => [licence, of.length] as const).sort((a, b) => b[1] - a[1]);
}
