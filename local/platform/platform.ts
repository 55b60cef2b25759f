import { join } from 'node:path';
import { DataLakeServiceClient } from '@azure/storage-file-datalake';
import { startEventHubs, type LocalEventHubs } from '../event-hubs/event-hubs';
import { openAll } from '../storage/closing';
import { delay, startFaultProxy, type FaultProxy } from '../storage/faults';
import { startStorage, type LocalStorage } from '../storage/storage';

/** How the platform is to be. Ports: 0 is any free one. */
export interface PlatformSettings {
  readonly blobPort: number;
  readonly queuePort: number;
  readonly tablePort: number;
  readonly amqpPort: number;
  readonly healthPort: number;
  /** Where state is kept between runs; null for memory alone. */
  readonly folder: string | null;
  readonly fileSystem: string;
  /** The two hubs, by the names in the app's settings. */
  readonly hubs: readonly string[];
  readonly partitions: number;
  readonly consumerGroup: string;
  /** Another one, through which gaps are read again; as the settings' default where it is left out. */
  readonly repairGroup?: string;
  /** Each storage request of the app is answered so much later. */
  readonly latencyMs: number;
  /** What else must be up before the health answer is 200. */
  readonly isReady?: () => boolean;
  readonly log: (line: string) => void;
}

/** Storage and Event Hubs on this machine. */
export interface Platform extends AsyncDisposable {
  readonly storage: LocalStorage;
  /** Stands between the app and its lake: faults are added here. */
  readonly proxy: FaultProxy;
  readonly eventHubs: LocalEventHubs;
  readonly connectionStrings: PlatformConnectionStrings;
}

/** The form in which `--json` prints them. */
export interface PlatformConnectionStrings {
  readonly eventHubs: string;
  readonly storage: string;
}

const HOUR_MS = 3_600_000;

/** A stand-in that keeps its events on disk keeps them as long as Standard does; one in memory as long as the emulator. */
const RETENTION_MS = { folder: 7 * 24 * HOUR_MS, memory: HOUR_MS };

/**
 * Starts the platform, with the hubs and the lake's file system made where they are not there yet.
 *
 * @throws Error that names the port when one is in use
 */
export async function startPlatform(settings: PlatformSettings): Promise<Platform> {
  const { folder, latencyMs, log } = settings;
  const { value, close } = await openAll(async (keep) => {
    const storage = keep(
      await startStorage({
        port: settings.blobPort,
        queuePort: settings.queuePort,
        tablePort: settings.tablePort,
        folder: folder === null ? null : join(folder, 'storage'),
        log,
      }),
    );
    const lake = DataLakeServiceClient.fromConnectionString(storage.connectionString);
    await lake.getFileSystemClient(settings.fileSystem).createIfNotExists();
    const proxy = keep(await startFaultProxy({ host: '127.0.0.1', port: storage.port }));
    if (latencyMs > 0) proxy.add({ operation: 'any', times: Infinity, action: delay(latencyMs) });
    const eventHubs = keep(
      await startEventHubs({
        port: settings.amqpPort,
        healthPort: settings.healthPort,
        folder: folder === null ? null : join(folder, 'event-hubs'),
        hubs: settings.hubs.map((name) => ({
          name,
          partitionCount: settings.partitions,
          consumerGroups: [settings.consumerGroup, settings.repairGroup ?? 'lake-repair'],
          retentionMs: RETENTION_MS[folder === null ? 'memory' : 'folder'],
        })),
        ...(settings.isReady === undefined ? {} : { isReady: settings.isReady }),
        log,
      }),
    );
    return { storage, proxy, eventHubs };
  });
  const { storage, proxy, eventHubs } = value;
  return {
    ...value,
    connectionStrings: {
      eventHubs: eventHubs.connectionString,
      storage: latencyMs > 0 ? proxy.through(storage.connectionString) : storage.connectionString,
    },
    [Symbol.asyncDispose]: close,
  };
}
