import { cp, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SpawnedWorker } from '../host/spawn-worker';

/**
 * Settings with which the app starts: no connection is opened by them. Each setting that turns a function on is given, so that
 * all of them register.
 */
const ENOUGH = {
  EVENTHUB_CONNECTION_STRING__fullyQualifiedNamespace: 'example.servicebus.windows.net',
  STORAGE_CONNECTION_STRING__accountName: 'example',
  CAPTURE_POSTGRES: '[{"name":"shop","connection":"SHOP_DATABASE"}]',
  SHOP_DATABASE: 'postgresql://user@localhost/shop',
  CAPTURE_MONGODB: '[{"name":"carts","connection":"CARTS_DATABASE"}]',
  CARTS_DATABASE: 'mongodb://localhost/?replicaSet=rs0',
};

/**
 * Loads and starts the app from a copy of `staged` in an empty folder with no node_modules above it, as the worker does.
 *
 * @param workerScript the built worker-process.js
 * @returns the names of the functions that registered
 */
export async function registeredBy(staged: string, workerScript: string): Promise<string[]> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'published-app-')));
  try {
    await cp(staged, folder, { recursive: true });
    // Its own environment and nothing else: what this machine has set must not help it.
    const env = { PATH: process.env['PATH'], ...ENOUGH };
    await using worker = new SpawnedWorker({ script: workerScript, app: folder, env });
    const { functions } = await worker.load();
    await worker.start();
    await worker.terminate();
    return functions.map(({ name }) => name);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
