import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a process that captures is started with. */
export interface CaptureSettings {
  /** The built capture.js. */
  readonly script: string;
  /** What the command is given: which source. */
  readonly source: 'postgres' | 'mongodb';
  /** Its whole environment. */
  readonly env: NodeJS.ProcessEnv;
  /** What it says to people. */
  readonly onOutput: (line: string) => void;
}

/** How long a dead process stays away: as if the platform had to notice first. */
const RESTART_AFTER_MS = 250;

/** `npm run capture` as a container would run it: one that is killed is started anew, one that gives up is not. */
export class CaptureProcess implements AsyncDisposable {
  readonly #settings: CaptureSettings;
  #child: ChildProcessWithoutNullStreams;
  #stopping = false;
  readonly #ended: Promise<void>;
  /** Rejects when it has given up; what it said is in the message. */
  readonly failed: Promise<never>;

  constructor(settings: CaptureSettings) {
    this.#settings = settings;
    this.#child = this.#spawn();
    const keeping = this.#keep();
    this.failed = keeping.then(() => new Promise<never>(() => undefined));
    this.failed.catch(() => undefined);
    this.#ended = keeping.catch(() => undefined);
  }

  /** Ends it with SIGKILL, whatever it is doing. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Has it send and keep what it has read; resolves once it has ended. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#child.kill('SIGTERM');
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    this.kill();
    await this.#ended;
  }

  async #keep(): Promise<void> {
    let words: string[] = [];
    for (;;) {
      const child = this.#child;
      words = [];
      createInterface({ input: child.stderr }).on('line', (line) => {
        words.push(line);
        this.#settings.onOutput(line);
      });
      child.stdout.resume();
      const [code] = (await once(child, 'exit')) as [number | null];
      if (this.#isStopping()) return;
      if (code !== null) {
        throw new Error(`capture from ${this.#settings.source} has ended with status ${code}: ${words.at(-1) ?? ''}`);
      }
      await sleep(RESTART_AFTER_MS);
      if (this.#isStopping()) return;
      this.#child = this.#spawn();
    }
  }

  #isStopping(): boolean {
    return this.#stopping;
  }

  #spawn(): ChildProcessWithoutNullStreams {
    const { script, source, env } = this.#settings;
    // Its news go to standard output as JSON, which nobody needs here; what is wrong goes to standard error.
    return spawn(process.execPath, [script, source, '--json'], { env, stdio: 'pipe' });
  }
}
