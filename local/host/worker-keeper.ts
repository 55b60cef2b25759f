import { setTimeout as sleep } from 'node:timers/promises';
import { type OnEvent } from './host-event';
import { type FunctionMetadata, type RpcInvocationResponse } from './rpc';
import { SpawnedWorker } from './spawn-worker';
import { type Call } from './worker';

/** What a worker is started with. */
export interface KeeperSettings {
  /** The built worker-process.js. */
  readonly script: string;
  readonly app: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onEvent: OnEvent;
}

/** How long a worker that is replaced goes on beside the new one: what it has under way may still reach storage. */
const OVERLAP_MS = 3_000;

/** A worker that cannot be started again is tried again so much later. */
const START_AGAIN_MS = 1_000;

const NO_FUNCTIONS =
  'No job functions found. Try making your job classes and methods public. If you are using binding extensions ' +
  "make sure you've called the registration method for the extension(s) in your startup code.";

/** The worker's process, as the host keeps it: a dead one is started again, and the host lives on. */
export class WorkerKeeper {
  readonly functions: readonly FunctionMetadata[];
  readonly #settings: KeeperSettings;
  readonly #calls = new Set<Promise<unknown>>();
  readonly #replaced = new Set<SpawnedWorker>();
  #current: Promise<SpawnedWorker>;
  #isEnding = false;

  private constructor(settings: KeeperSettings, worker: SpawnedWorker, functions: readonly FunctionMetadata[]) {
    this.functions = functions;
    this.#settings = settings;
    this.#current = Promise.resolve(worker);
    this.#watch(worker);
  }

  /**
   * Starts the first worker. Where a start hook throws, no function runs and the reason is in a line of level `debug` alone.
   *
   * @throws Error where a file of the app fails to load
   */
  static async start(settings: KeeperSettings): Promise<WorkerKeeper> {
    const { onEvent } = settings;
    const worker = spawn(settings);
    try {
      const { functions } = await worker.load();
      const failure = await worker.start().then(
        () => null,
        (error: unknown) => String(error),
      );
      if (failure !== null) {
        const log = (level: string, category: string, message: string): void =>
          onEvent({ kind: 'log', line: { level, category, message, invocationId: null } });
        log('debug', 'Host.Rpc.RpcFunctionInvocationDispatcher', `Worker failed to start: ${failure}`);
        log('warning', 'Host.Startup', NO_FUNCTIONS);
      }
      return new WorkerKeeper(settings, worker, failure === null ? functions : []);
    } catch (error) {
      await worker.kill();
      throw error;
    }
  }

  /** Calls a function in the worker of that moment; rejects with what it throws, or because its worker died. */
  async call(name: string, call: Call): Promise<RpcInvocationResponse> {
    const worker = await this.#current;
    const calling = worker.call(name, call);
    const ended = calling.catch(() => undefined).finally(() => this.#calls.delete(ended));
    this.#calls.add(ended);
    return await calling;
  }

  /** Starts another worker; the one of now goes on beside it for some seconds and is killed then. */
  async replace(): Promise<void> {
    const old = await this.#current;
    if (this.#isEnding || this.#replaced.has(old)) return;
    this.#replaced.add(old);
    this.#current = this.#startAgain();
    await sleep(OVERLAP_MS);
    await old.kill();
  }

  /** Resolves once what is being called now has ended; calls that begin meanwhile are not waited for. */
  async drained(): Promise<void> {
    await Promise.all(this.#calls);
  }

  /** Runs the terminate hooks, which have `hooksMs`, then ends the process. */
  async stop(hooksMs: number): Promise<void> {
    this.#isEnding = true;
    const worker = await this.#current;
    const patience = new AbortController();
    const tooLong = sleep(hooksMs, undefined, { signal: patience.signal }).catch(() => undefined);
    const hooks = worker.terminate().catch((error: unknown) => {
      this.#settings.onEvent({ kind: 'trouble', where: 'a terminate hook', error: String(error) });
    });
    await Promise.race([hooks, tooLong]);
    patience.abort();
    await Promise.all([worker, ...this.#replaced].map((each) => each.kill()));
  }

  #watch(worker: SpawnedWorker): void {
    void worker.exited.then(() => {
      if (!this.#replaced.delete(worker) && !this.#isEnding) this.#current = this.#startAgain();
    });
  }

  async #startAgain(): Promise<SpawnedWorker> {
    for (;;) {
      const worker = spawn(this.#settings);
      try {
        await worker.load();
        await worker.start();
        this.#watch(worker);
        return worker;
      } catch (error) {
        await worker.kill();
        this.#settings.onEvent({ kind: 'trouble', where: 'starting the worker again', error: String(error) });
        if (this.#isEnding) return worker;
        await sleep(START_AGAIN_MS);
      }
    }
  }
}

const spawn = ({ script, app, env, onEvent }: KeeperSettings): SpawnedWorker =>
  new SpawnedWorker({ script, app, env, onLog: (line) => onEvent({ kind: 'log', line }) });
