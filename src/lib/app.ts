import { readConfig } from './config/read';
import { type Source } from './decode/event';

/** What a handler uses of the host's invocation context. */
export interface InvocationLike {
  readonly triggerMetadata?: unknown;
  readonly invocationId: string;
  log(...args: unknown[]): void;
  warn(...args: unknown[]): void;
  error(...args: unknown[]): void;
}

/** The handler of a source's batches. */
export function handlerFor(source: Source): (bodies: unknown, context: InvocationLike) => Promise<void> {
  return () => Promise.reject(new Error(`No handler for ${source} yet.`));
}

/** Validates the settings. */
export function start(): void {
  readConfig(process.env);
}

/** Releases what is held. */
export function stop(): Promise<void> {
  return Promise.resolve();
}
