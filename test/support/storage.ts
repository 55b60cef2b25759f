import { DataLakeServiceClient } from '@azure/storage-file-datalake';
import { openAll } from '../../local/storage/closing';
import { type FaultProxy, startFaultProxy } from '../../local/storage/faults';
import { type LocalStorage, startStorage } from '../../local/storage/storage';

/** A lake of its own for one test file: storage in memory, a fault proxy before it, and a file system. */
export interface TestLake extends AsyncDisposable {
  readonly storage: LocalStorage;
  readonly proxy: FaultProxy;
  /** Through the proxy: what the code under test is given. */
  readonly connectionString: string;
  /** Past the proxy: what the test itself looks with. */
  readonly directConnectionString: string;
  readonly fileSystemName: string;
  dispose(): Promise<void>;
}

/** Starts it all at free ports on 127.0.0.1; the queue and table services are left out. */
export async function startLake(): Promise<TestLake> {
  const fileSystemName = 'data';
  const { value, close } = await openAll(async (keep) => {
    const storage = keep(await startStorage({ port: 0, queuePort: null, tablePort: null }));
    const proxy = keep(await startFaultProxy({ host: '127.0.0.1', port: storage.port }));
    await DataLakeServiceClient.fromConnectionString(storage.connectionString)
      .getFileSystemClient(fileSystemName)
      .create();
    return { storage, proxy };
  });
  const { storage, proxy } = value;
  return {
    storage,
    proxy,
    connectionString: proxy.through(storage.connectionString),
    directConnectionString: storage.connectionString,
    fileSystemName,
    dispose: close,
    [Symbol.asyncDispose]: close,
  };
}
