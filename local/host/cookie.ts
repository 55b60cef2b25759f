import { type RpcHttpCookie } from './rpc';

/** The header of a cookie as the library hands it to the host. */
export function setCookie(cookie: RpcHttpCookie): string {
  const parts = [`${cookie.name ?? ''}=${encodeURIComponent(cookie.value ?? '')}`];
  const add = (name: string, value: string | number | undefined): void => {
    if (value !== undefined) parts.push(`${name}=${value}`);
  };
  add('Domain', cookie.domain?.value);
  add('Path', cookie.path?.value);
  add('Max-Age', cookie.maxAge?.value);
  const expires = cookie.expires?.value?.seconds;
  add('Expires', expires === undefined ? undefined : new Date(expires * 1000).toUTCString());
  if (cookie.secure?.value === true) parts.push('Secure');
  if (cookie.httpOnly?.value === true) parts.push('HttpOnly');
  // The library says `none` where none was given.
  const sameSites: Readonly<Record<string, string>> = { lax: 'Lax', strict: 'Strict', explicitNone: 'None' };
  add('SameSite', sameSites[cookie.sameSite ?? '']);
  return parts.join('; ');
}
