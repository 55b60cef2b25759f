import { PipelineError, type ErrorCode } from '../errors';

/** An error as telemetry tells of it. */
export interface Failure {
  readonly code: ErrorCode | typeof UNEXPECTED;
  /** The error's class. */
  readonly type: string;
  readonly message: string;
  /** The places that it came through, without its message; null where it has none. */
  readonly stack: string | null;
  readonly properties: Readonly<Record<string, string>>;
  /** The host's operation that it belongs to; null where the host told none. */
  readonly operation: Operation | null;
}

/** Of the W3C trace context: what Application Insights calls operation and parent. */
export interface Operation {
  readonly traceId: string;
  readonly spanId: string;
}

/** What is used of the host's invocation context. */
export interface Invocation {
  readonly invocationId: string;
  readonly triggerMetadata?: unknown;
  readonly traceContext?: { readonly traceParent?: string | undefined } | undefined;
}

/** The code of an error that is not ours. */
export const UNEXPECTED = 'UNEXPECTED';

export function codeOf(error: unknown): Failure['code'] {
  return error instanceof PipelineError ? error.code : UNEXPECTED;
}

const LONGEST_MESSAGE = 2_000;

/**
 * What may be sent of an error. The messages of ours hold no secret and no row; they are cleaned all the same. Nobody knows what the
 * message of another holds (a parser quotes what it parsed, a database quotes rows): it stays in the log, and the class, the
 * system's code and the places tell where to look.
 */
export function failureOf(
  error: unknown,
  properties: Readonly<Record<string, string>>,
  invocation: Invocation | null,
): Failure {
  const isOurs = error instanceof PipelineError;
  const thrown = error instanceof Error ? error : null;
  return {
    code: codeOf(error),
    type: thrown?.constructor.name ?? typeof error,
    message: isOurs ? cleaned(error.message).slice(0, LONGEST_MESSAGE) : foreignMessage(error),
    stack: thrown === null ? null : placesOf(thrown),
    properties: { ...properties, ...(invocation === null ? {} : { invocationId: invocation.invocationId }) },
    operation: operationOf(invocation?.traceContext?.traceParent),
  };
}

function foreignMessage(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null | undefined)?.code;
  const known = typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? ` ${code}` : '';
  return `an error that is not the pipeline's own${known}; its message is in the log`;
}

/** The lines of a stack that name places; its head is the message, of any number of lines. */
function placesOf({ stack = '', message }: Error): string | null {
  const head = stack.indexOf(message);
  const below = head === -1 ? '' : stack.slice(head + message.length);
  const places = below.split('\n').filter((line) => /^\s+at .*[:(]/.test(line));
  return places.length === 0 ? null : places.join('\n');
}

const SECRETS: readonly (readonly [RegExp, string])[] = [
  // The fields of connection strings, and of queries that are signed.
  [/\b(\w*(?:key|secret|password|pwd|signature|token|sig))\s*=\s*[^;&\s"']+/gi, '$1=[secret]'],
  [/\b(bearer|basic|sharedaccesssignature)\s+[^\s"']+/gi, '$1 [secret]'],
  // user:password@ in a URL.
  [/(\w+:\/\/)[^\s/@]+@/g, '$1[secret]@'],
];

/** Text without what looks like a secret. */
export function cleaned(text: string): string {
  return SECRETS.reduce((clean, [pattern, instead]) => clean.replace(pattern, instead), text);
}

const TRACE_PARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-|$)/;

/** Reads a `traceparent` (https://www.w3.org/TR/trace-context/#traceparent-header); null for what is none. */
export function operationOf(traceParent: string | undefined): Operation | null {
  const [, traceId, spanId] = TRACE_PARENT.exec(traceParent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
  return { traceId, spanId };
}
