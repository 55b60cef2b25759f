import { Secret } from '../../../src/lib/config/secret';
import { azureLock } from '../../../src/lib/lake/azure-lock';
import { openClients } from '../../../src/lib/lake/clients';
import { withLock } from '../../../src/lib/maintenance/lock';

/** A process that takes the lock, says so, and holds it until it is killed: `node child.js <connection string>`. */
async function holdForEver(connectionString: string): Promise<void> {
  const access = { kind: 'connectionString', connectionString: new Secret(connectionString) } as const;
  const clients = await openClients(access, 'data', () => Promise.reject(new Error('no identity is needed here')));
  const holder = { host: 'doomed', processId: process.pid };
  const lock = azureLock(clients, { requestMs: 10_000, holder, now: () => Date.now() });
  setInterval(() => undefined, 60_000);
  await withLock(lock, 'weekly', async () => {
    process.stdout.write('held\n');
    await new Promise(() => undefined);
  });
}

void holdForEver(process.argv[2] ?? '');
