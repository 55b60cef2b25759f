import { createHash } from 'node:crypto';
import { BICEP_VERSION } from './compiler';

/** Paths from the root with `/`, and what the files hold. */
export type Files = Readonly<Record<string, string>>;

/** Which sources, compiled by what, gave which outputs: SHA-256 of each. So stale output is seen without a compiler. */
export interface Lock {
  readonly compiler: string;
  readonly sources: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
}

/** Line ends do not count: git may change them. */
const digest = (text: string): string => createHash('sha256').update(text.replaceAll('\r\n', '\n')).digest('hex');

const digests = (files: Files): Record<string, string> =>
  Object.fromEntries(
    Object.entries(files)
      .map(([path, text]) => [path, digest(text)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

export const lockOf = (sources: Files, outputs: Files): Lock => ({
  compiler: BICEP_VERSION,
  sources: digests(sources),
  outputs: digests(outputs),
});

/** What differs from the lock, a sentence each; none when `outputs` are what `sources` compile to. */
export function staleness(lock: Lock, sources: Files, outputs: Files): readonly string[] {
  const now = lockOf(sources, outputs);
  const compiler = lock.compiler === now.compiler ? [] : [`compiled by Bicep ${lock.compiler}, not ${now.compiler}`];
  return [
    ...compiler,
    ...changes(lock.sources, now.sources, 'since it was compiled'),
    ...changes(lock.outputs, now.outputs, 'by something else than the compiler'),
  ];
}

function changes(before: Record<string, string>, after: Record<string, string>, how: string): readonly string[] {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return paths.flatMap((path) => {
    const [was, is] = [before[path], after[path]];
    if (was === is) return [];
    return [`${path} was ${was === undefined ? 'added' : is === undefined ? 'removed' : 'changed'} ${how}`];
  });
}
