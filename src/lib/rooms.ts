import { randomUUID } from 'node:crypto';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { ByteBudget } from './budget';
import { systemClock } from './clock';
import { type Config } from './config/config';
import { hubFacts } from './hub/facts';
import { hubNamespace } from './hub/presence';
import { hubReader } from './hub/reread';
import { type IngestRoom } from './ingest';
import { azureLake } from './lake/azure-lake';
import { type LakeClients } from './lake/clients';
import { LedgerCache } from './ledger/cache';
import { namespaceInLake } from './maintenance/checkpoints/scope';
import { type RepairRoom, type RepairScope } from './maintenance/repair/room';

// What each undertaking works with, made of the settings: the app and the operator's tool take the same.

export const sleep = (ms: number): Promise<void> => sleepFor(ms);

/** Landing batches: ledgers and memory budget of its own. */
export function ingestRoom(config: Config, clients: LakeClients): IngestRoom {
  return {
    lakeWithin: (signal) => azureLake(clients, config.requestMs, signal),
    hubFacts: hubFacts(config.eventHubs, config.requestMs),
    ledgers: new LedgerCache(),
    budget: new ByteBudget(config.memoryBudgetBytes),
    clock: systemClock,
    newId: randomUUID,
    maxFileBytes: config.lake.maxFileBytes,
    retentionDays: config.retentionDays,
    namespaceName: config.namespaceName,
    attemptMs: config.attemptMs,
  };
}

/** Reading gaps again from the hub. */
export function repairRoom(config: Config, clients: LakeClients, signal: AbortSignal): RepairRoom {
  const { eventHubs, requestMs, maintenance } = config;
  return {
    lake: azureLake(clients, requestMs, signal),
    landing: ingestRoom(config, clients),
    reader: hubReader(eventHubs, maintenance.repairGroup, requestMs),
    namespace: hubNamespace(eventHubs, requestMs),
    sleep,
  };
}

/** Which hubs are read again, and how. */
export function repairScope(config: Config): RepairScope {
  return {
    namespace: namespaceInLake(config),
    hubs: config.hubs,
    group: config.maintenance.repairGroup,
  };
}
