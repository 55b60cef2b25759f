import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type HostEvent } from './host';
import { type HostCommand, type HostReply } from './host-process';
import { type FunctionMetadata } from './rpc';

export interface SpawnOptions {
  /** The built host-process.js. */
  readonly script: string;
  /** The built app: package.json, host.json and what `main` names. */
  readonly app: string;
  /** The whole environment of the process. */
  readonly env: NodeJS.ProcessEnv;
  /** 7071 when left out, 0 for any free one, null for none. */
  readonly httpPort?: number | null;
  /** As `HostOptions.functionKey`. */
  readonly functionKey?: string | null;
  readonly onEvent: (event: HostEvent) => void;
  /** Called with each line that the process writes: what the app prints, and its last words should it crash. */
  readonly onOutput?: (line: string) => void;
}

/** What an instance says of itself once it listens. */
export interface ReadyHost {
  readonly instanceId: string;
  readonly functions: readonly FunctionMetadata[];
  readonly httpPort: number | null;
}

type Order = HostCommand extends infer C ? (C extends { id: number } ? Omit<C, 'id'> : never) : never;

const DEFAULT_GRACE_MS = 10_000;

/** One instance of the host in a child process, with its worker. `kill` ends both, as the loss of the machine does. It does not outlive this process, whatever ends that. */
export class SpawnedHost implements AsyncDisposable {
  /** Resolves once the process is gone. */
  readonly exited: Promise<void>;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  readonly #ready: Promise<ReadyHost>;
  #lastId = 0;

  constructor({ script, app, env, httpPort = 7071, functionKey = null, onEvent, onOutput }: SpawnOptions) {
    // A process group of its own: it is ended with its worker, and no Ctrl-C reaches it.
    this.#child = fork(script, [app], { cwd: app, env, silent: true, execArgv: [], detached: true });
    for (const input of [this.#child.stdout, this.#child.stderr]) {
      if (input !== null) createInterface({ input }).on('line', (line) => onOutput?.(line));
    }
    this.#child.on('message', (message) => {
      const reply = message as HostReply;
      if (reply.kind === 'event') onEvent(reply.event);
      else this.#settle(reply);
    });
    // `close` comes after `exit`, once everything that was written has been read.
    this.exited = once(this.#child, 'close').then(() => {
      for (const { reject } of this.#waiting.values()) reject(new Error('The host died.'));
      this.#waiting.clear();
    });
    this.#ready = this.#order({ do: 'start', httpPort, functionKey }) as Promise<ReadyHost>;
    // Whoever asks is told; nobody need ask.
    this.#ready.catch(() => undefined);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Resolves once it listens; rejects with what is wrong when it does not start. */
  ready(): Promise<ReadyHost> {
    return this.#ready;
  }

  /** As `Host.steal`. */
  async steal(hub: string, partition: string): Promise<void> {
    await this.#order({ do: 'steal', hub, partition });
  }

  /** Ends it in order: see `Host.stop`. Resolves once the process is gone. */
  async stop(graceMs = DEFAULT_GRACE_MS): Promise<void> {
    if (!this.#isGone()) await this.#order({ do: 'stop', graceMs }).catch(() => this.#killAll());
    await this.exited;
  }

  /** Ends the process at once, whatever it is doing. */
  async kill(): Promise<void> {
    this.#killAll();
    await this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #killAll(): void {
    const { pid } = this.#child;
    if (!this.#isGone() && pid !== undefined) process.kill(-pid, 'SIGKILL');
  }

  #isGone(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #order(order: Order): Promise<unknown> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, ...order }, (error) => {
        if (error === null) return;
        this.#waiting.delete(id);
        reject(new Error('The host died.', { cause: error }));
      });
    });
  }

  #settle(reply: Exclude<HostReply, { kind: 'event' }>): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.kind === 'done') waiting?.resolve(reply.value);
    else waiting?.reject(new Error(reply.message));
  }
}
