/**
 * What passes between the Functions worker and `@azure/functions`: the part of the worker's `@azure/functions-core` that
 * an Event Hubs app touches. The worker ships that module's types; it is in no package.
 */

/** A value as the host sends it. `@azure/functions` parses strings as JSON where it can, alone and in collections. */
export type RpcTypedData =
  | { readonly json: string }
  | { readonly string: string }
  | { readonly collectionBytes: { readonly bytes: readonly Uint8Array[] } }
  | { readonly collectionString: { readonly string: readonly string[] } }
  | { readonly collectionSint64: { readonly sint64: readonly unknown[] } };

/** What `registerFunction` is given. */
export interface FunctionMetadata {
  readonly name: string;
  readonly bindings: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly retryOptions?: Readonly<Record<string, unknown>>;
}

export type FunctionCallback = (...args: unknown[]) => unknown;

export type HookCallback = (context: Record<string, unknown>) => unknown;

export interface CoreInvocationContext {
  readonly invocationId: string;
  readonly request: {
    readonly invocationId: string;
    readonly inputData: readonly { readonly name: string; readonly data: RpcTypedData }[];
    readonly triggerMetadata: Readonly<Record<string, RpcTypedData>>;
  };
  readonly metadata: FunctionMetadata;
  state: 'preInvocationHooks' | 'invocation' | 'postInvocationHooks' | undefined;
  log(level: string, category: string, message: string): void;
}

/** How a version of `@azure/functions` takes part in an invocation. */
export interface ProgrammingModel {
  readonly name: string;
  readonly version: string;
  getInvocationModel(context: CoreInvocationContext): InvocationModel;
}

export interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<unknown>;
}

/** The module `@azure/functions-core`, as far as it is used. */
export interface CoreApi {
  readonly version: string;
  readonly hostVersion: string;
  registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): Disposable;
  registerHook(hookName: string, callback: HookCallback): Disposable;
  setProgrammingModel(model: ProgrammingModel): void;
  getProgrammingModel(): ProgrammingModel | undefined;
  log(level: string, category: string, message: string): void;
  readonly Disposable: new (dispose: () => void) => Disposable;
}

/** The worker's own, older than the language's. */
export interface Disposable {
  dispose(): void;
}
