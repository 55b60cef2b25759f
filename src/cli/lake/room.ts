import { type Config } from '../../lib/config/config';
import { readConfig } from '../../lib/config/read';
import { credentialFor } from '../../lib/credential';
import { azureLake } from '../../lib/lake/azure-lake';
import { openClients, type LakeClients } from '../../lib/lake/clients';
import { type Lake } from '../../lib/ledger/port';

/** Of every command that has one. */
export interface Common {
  readonly json: boolean;
}

export interface Opened {
  readonly config: Config;
  readonly clients: LakeClients;
  readonly lake: Lake;
}

/**
 * Opens the lake of the settings, and asks it for one page: what stands between a command and the lake is told once, before any of its steps.
 *
 * @throws PipelineError CONFIG_INVALID, STORAGE_FAILED
 */
export async function openLake(): Promise<Opened> {
  const config = readConfig(process.env);
  const clients = await openClients(config.storage, config.lake.fileSystem, credentialFor);
  const lake = azureLake(clients, config.requestMs, new AbortController().signal);
  await lake.list('_system/ledger')[Symbol.asyncIterator]().next();
  return { config, clients, lake };
}
