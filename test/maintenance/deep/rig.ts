import { randomUUID } from 'node:crypto';
import { systemClock } from '../../../src/lib/clock';
import { Secret } from '../../../src/lib/config/secret';
import { azureLake } from '../../../src/lib/lake/azure-lake';
import { azureMaintenanceLake } from '../../../src/lib/lake/azure-maintenance-lake';
import { openClients } from '../../../src/lib/lake/clients';
import { type DeepOptions, type DeepReport, type DeepScope, deepVerify } from '../../../src/lib/maintenance/deep/deep';
import { type OptimiseRoom } from '../../../src/lib/maintenance/optimise/room';
import { type MaintenanceLake } from '../../../src/lib/maintenance/port';

/** What maintenance works with, through the real SDKs. */
export async function openRoom(connectionString: string): Promise<OptimiseRoom> {
  const access = { kind: 'connectionString', connectionString: new Secret(connectionString) } as const;
  const clients = await openClients(access, 'data', () => Promise.reject(new Error('no identity is needed here')));
  const { signal } = new AbortController();
  return {
    lake: azureLake(clients, 10_000, signal),
    files: azureMaintenanceLake(clients, 10_000, signal),
    clock: systemClock,
    newId: randomUUID,
    sleep: () => Promise.resolve(),
  };
}

export interface DeepAsked {
  readonly scope?: Partial<DeepScope>;
  readonly options?: Partial<DeepOptions>;
  /** Stands between deep verification and its files. */
  readonly between?: (files: MaintenanceLake) => MaintenanceLake;
}

export async function deep(
  connectionString: string,
  { scope = {}, options = {}, between = (files) => files }: DeepAsked = {},
): Promise<DeepReport> {
  const room = await openRoom(connectionString);
  const all: DeepScope = { sources: ['postgresql', 'mongodb'], from: null, to: null };
  return await deepVerify({ lake: room.lake, files: between(room.files) }, { ...all, ...scope }, options);
}
