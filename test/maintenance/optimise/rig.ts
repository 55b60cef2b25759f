import { randomUUID } from 'node:crypto';
import { systemClock } from '../../../src/lib/clock';
import { Secret } from '../../../src/lib/config/secret';
import { azureLake } from '../../../src/lib/lake/azure-lake';
import { azureMaintenanceLake } from '../../../src/lib/lake/azure-maintenance-lake';
import { openClients } from '../../../src/lib/lake/clients';
import { type OptimiseRoom } from '../../../src/lib/maintenance/optimise/room';

/** A process that optimises, over the real SDKs; it does not sleep. */
export async function openOptimiseRoom(
  connectionString: string,
  changes: Partial<OptimiseRoom> = {},
): Promise<OptimiseRoom> {
  const access = { kind: 'connectionString', connectionString: new Secret(connectionString) } as const;
  const clients = await openClients(access, 'data', () => Promise.reject(new Error('no identity is needed here')));
  const { signal } = new AbortController();
  return {
    lake: azureLake(clients, 10_000, signal),
    files: azureMaintenanceLake(clients, 10_000, signal),
    clock: systemClock,
    newId: randomUUID,
    sleep: () => Promise.resolve(),
    ...changes,
  };
}
