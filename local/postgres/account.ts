import { execFileSync } from 'node:child_process';

/** As whom the server runs: an empty object for whoever runs this. */
export interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

/** Debian's package makes the first, every Unix has the second. */
const SUBSTITUTES = ['postgres', 'nobody'];

/**
 * PostgreSQL refuses to run as root, so that a hole in it opens no more than its own data.
 *
 * @throws Error when this is root and there is nobody else
 */
export function serverAccount(): Account {
  if (process.getuid?.() !== 0) return {};
  for (const name of SUBSTITUTES) {
    const [uid, gid] = [numberOf('-u', name), numberOf('-g', name)];
    if (uid !== null && gid !== null) return { uid, gid };
  }
  throw new Error(`PostgreSQL does not run as root, and there is no user ${SUBSTITUTES.join(' or ')}: add one`);
}

function numberOf(flag: '-u' | '-g', name: string): number | null {
  try {
    return Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    return null;
  }
}
