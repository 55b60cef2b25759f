import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type FunctionMetadata, type RpcInvocationResponse } from './rpc';
import { type Batch, type Call, type LogLine } from './worker';
import { type WorkerCommand, type WorkerMessage } from './worker-process';

/** Where `npm run build` puts the worker's process; the working directory and the environment are the app's. */
export interface WorkerOptions {
  /** The built worker-process.js. */
  readonly script: string;
  /** The built app: package.json, host.json and what `main` names. */
  readonly app: string;
  readonly env: NodeJS.ProcessEnv;
  /** Called with each line that the app logs. */
  readonly onLog?: (line: LogLine) => void;
  /** Called with each line that the app prints. Without it they go to this process's own output. */
  readonly onOutput?: (line: string) => void;
}

/** What an app registers. */
export interface Registered {
  readonly functions: readonly FunctionMetadata[];
  /** Names. */
  readonly hooks: readonly string[];
}

type Order = WorkerCommand extends infer C ? (C extends { id: number } ? Omit<C, 'id'> : never) : never;

/** A worker in a child process. `kill` is what a crash or a scale-in without grace does. */
export class SpawnedWorker implements AsyncDisposable {
  /** Resolves once the process is gone. */
  readonly exited: Promise<unknown>;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  readonly #onLog: (line: LogLine) => void;
  #lastId = 0;

  constructor({ script, app, env, onLog = () => undefined, onOutput }: WorkerOptions) {
    const output = onOutput === undefined ? 'inherit' : 'pipe';
    const stdio = ['ignore', output, output, 'ipc'] as ['ignore', typeof output, typeof output, 'ipc'];
    this.#onLog = onLog;
    this.#child = fork(script, [app], { cwd: app, env, serialization: 'advanced', execArgv: [], stdio });
    for (const input of [this.#child.stdout, this.#child.stderr]) {
      if (input !== null) createInterface({ input }).on('line', (line) => onOutput?.(line));
    }
    this.#child.on('message', (message) => this.#heard(message as WorkerMessage));
    this.exited = once(this.#child, 'exit').then(() => {
      for (const { reject } of this.#waiting.values()) reject(new Error('The worker died.'));
      this.#waiting.clear();
    });
  }

  /** Loads the app and gives what it registered. */
  async load(): Promise<Registered> {
    return (await this.#order({ do: 'load' })) as Registered;
  }

  /** Runs the app's start hooks; rejects with what they throw. */
  async start(): Promise<void> {
    await this.#order({ do: 'start' });
  }

  /** Hands a batch to an Event Hubs function and gives what it returns. */
  async invoke(name: string, batch: Batch): Promise<unknown> {
    return await this.#order({ do: 'invoke', name, batch });
  }

  /** Calls any function and gives what the library makes of its result. */
  async call(name: string, call: Call): Promise<RpcInvocationResponse> {
    return (await this.#order({ do: 'call', name, call })) as RpcInvocationResponse;
  }

  async terminate(): Promise<void> {
    await this.#order({ do: 'terminate' });
  }

  /** Ends the process at once, whatever it is doing. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #order(order: Order): Promise<unknown> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, ...order }, (error) => {
        if (error !== null) reject(new Error('The worker died.', { cause: error }));
      });
    });
  }

  #heard(message: WorkerMessage): void {
    if (message.kind === 'log') {
      this.#onLog(message.line);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === 'done') waiting?.resolve(message.value);
    else waiting?.reject(Object.assign(new Error(message.error.message), message.error));
  }
}
