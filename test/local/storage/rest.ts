import { StorageSharedKeyCredential } from '@azure/storage-blob';
import { type LocalStorage } from '../../../local/storage/storage';
import { accountName } from '../../../local/storage/request';
import { accountKey, stringToSign } from '../../../local/storage/shared-key';

/** One bare request of the Data Lake REST API, for what the JavaScript SDK does not send. */
export async function ask(
  { dfsEndpoint, accountName, accountKey }: LocalStorage,
  method: string,
  pathAndQuery: string,
  headers: Readonly<Record<string, string>> = {},
  contentHeaders = ['content-encoding', 'content-language'],
): Promise<{ status: number; headers: Headers; body: unknown }> {
  const url = new URL(`${dfsEndpoint}${pathAndQuery}`);
  const signed = { 'x-ms-date': new Date().toUTCString(), 'x-ms-version': '2025-11-05', ...headers };
  const text = stringToSign({ method, url: `${url.pathname}${url.search}`, headers: signed }, contentHeaders);
  const signature = new StorageSharedKeyCredential(accountName, accountKey).computeHMACSHA256(text);
  const authorization = `SharedKey ${accountName}:${signature}`;
  const answer = await fetch(url, { method, headers: { authorization, ...signed } });
  const body = await answer.text();
  return { status: answer.status, headers: answer.headers, body: body === '' ? null : JSON.parse(body) };
}

/** One bare request to the table service; the body as text. */
export async function askTables(
  { tablePort }: { readonly tablePort: number },
  method: string,
  path: string,
  body?: object,
): Promise<string> {
  const date = new Date().toUTCString();
  const resource = `/${accountName}/${accountName}${path}`;
  const signature = sign(`${date}\n${encodeURI(resource)}`);
  return await demand(`http://127.0.0.1:${tablePort}/${accountName}${path}`, {
    method,
    headers: {
      authorization: `SharedKeyLite ${accountName}:${signature}`,
      'x-ms-date': date,
      'x-ms-version': '2019-02-02',
      accept: 'application/json;odata=nometadata',
      ...(method === 'DELETE' ? { 'if-match': '*' } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** One bare request to the queue service; the body as text. */
export async function askQueues(
  { queuePort }: { readonly queuePort: number },
  method: string,
  pathAndQuery: string,
  body = '',
): Promise<string> {
  const url = `/${accountName}${pathAndQuery}`;
  const headers = {
    'x-ms-date': new Date().toUTCString(),
    'x-ms-version': '2019-02-02',
    ...(body === '' ? {} : { 'content-type': 'application/xml', 'content-length': String(Buffer.byteLength(body)) }),
  };
  const signature = sign(stringToSign({ method, url, headers }, ['content-encoding', 'content-language']));
  return await demand(`http://127.0.0.1:${queuePort}${url}`, {
    method,
    headers: { authorization: `SharedKey ${accountName}:${signature}`, ...headers },
    ...(body === '' ? {} : { body }),
  });
}

const sign = (text: string): string => new StorageSharedKeyCredential(accountName, accountKey).computeHMACSHA256(text);

async function demand(url: string, init: RequestInit): Promise<string> {
  const answer = await fetch(url, init);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${init.method ?? ''} ${url}: ${answer.status} ${text}`);
  return text;
}
