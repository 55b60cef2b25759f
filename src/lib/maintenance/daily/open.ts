import { type Config } from '../../config/config';
import { credentialFor } from '../../credential';
import { type Source } from '../../decode/event';
import { hubProgress } from '../../hub/progress';
import { azureCheckpoints } from '../../lake/azure-checkpoints';
import { hubReader } from '../../hub/reread';
import { serviceClock } from '../../lake/azure-clock';
import { azureLake } from '../../lake/azure-lake';
import { type LakeClients } from '../../lake/clients';
import { openHostCheckpoints } from '../../lake/host-storage';
import { repairRoom, repairScope, sleep } from '../../rooms';
import { lookAtCheckpoints } from '../checkpoints/old';
import { type CheckpointBlobs } from '../checkpoints/port';
import { namespaceInLake, ownScope } from '../checkpoints/scope';
import { repair } from '../repair/repair';
import { eventAt } from '../successor';
import { repairSummaries } from './repaired';
import { type DailyRoom } from './room';

/**
 * What the daily run works with, by the settings; requests end when `signal` is aborted.
 *
 * @param env tells the host's storage, as `AzureWebJobsStorage…`; where it does not, as an operator's may not, no checkpoint is looked at
 * @throws PipelineError CONFIG_INVALID where it tells it only in part; STORAGE_FAILED where the service does not tell the time
 */
export async function openDaily(
  config: Config,
  clients: LakeClients,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<DailyRoom> {
  const { eventHubs, hubs, consumerGroup: group, requestMs } = config;
  const { namespace } = ownScope(config);
  const named = (source: Source): { namespace: string; hub: string } => ({
    namespace: namespaceInLake(config),
    hub: hubs[source].toLowerCase(),
  });
  const reader = hubReader(eventHubs, config.maintenance.repairGroup, requestMs);
  const blobs = await hostCheckpoints(env, requestMs, signal);
  return {
    ...{ lake: azureLake(clients, requestMs, signal), sleep },
    clock: await serviceClock(clients, requestMs, signal),
    hubs: { postgresql: named('postgresql'), mongodb: named('mongodb') },
    askHub: (source) => hubProgress(eventHubs, hubs[source], requestMs),
    readEvent: (source, partition, sequence) => eventAt(reader, hubs[source], partition, sequence),
    checkpoints:
      blobs && ((source, partitions) => lookAtCheckpoints(blobs, { namespace, hub: hubs[source], group }, partitions)),
    repair: async (isTimeUp) => {
      const options = { dryRun: false, reopen: false, isTimeUp, signal };
      return repairSummaries(await repair(repairRoom(config, clients, signal), repairScope(config), options));
    },
  };
}

async function hostCheckpoints(
  env: NodeJS.ProcessEnv,
  requestMs: number,
  signal: AbortSignal,
): Promise<CheckpointBlobs | null> {
  const isGiven = Object.keys(env).some((name) => name.startsWith('AzureWebJobsStorage'));
  return isGiven ? azureCheckpoints(await openHostCheckpoints(env, credentialFor), { requestMs, signal }) : null;
}
