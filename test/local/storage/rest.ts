import { StorageSharedKeyCredential } from '@azure/storage-blob';
import { type LocalStorage } from '../../../local/storage/storage';
import { stringToSign } from '../../../local/storage/shared-key';

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
