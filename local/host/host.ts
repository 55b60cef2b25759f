import { randomUUID } from 'node:crypto';
import { type BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { setTimeout as sleep } from 'node:timers/promises';
import { openHostStorage, openHub } from './connections';
import { EventHubListener } from './event-hub-listener';
import { hostIdOf } from './host-id';
import { type OnEvent } from './host-event';
import { readHostConfig, type HostConfig } from './host-json';
import { HttpListener } from './http-listener';
import { CHECKPOINT_CONTAINER } from './partition-store';
import { planOf, type FunctionPlan, type PlanOf } from './plan';
import { type FunctionMetadata } from './rpc';
import { Runner } from './runner';
import { TimerListener } from './timer-listener';
import { HOSTS_CONTAINER, TimerStore } from './timer-store';
import { WorkerKeeper } from './worker-keeper';

export { type HostEvent } from './host-event';

export interface HostOptions {
  /** The built worker-process.js. */
  readonly workerScript: string;
  /** The built app: package.json, host.json and what `main` names. */
  readonly app: string;
  /** Every setting: what the app's `%SETTING%` and the connections are looked up in. */
  readonly env: NodeJS.ProcessEnv;
  /** Of HTTP functions and of `/admin`: 7071 when left out, 0 for any free one, null for none. */
  readonly httpPort?: number | null;
  /** Of functions whose `authLevel` asks for one. None is asked for when left out, as with `func start`. */
  readonly functionKey?: string | null;
  readonly onEvent: OnEvent;
}

/** One instance of the Functions host in this process; its app is in a worker's process. */
export interface Host {
  readonly instanceId: string;
  readonly functions: readonly FunctionMetadata[];
  /** Null when there is none. */
  readonly httpPort: number | null;
  /**
   * Takes a partition at once, from whoever has it, as an instance that thinks itself entitled.
   *
   * @throws Error when no function reads that hub
   */
  steal(hub: string, partition: string): Promise<void>;
  /** Those that this instance reads now. */
  partitions(): readonly { readonly hub: string; readonly partition: string }[];
  /**
   * In order: waits for the invocations that run now, so long at most, while others may begin; receives no more; runs the app's
   * terminate hooks; ends the worker, and with it what still runs, which gets no checkpoint; gives ownership up.
   *
   * @param graceMs 10 s when left out
   */
  stop(graceMs?: number): Promise<void>;
}

const DEFAULT_GRACE_MS = 10_000;

/** What the real host gives an app's terminate hooks. */
const HOOKS_MS = 5_000;

/**
 * Loads an app from its directory into a worker, runs its start hooks and starts to listen for its functions.
 *
 * Where a start hook throws, the instance stays up with no functions and logs the reason at level `debug` alone, as the real
 * host does: what the app printed is all that anyone sees of it.
 *
 * @throws Error that says what is wrong: host.json, a setting that is not given, a file that fails to load, a port in use
 */
export async function startHost(options: HostOptions): Promise<Host> {
  const { workerScript, app, env, httpPort = 7071, functionKey = null, onEvent } = options;
  const config = readHostConfig(app, env);
  const worker = await WorkerKeeper.start({ script: workerScript, app, env, onEvent });
  const plans = worker.functions.map((metadata) => planOf(metadata, env, Date.now()));
  const instanceId = randomUUID();
  const runner = new Runner(worker, config.functionTimeoutMs, onEvent);
  const needsStorage = plans.some(({ kind }) => kind !== 'http');
  const storage = needsStorage ? openHostStorage(env) : null;
  const open = { config, env, storage, instanceId, hostId: hostIdOf(app, env), runner, onEvent };
  const hubs = plans.filter(is('eventHub')).map((plan) => hubListener(plan, open));
  const timers = new Map(plans.filter(is('timer')).map((plan) => [plan.name, timerListener(plan, open)]));
  for (const name of [CHECKPOINT_CONTAINER, HOSTS_CONTAINER])
    await storage?.getContainerClient(name).createIfNotExists();

  const http =
    httpPort === null
      ? null
      : await HttpListener.listen({
          port: httpPort,
          ...{ prefix: config.routePrefix, functionKey },
          functions: plans.filter(is('http')).map((plan) => ({ ...plan, call: runner.http(plan) })),
          runNow: (name) => timers.get(name)?.runNow() ?? null,
        });
  for (const listener of [...hubs, ...timers.values()]) listener.start();
  return {
    instanceId,
    functions: worker.functions,
    httpPort: http?.port ?? null,
    async steal(hub, partition) {
      const found = hubs.find((listener) => listener.hub.toLowerCase() === hub.toLowerCase());
      if (found === undefined) throw new Error(`No function of this app reads ${hub}.`);
      await found.steal(partition);
    },
    partitions: () => hubs.flatMap(({ hub, partitions }) => partitions.map((partition) => ({ hub, partition }))),
    async stop(graceMs = DEFAULT_GRACE_MS) {
      await within(graceMs, worker.drained());
      runner.end();
      for (const listener of [...hubs, ...timers.values()]) listener.end();
      await http?.close();
      await worker.stop(HOOKS_MS);
      await Promise.all([...hubs, ...timers.values()].map((listener) => listener.close()));
    },
  };
}

/** What a listener is opened with. */
interface Opening {
  readonly config: HostConfig;
  readonly env: NodeJS.ProcessEnv;
  readonly storage: BlobServiceClient | null;
  readonly instanceId: string;
  readonly hostId: string;
  readonly runner: Runner;
  readonly onEvent: OnEvent;
}

const is =
  <K extends FunctionPlan['kind']>(kind: K) =>
  (plan: FunctionPlan): plan is PlanOf<K> =>
    plan.kind === kind;

function hubListener(plan: PlanOf<'eventHub'>, opening: Opening): EventHubListener {
  const { env, config, instanceId, runner, onEvent } = opening;
  const client = openHub(env, plan.connection, plan.hub, plan.consumerGroup);
  return new EventHubListener({
    ...{ client, instanceId, onEvent, group: plan.consumerGroup },
    container: containerOf(opening, CHECKPOINT_CONTAINER),
    config: config.eventHubs,
    execute: runner.batches(plan, client),
  });
}

function timerListener(plan: PlanOf<'timer'>, opening: Opening): TimerListener {
  const { config, hostId, runner, onEvent } = opening;
  const { periodMs, pollMs } = config.listenerLock;
  const store = new TimerStore(containerOf(opening, HOSTS_CONTAINER), hostId, plan.name, periodMs);
  return new TimerListener({
    ...plan,
    ...{ store, onEvent, lockMs: periodMs, lockPollMs: pollMs, run: runner.timer(plan) },
  });
}

function containerOf({ storage }: Opening, name: string): ContainerClient {
  if (storage === null) throw new Error('A function that needs storage was planned without.');
  return storage.getContainerClient(name);
}

/** Waits for it, so long at most. */
async function within(ms: number, doing: Promise<void>): Promise<void> {
  const patience = new AbortController();
  const tooLong = sleep(ms, undefined, { signal: patience.signal }).catch(() => undefined);
  await Promise.race([doing, tooLong]);
  patience.abort();
}
