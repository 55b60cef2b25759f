import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type Runnable } from './as-account';

/** A standby accepts read-only ones. */
const READY = /database system is ready to accept (read-only )?connections/;
const LAST_WORDS = 20;

/** The server's first process. */
export interface Postmaster {
  /** Null when there is no such program, or it may not be run. */
  readonly pid: number | null;
  /** Resolves once it accepts connections; rejects with its last words when it ends instead. */
  readonly ready: Promise<void>;
  /** Resolves once it and every process that it started are gone. */
  readonly gone: Promise<void>;
  signal(signal: NodeJS.Signals): void;
}

export function startPostmaster({ file, args, account }: Runnable, log: (line: string) => void): Postmaster {
  // In a session of its own: at Ctrl-C it is for this process to say what ends first.
  const child = spawn(file, args, { ...account, cwd: '/', detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  const words: string[] = [];
  child.on('error', (error) => words.push(String(error)));
  // Every process of the server holds the pipe, so it closes when the last of them has ended.
  const gone = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const ready = new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      log(line);
      words.push(line);
      if (words.length > LAST_WORDS) words.shift();
      if (READY.test(line)) resolve();
    });
    void gone.then(() => reject(new Error(`PostgreSQL did not start:\n${words.join('\n')}`)));
  });
  ready.catch(() => undefined);
  return { pid: child.pid ?? null, ready, gone, signal: (signal) => void child.kill(signal) };
}
