/**
 * The Azure Functions core tools' reading of .funcignore (their GitIgnoreParser): every line is a pattern that must match
 * at the beginning of the path; `**` is anything, `*` anything within one name; lines with `!` win.
 *
 * @returns whether a file, by its path from the root, is published
 */
export function funcIgnore(content: string): (path: string) => boolean {
  const lines = content
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const denied = prefixes(lines.filter((line) => !line.startsWith('!')));
  const accepted = prefixes(lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1)));
  return (path) => !ALWAYS_LEFT_OUT.test(path) && (accepted.test(path) || !denied.test(path));
}

const ALWAYS_LEFT_OUT = /^(\.git|\.vscode)\/|^(\.funcignore|\.gitignore|local\.settings\.json|project\.lock\.json)$/;

function prefixes(patterns: readonly string[]): RegExp {
  const bodies = patterns.map((pattern) =>
    pattern
      .replace(/^\//, '')
      .replace(/[-[\]/{}()+?.\\^$|]/g, '\\$&')
      .replaceAll('**', '(.+)')
      // The dot of what has just been put in stays as it is: only single stars are left.
      .replace(/\*/g, '([^\\/]+)'),
  );
  return bodies.length === 0 ? /$^/ : new RegExp(`^((${bodies.join(')|(')}))`);
}
