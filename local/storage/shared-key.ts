import { createHmac, timingSafeEqual } from 'node:crypto';
import { accountName, parseQuery, type RequestHead } from './request';

/** The key of every development connection string; public, and the same in Azurite and in all of Azure's SDKs. */
export const accountKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/**
 * Whether a request bears a valid Shared Key signature of the development account.
 * Source: "Authorize with Shared Key", Azure Storage REST API.
 */
export function isSigned(head: RequestHead): boolean {
  const given = head.headers.authorization ?? '';
  // The documentation puts Content-Encoding first, the JavaScript SDK Content-Language; both are about.
  return [
    ['content-encoding', 'content-language'],
    ['content-language', 'content-encoding'],
  ].some((order) => equal(given, `SharedKey ${accountName}:${sign(stringToSign(head, order))}`));
}

/** What is signed: the verb, eleven headers, the `x-ms-` headers and the resource. */
export function stringToSign(head: RequestHead, contentHeaders: readonly string[]): string {
  const value = (name: string) => {
    const text = head.headers[name] ?? '';
    // An empty body signs as no length at all.
    return name === 'content-length' && text === '0' ? '' : String(text);
  };
  const standard = [
    ...contentHeaders,
    'content-length',
    'content-md5',
    'content-type',
    'date',
    'if-modified-since',
    'if-match',
    'if-none-match',
    'if-unmodified-since',
    'range',
  ];
  return [head.method, ...standard.map(value), ...canonicalHeaders(head), canonicalResource(head.url)].join('\n');
}

function canonicalHeaders({ headers }: RequestHead): string[] {
  return Object.keys(headers)
    .filter((name) => name.startsWith('x-ms-'))
    .sort()
    .map((name) => `${name}:${String(headers[name]).trimStart()}`);
}

/**
 * The path as it was sent, still encoded, after the account's name (which so stands there twice when the path names
 * the account itself), then every query parameter, decoded, by key.
 */
function canonicalResource(url: string): string {
  const [path = '/', query = ''] = url.split('?', 2);
  const parameters = [...parseQuery(query)].sort(([a], [b]) => (a < b ? -1 : 1));
  return [`/${accountName}${path}`, ...parameters.map(([key, value]) => `${key}:${value}`)].join('\n');
}

function sign(text: string): string {
  return createHmac('sha256', Buffer.from(accountKey, 'base64')).update(text, 'utf8').digest('base64');
}

function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
