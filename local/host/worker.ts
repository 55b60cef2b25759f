import { randomUUID } from 'node:crypto';
import {
  type CoreApi,
  type CoreInvocationContext,
  type Disposable,
  type FunctionCallback,
  type FunctionMetadata,
  type HookCallback,
  type ProgrammingModel,
  type RpcInvocationResponse,
  type RpcRetryContext,
  type RpcTypedData,
} from './rpc';

/** A line that the app or the library logged. */
export interface LogLine {
  readonly level: string;
  readonly category: string;
  readonly message: string;
  readonly invocationId: string | null;
}

/** What the host hands to an Event Hubs function with `dataType: binary` and cardinality `many`. */
export interface Batch {
  readonly bodies: readonly Uint8Array[];
  readonly triggerMetadata: Readonly<Record<string, RpcTypedData>>;
}

/** What the host hands to any function. */
export interface Call {
  readonly data: RpcTypedData;
  readonly triggerMetadata: Readonly<Record<string, RpcTypedData>>;
  readonly retryContext?: RpcRetryContext;
  /** A new one when left out. */
  readonly invocationId?: string;
}

/** What a function gave: its own value, and what the library makes of it for the host. */
export interface Outcome {
  readonly result: unknown;
  readonly response: RpcInvocationResponse;
}

/**
 * The Functions worker's side of `@azure/functions-core`: takes an app's registrations, then drives its functions
 * through the real library's programming model, in the order of the worker's own invocation handler.
 */
export class Worker {
  readonly api: CoreApi;
  readonly #functions = new Map<string, { metadata: FunctionMetadata; callback: FunctionCallback }>();
  readonly #hooks = new Map<string, Set<HookCallback>>();
  readonly #log: (line: LogLine) => void;
  #model: ProgrammingModel | undefined;
  #started = false;

  constructor(log: (line: LogLine) => void = () => undefined) {
    this.#log = log;
    this.api = this.#coreApi();
  }

  /** What reached the host, in the order of registration. */
  get functions(): readonly FunctionMetadata[] {
    return [...this.#functions.values()].map(({ metadata }) => metadata);
  }

  /** Names of the hooks that the app registered. */
  get hooks(): readonly string[] {
    return [...this.#hooks.keys()];
  }

  /** Runs the app's start hooks; rejects with what they throw. */
  async start(functionAppDirectory: string): Promise<void> {
    await this.#runHooks('appStart', { hookData: {}, appHookData: {}, functionAppDirectory });
    this.#started = true;
  }

  /** Runs the app's terminate hooks. The real host gives them five seconds. */
  async terminate(): Promise<void> {
    await this.#runHooks('appTerminate', { hookData: {}, appHookData: {} });
  }

  /** Hands a batch to an Event Hubs function, once, and gives what it returns; see `call`. */
  async invoke(name: string, { bodies, triggerMetadata }: Batch): Promise<unknown> {
    return (await this.call(name, { data: { collectionBytes: { bytes: bodies } }, triggerMetadata })).result;
  }

  /** Invokes a function once; rejects with what it throws. No retry policy is applied. */
  async call(name: string, call: Call): Promise<Outcome> {
    const registered = this.#functions.get(name);
    if (registered === undefined) throw new Error(`No function named ${name} is registered.`);
    if (this.#model === undefined) throw new Error('No programming model is set.');

    const core = this.#invocationContext(registered.metadata, call);
    const invocation = this.#model.getInvocationModel(core);
    const { context, inputs } = await invocation.getArguments();
    const before = { hookData: {}, appHookData: {}, invocationContext: context, functionCallback: registered.callback };

    core.state = 'preInvocationHooks';
    const pre = { ...before, inputs };
    await this.#runHooks('preInvocation', pre);
    const post = { ...before, inputs: pre.inputs, result: null as unknown, error: null as unknown };
    core.state = 'invocation';
    try {
      post.result = await invocation.invokeFunction(context, pre.inputs, pre.functionCallback);
    } catch (error) {
      post.error = error;
    }
    core.state = 'postInvocationHooks';
    await this.#runHooks('postInvocation', post);
    core.state = undefined;
    // Anything thrown counts as an error, whatever it is.
    if (post.error !== null && post.error !== undefined) throw post.error as Error;
    return { result: post.result, response: await invocation.getResponse(context, post.result) };
  }

  #invocationContext(metadata: FunctionMetadata, call: Call): CoreInvocationContext {
    const { data, triggerMetadata, retryContext, invocationId = randomUUID() } = call;
    const inputData = [{ name: triggerOf(metadata).name, data }];
    const retry = retryContext === undefined ? {} : { retryContext };
    return {
      invocationId,
      request: { invocationId, inputData, triggerMetadata, ...retry },
      metadata,
      state: undefined,
      log: (level, category, message) => this.#log({ level, category, message, invocationId }),
    };
  }

  async #runHooks(name: string, context: Record<string, unknown>): Promise<void> {
    for (const hook of this.#hooks.get(name) ?? []) await hook(context);
  }

  #coreApi(): CoreApi {
    return {
      version: '3.10.1',
      hostVersion: '4.1037.0',
      registerFunction: (metadata, callback) => {
        if (this.#started) throw new Error('A function can only be registered during app startup.');
        if (this.#functions.has(metadata.name)) throw new Error(`A function "${metadata.name}" is registered already.`);
        this.#functions.set(metadata.name, { metadata, callback });
        return new CoreDisposable(() => this.#functions.delete(metadata.name));
      },
      registerHook: (name, callback) => {
        const hooks = this.#hooks.get(name) ?? new Set();
        this.#hooks.set(name, hooks.add(callback));
        return new CoreDisposable(() => hooks.delete(callback));
      },
      setProgrammingModel: (model) => (this.#model = model),
      getProgrammingModel: () => this.#model,
      log: (level, category, message) => this.#log({ level, category, message, invocationId: null }),
      Disposable: CoreDisposable,
    };
  }
}

/** A function's trigger and the name of its binding. */
export function triggerOf({ name, bindings }: FunctionMetadata): {
  name: string;
  binding: Readonly<Record<string, unknown>>;
} {
  const found = Object.entries(bindings).find(([, binding]) => /trigger$/i.test(String(binding['type'])));
  if (found === undefined) throw new Error(`${name} has no trigger.`);
  return { name: found[0], binding: found[1] };
}

class CoreDisposable implements Disposable {
  readonly #dispose: () => void;

  constructor(dispose: () => void) {
    this.#dispose = dispose;
  }

  dispose(): void {
    this.#dispose();
  }
}
