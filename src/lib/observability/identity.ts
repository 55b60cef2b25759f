/**
 * Reads `APPLICATIONINSIGHTS_AUTHENTICATION_STRING` as the Functions host does: `Authorization=AAD`, and for a user-assigned
 * identity `;ClientId=<GUID>`. Null for what is neither.
 */
export function parseAuthenticationString(text: string): { readonly clientId: string | null } | null {
  const parts = new Map<string, string>();
  for (const part of text.split(';').filter((one) => one.trim() !== '')) {
    const [name, value] = [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)];
    if (!part.includes('=') || value.trim() === '') return null;
    parts.set(name.trim().toLowerCase(), value.trim());
  }
  const clientId = parts.get('clientid') ?? null;
  const isKnown = [...parts.keys()].every((name) => name === 'authorization' || name === 'clientid');
  return isKnown && parts.get('authorization')?.toUpperCase() === 'AAD' ? { clientId } : null;
}
