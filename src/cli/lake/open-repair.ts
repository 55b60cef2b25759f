import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ByteBudget } from '../../lib/budget';
import { systemClock } from '../../lib/clock';
import { type Config } from '../../lib/config/config';
import { hubFacts } from '../../lib/hub/facts';
import { hubNamespace } from '../../lib/hub/presence';
import { hubReader } from '../../lib/hub/reread';
import { azureLake } from '../../lib/lake/azure-lake';
import { LedgerCache } from '../../lib/ledger/cache';
import { ownScope } from '../../lib/maintenance/checkpoints/scope';
import { type RepairRoom, type RepairScope } from '../../lib/maintenance/repair/room';
import { type Opened } from './room';

/** What repairing takes, by the settings. */
export function repairRoom({ config, clients, lake }: Opened): RepairRoom {
  const { eventHubs, requestMs, maintenance } = config;
  return {
    lake,
    landing: {
      lakeWithin: (signal) => azureLake(clients, requestMs, signal),
      hubFacts: hubFacts(eventHubs, requestMs),
      ledgers: new LedgerCache(),
      budget: new ByteBudget(config.memoryBudgetBytes),
      clock: systemClock,
      newId: randomUUID,
      maxFileBytes: config.lake.maxFileBytes,
      retentionDays: config.retentionDays,
      attemptMs: config.attemptMs,
    },
    reader: hubReader(eventHubs, maintenance.repairGroup, requestMs),
    namespace: hubNamespace(eventHubs, requestMs),
    sleep: (ms) => sleep(ms),
  };
}

export function repairScope(config: Config): RepairScope {
  const { namespace } = ownScope(config);
  return { namespace: namespace.toLowerCase(), hubs: config.hubs, group: config.maintenance.repairGroup };
}
