import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type FunctionMetadata } from './rpc';
import { type Batch } from './worker';
import { type WorkerCommand, type WorkerReply } from './worker-process';

/** Where `npm run build` puts the worker's process; the working directory and the environment are the app's. */
export interface WorkerOptions {
  /** The built worker-process.js. */
  readonly script: string;
  /** The built app: package.json, host.json and what `main` names. */
  readonly app: string;
  readonly env: NodeJS.ProcessEnv;
  /** Called with each line that the worker writes: its log, each line JSON, and whatever the app prints. */
  readonly onLog?: (line: string) => void;
}

type Order = WorkerCommand extends infer C ? (C extends { id: number } ? Omit<C, 'id'> : never) : never;

/** A worker in a child process. `kill` is what a crash or a scale-in without grace does. */
export class SpawnedWorker implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #lastId = 0;

  constructor(options: WorkerOptions) {
    const settings = { cwd: options.app, env: options.env, serialization: 'advanced', silent: true } as const;
    this.#child = fork(options.script, [options.app], settings);
    for (const input of [this.#child.stdout, this.#child.stderr]) {
      if (input !== null) createInterface({ input }).on('line', (line) => options.onLog?.(line));
    }
    this.#child.on('message', (message) => this.#settle(message as WorkerReply));
    this.#child.on('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('The worker died.'));
      this.#waiting.clear();
    });
  }

  /** Loads the app and gives what it registered. */
  async load(): Promise<{ functions: readonly FunctionMetadata[]; hooks: readonly string[] }> {
    return (await this.#order({ do: 'load' })) as { functions: readonly FunctionMetadata[]; hooks: readonly string[] };
  }

  async start(): Promise<void> {
    await this.#order({ do: 'start' });
  }

  async invoke(name: string, batch: Batch): Promise<unknown> {
    return await this.#order({ do: 'invoke', name, batch });
  }

  async terminate(): Promise<void> {
    await this.#order({ do: 'terminate' });
  }

  /** Ends the process at once, whatever it is doing. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
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

  #settle({ id, value, error }: WorkerReply): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(Object.assign(new Error(error.message), { name: error.name, code: error.code }));
  }
}
