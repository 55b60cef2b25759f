import { type IncomingMessage } from 'node:http';

/** What a request that changes something carries: a web page of another origin cannot send it without asking first. */
export const CONTROL_HEADER = 'x-change-lake-control';

const LOCAL_HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i;

/**
 * Why a request to a control endpoint on this machine is refused, or null. A browser sends what any page asks it to: a page of another
 * origin names it in `origin`; one whose name was bound to 127.0.0.1 (DNS rebinding) shows its own name in `host`.
 */
export function refusedControl({ headers, method }: IncomingMessage): string | null {
  const { host = '', origin } = headers;
  if (!LOCAL_HOST.test(host)) return `found the host "${host}"; expected 127.0.0.1 or localhost`;
  if (origin !== undefined) return 'found the header "origin": web pages have no business here';
  const isReading = method === 'GET' || method === 'HEAD';
  if (!isReading && headers[CONTROL_HEADER] === undefined)
    return `expected the header "${CONTROL_HEADER}", with any value`;
  return null;
}
