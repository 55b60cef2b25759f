/** Why the promises could not be checked: what was tried, what came back, and what to do about it. */
export class Unfit extends Error {
  override name = 'Unfit';

  constructor(tried: string, cause: unknown, action: string) {
    super(`${tried}: ${describeCause(cause)}.\n  ${action}`, { cause });
  }
}

/** The service's own code and words; an aggregate's first, because its own message is empty. */
export function describeCause(cause: unknown): string {
  const error = cause instanceof AggregateError ? (cause.errors[0] as unknown) : cause;
  if (!(error instanceof Error)) return String(error);
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  const told = [statusCode, code].filter((part) => typeof part === 'string' || typeof part === 'number').join(' ');
  const firstLine = error.message.split('\n')[0]?.replace(/\.$/, '') ?? '';
  return [told, firstLine].filter((part) => part !== '').join(', ');
}
