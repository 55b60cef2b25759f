import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../clock';
import { type Config } from '../../config/config';
import { credentialFor } from '../../credential';
import { hubNamespace } from '../../hub/presence';
import { azureCheckpoints } from '../../lake/azure-checkpoints';
import { serviceTime } from '../../lake/azure-clock';
import { azureLake } from '../../lake/azure-lake';
import { azureLedgerMover } from '../../lake/azure-ledger-mover';
import { azureLock } from '../../lake/azure-lock';
import { azureMaintenanceLake } from '../../lake/azure-maintenance-lake';
import { type LakeClients } from '../../lake/clients';
import { openHostCheckpoints } from '../../lake/host-storage';
import { DAY_MS } from '../../time';
import { ownScope } from '../checkpoints/scope';
import { type MaintenanceLock } from '../lock';
import { type WeeklyOptions, type WeeklyRoom, type WeeklyTools } from './room';

/** The lock of the lake, asked for by this process. */
export function openLock({ requestMs }: Config, clients: LakeClients): MaintenanceLock {
  const holder = { host: hostname(), processId: process.pid };
  return azureLock(clients, { requestMs, holder, now: () => systemClock.now() });
}

/** What maintenance works with, over the Azure SDKs; requests end when `signal` is aborted. */
export function toolsWithin({ requestMs }: Config, clients: LakeClients, signal: AbortSignal): WeeklyTools {
  return {
    lake: azureLake(clients, requestMs, signal),
    files: azureMaintenanceLake(clients, requestMs, signal),
    mover: azureLedgerMover(clients, requestMs, signal),
    serviceNow: () => serviceTime(clients, requestMs, signal),
    openCheckpoints: async () =>
      azureCheckpoints(await openHostCheckpoints(process.env, credentialFor), { requestMs, signal }),
  };
}

/** The room of the weekly run, by the settings. */
export function openWeekly(config: Config, clients: LakeClients, tell: WeeklyRoom['tell']): WeeklyRoom {
  return {
    lock: openLock(config, clients),
    toolsWithin: (signal) => toolsWithin(config, clients, signal),
    namespace: hubNamespace(config.eventHubs, config.requestMs),
    scope: ownScope(config),
    clock: systemClock,
    newId: randomUUID,
    sleep: (ms) => sleep(ms),
    tell,
  };
}

/** As the settings have it. */
export function weeklyOptions({ maintenance, retentionDays }: Config): WeeklyOptions {
  const { runMs, targetBytes, closedAfterMs } = maintenance;
  return {
    ...{ dryRun: false, budgetMs: runMs, targetBytes, closedAfterMs },
    ...{ retentionMs: retentionDays * DAY_MS, confirmAfterMs: 2_000 },
  };
}
