import { randomUUID } from 'node:crypto';
import { triggerMetadataFor } from '../../local/host/trigger-metadata';
import { ByteBudget } from '../../src/lib/budget';
import { systemClock } from '../../src/lib/clock';
import { Secret } from '../../src/lib/config/secret';
import { type HubEvent, type HubPartition, type Source } from '../../src/lib/decode/event';
import { ingest, type IngestRoom } from '../../src/lib/ingest';
import { azureLake } from '../../src/lib/lake/azure-lake';
import { openClients } from '../../src/lib/lake/clients';
import { LedgerCache } from '../../src/lib/ledger/cache';
import { type Lake } from '../../src/lib/ledger/port';
import { type BatchReport } from '../../src/lib/report';

/** The partition that tests deliver, unless they say otherwise. */
export const PARTITION: HubPartition = { namespace: 'example.servicebus.windows.net', hub: 'changes', partition: '3' };

/** One process of the app, as far as ingestion goes: its own cached ledgers, real SDKs, a real wire. */
export interface Instance {
  readonly room: IngestRoom;
  readonly lake: Lake;
  /** Hands a batch over as the host does. */
  deliver(events: readonly HubEvent[], options?: { source?: Source; partition?: HubPartition }): Promise<BatchReport>;
}

export async function openInstance(connectionString: string, changes: Partial<IngestRoom> = {}): Promise<Instance> {
  const access = { kind: 'connectionString', connectionString: new Secret(connectionString) } as const;
  const clients = await openClients(access, 'data', () => Promise.reject(new Error('no identity is needed here')));
  const requestMs = 10_000;
  const room: IngestRoom = {
    lakeWithin: (signal) => azureLake(clients, requestMs, signal),
    hubFacts: { createdAt: () => Promise.reject(new Error('nobody should ask when the hub was made')) },
    ledgers: new LedgerCache(),
    budget: new ByteBudget(64 << 20),
    clock: systemClock,
    newId: randomUUID,
    maxFileBytes: 16 << 20,
    retentionDays: 1,
    attemptMs: 30_000,
    ...changes,
  };
  return {
    room,
    lake: azureLake(clients, requestMs, new AbortController().signal),
    async deliver(events, { source = 'postgresql', partition = PARTITION } = {}) {
      const metadata = triggerMetadataFor({ ...partition, consumerGroup: 'lake' }, events);
      const bodies = events.map((event) => event.body);
      const report = await ingest(source, bodies, metadata, room);
      if (report === null) throw new Error('an empty batch was delivered');
      return report;
    },
  };
}

/** Noon of today, UTC: whole batches fall on one day, inside any retention. */
export const NOON = Math.floor(Date.now() / 86_400_000) * 86_400_000 + 43_200_000;

/** Events `first` … `last`, a second apart from `begin` on; each body tells its number. */
export function events(first: number, last: number, changes: Partial<HubEvent> = {}, begin = NOON): HubEvent[] {
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const sequence = first + i;
    return {
      sequence: BigInt(sequence),
      offset: String(sequence * 128),
      enqueuedAt: begin + sequence * 1_000,
      partitionKey: null,
      properties: {},
      body: Buffer.from(JSON.stringify({ number: sequence })),
      ...changes,
    };
  });
}
