import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { resolve } from 'node:path';

/**
 * What the instances of one app have in common, and apps that share one storage account have not: the name in their locks
 * and schedules. As in the real host a setting of its own, else the site's name, else (as with the core tools) machine and folder.
 */
export function hostIdOf(app: string, env: NodeJS.ProcessEnv): string {
  const given = env['AzureFunctionsWebHost__hostid'] ?? env['WEBSITE_SITE_NAME'];
  if (given !== undefined && given !== '') return given.toLowerCase().slice(0, 32);
  const machine =
    hostname()
      .toLowerCase()
      .replaceAll(/[^a-z0-9]/g, '')
      .slice(0, 16) || 'local';
  return `${machine}-${createHash('sha256').update(resolve(app)).digest('hex').slice(0, 12)}`;
}
