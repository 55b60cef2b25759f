/**
 * What passes between the Functions worker and `@azure/functions`: the part of the worker's `@azure/functions-core` that
 * an app with Event Hubs, timer and HTTP triggers touches. The worker ships that module's types; it is in no package.
 */

/** A value as the host sends it. `@azure/functions` parses strings as JSON where it can, alone and in collections. */
export type RpcTypedData =
  | { readonly json: string }
  | { readonly string: string }
  | { readonly bytes: Uint8Array }
  | { readonly http: RpcHttpData }
  | { readonly collectionBytes: { readonly bytes: readonly Uint8Array[] } }
  | { readonly collectionString: { readonly string: readonly string[] } }
  | { readonly collectionSint64: { readonly sint64: readonly unknown[] } };

/** A request as the host hands it over, or a response as the library gives it back. */
export interface RpcHttpData {
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: RpcTypedData;
  readonly statusCode?: string;
  readonly cookies?: readonly RpcHttpCookie[];
}

/** A cookie of a response. The worker's protobuf types wrap what may be left out. */
export interface RpcHttpCookie {
  readonly name?: string | null;
  readonly value?: string | null;
  readonly domain?: { readonly value?: string } | null;
  readonly path?: { readonly value?: string } | null;
  readonly expires?: { readonly value?: { readonly seconds?: number } } | null;
  readonly secure?: { readonly value?: boolean } | null;
  readonly httpOnly?: { readonly value?: boolean } | null;
  readonly sameSite?: string | number | null;
  readonly maxAge?: { readonly value?: number } | null;
}

/** What the library makes of a function's result. */
export interface RpcInvocationResponse {
  readonly returnValue?: RpcTypedData | null;
}

/** What `registerFunction` is given. */
export interface FunctionMetadata {
  readonly name: string;
  readonly bindings: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly retryOptions?: Readonly<Record<string, unknown>>;
}

export type FunctionCallback = (...args: unknown[]) => unknown;

export type HookCallback = (context: Record<string, unknown>) => unknown;

/** Handed to a function with a retry policy. */
export interface RpcRetryContext {
  readonly retryCount: number;
  readonly maxRetryCount: number;
  /** What the attempt before threw. */
  readonly exception?: { readonly message: string };
}

export interface CoreInvocationContext {
  readonly invocationId: string;
  readonly request: {
    readonly invocationId: string;
    readonly inputData: readonly { readonly name: string; readonly data: RpcTypedData }[];
    readonly triggerMetadata: Readonly<Record<string, RpcTypedData>>;
    readonly retryContext?: RpcRetryContext;
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
  getResponse(context: unknown, result: unknown): Promise<RpcInvocationResponse>;
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
