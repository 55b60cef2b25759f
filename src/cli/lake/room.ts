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

/** Something is missing or damaged, and told. */
export const EXIT_MISSING = 1;
/** It could not be done. */
export const EXIT_FAILED = 2;

export interface Opened {
  readonly config: Config;
  readonly clients: LakeClients;
  readonly lake: Lake;
}

/** Opens the lake of the settings. @throws PipelineError CONFIG_INVALID */
export async function openLake(): Promise<Opened> {
  const config = readConfig(process.env);
  const clients = await openClients(config.storage, config.lake.fileSystem, credentialFor);
  return { config, clients, lake: azureLake(clients, config.requestMs, new AbortController().signal) };
}
