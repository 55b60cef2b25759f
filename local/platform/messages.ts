/**
 * What failed, and after it what failed in clearing up: an error that came while another was on its way has no message of its
 * own (and Node 22 has no SuppressedError to ask for).
 */
export function messagesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  if (error.name !== 'SuppressedError') return [error.message];
  const { error: later, suppressed } = error as Error & { error: unknown; suppressed: unknown };
  return [...messagesOf(suppressed), ...messagesOf(later)];
}
