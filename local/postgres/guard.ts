import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Outlives whoever started the server, however that ends, and then ends the server and removes its folder. */
export interface Guard {
  /** Tells which process to end; null for none. */
  watch(pid: number | null): void;
  /** Removes the folder, if it was told one. */
  dismiss(): Promise<void>;
}

/**
 * Reads a process id per line. Once the pipe's other end is gone (closed, or dead by whatever signal) it ends the last
 * process that it was told of. It waits for no longer than 10 seconds: in a container without an init the process that
 * nobody waits for remains as a zombie.
 */
const SCRIPT = `
pid=
while read -r line; do pid=$line; done
if [ -n "$pid" ] && kill -s "$1" "$pid" 2>/dev/null; then
  tries=0
  while kill -0 "$pid" 2>/dev/null && [ $tries -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
fi
[ -z "$2" ] || rm -rf -- "$2"
`;

/**
 * @param signal which ends the server: INT with care for its data, QUIT without
 * @param folder to be removed at the end; null for none
 */
export function startGuard(signal: 'INT' | 'QUIT', folder: string | null): Guard {
  // In a session of its own, so that Ctrl-C does not reach it.
  const shell = spawn('sh', ['-c', SCRIPT, 'guard', signal, folder ?? ''], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Without a guard the server is still stopped by whoever started it, as long as that lives.
  shell.on('error', () => undefined);
  shell.stdin.on('error', () => undefined);
  const gone = once(shell, 'close');
  gone.catch(() => undefined);
  return {
    watch: (pid) => void shell.stdin.write(`${pid ?? ''}\n`),
    dismiss: async () => {
      shell.stdin.end('\n');
      const [code] = (await gone) as [number | null];
      if (code !== 0)
        throw new Error(`${folder ?? 'nothing'} could not be removed: sh ended with ${code ?? 'a signal'}`);
    },
  };
}
