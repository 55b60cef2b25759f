import { type TokenCredential } from '@azure/identity';
import { type Clock } from '../clock';
import { checkConfig } from '../config/read';
import { namespaceOf } from '../hub/connect';
import { openHubProbe } from '../hub/doctor-hub';
import { hubNamespace } from '../hub/presence';
import { azureCheckpoints } from '../lake/azure-checkpoints';
import { azureLake } from '../lake/azure-lake';
import { openClients } from '../lake/clients';
import { openLakeProbe } from '../lake/doctor-lake';
import { openHostCheckpoints } from '../lake/host-storage';
import { captureTrials } from './capture';
import { type Check, type Patience, type Trial } from './check';
import { hostTrials } from './host';
import { hubTrials } from './hub';
import { lakeTrials, removeProbes, type LakeTools } from './lake';
import { ledgerTrials } from './ledgers';
import { networkTrials } from './network';
import { profileTrials } from './profile';
import { runTrials } from './run';
import { settingsTrial } from './settings';

/** For whoever waits at a terminal: with everything silent it comes to half a minute. */
export const PATIENCE: Patience = { checkMs: 8_000, requestMs: 6_000, totalMs: 40_000 };

export interface DoctorTools {
  readonly env: NodeJS.ProcessEnv;
  /** The text of host.json; null where there is none. */
  readonly hostJson: string | null;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly credentialFor: (clientId: string | null) => Promise<TokenCredential>;
  readonly patience: Patience;
}

/**
 * Tries what the app will do: settings, names, connections, rights (by making the very requests), hubs, groups, the host's
 * records, ledgers. What is made in the lake is taken away again; no event is sent, and no reader of the host's disturbed.
 * Ends within `patience.totalMs` and one request, whatever answers. Throws only what `credentialFor` throws.
 */
export async function examine(tools: DoctorTools): Promise<readonly Check[]> {
  const { env, hostJson, clock, newId, credentialFor, patience } = tools;
  const { requestMs } = patience;
  const checked = checkConfig(env);
  const settings = settingsTrial(checked);
  const { config } = checked;
  if (config === null) return runTrials([settings, ...NEEDS_SETTINGS], patience);

  const probe = await openLakeProbe(config.storage, config.lake.fileSystem, credentialFor);
  const lake: LakeTools = { probe, clock, id: newId() };
  const clients = await openClients(config.storage, config.lake.fileSystem, credentialFor);
  const hub = hubTrials(
    {
      probe: openHubProbe(config.eventHubs, requestMs),
      groups: hubNamespace(config.eventHubs, requestMs),
      clock,
    },
    config,
  );
  const ledgers = ledgerTrials({ lakeWithin: (signal) => azureLake(clients, requestMs, signal), clock });
  const trials: Trial[] = [
    settings,
    ...networkTrials(config, requestMs),
    ...lakeTrials(lake),
    ...ledgers.trials,
    ...hub.trials,
    ...hostTrials({
      open: async (signal) => azureCheckpoints(await openHostCheckpoints(env, credentialFor), { requestMs, signal }),
      ...{ views: hub.views, hubs: config.hubs, group: config.consumerGroup },
      namespace: namespaceOf(config.eventHubs).replace(/:\d+$/, ''),
    }),
    ...profileTrials({ ...{ env, hostJson, config, views: hub.views }, ledgers: ledgers.ledgers }),
    ...captureTrials(config, requestMs),
  ];
  const checks = await runTrials(trials, patience);
  return [...checks, ...(await cleanUp(lake, checks, requestMs))];
}

/** What cannot be named before the settings are right: told as one. */
const NEEDS_SETTINGS: readonly Trial[] = [
  {
    ...{ id: 'everything-else', title: 'everything else', needs: ['settings'], onTimeout: '' },
    run: () => Promise.reject(new Error('the settings are wrong')),
  },
];

async function cleanUp(lake: LakeTools, checks: readonly Check[], requestMs: number): Promise<Check[]> {
  const put = checks.find(({ id }) => id === 'lake-put');
  if (put === undefined || put.outcome === 'skipped') return [];
  const left = await removeProbes(lake, AbortSignal.timeout(requestMs));
  return left === null ? [] : [{ id: 'lake-clean-up', title: 'take away what was tried', ...left }];
}
