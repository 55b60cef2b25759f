import { randomUUID } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startStorage } from '../local/storage/storage';
import { Secret } from '../src/lib/config/secret';
import { azureLake } from '../src/lib/lake/azure-lake';
import { azureMaintenanceLake } from '../src/lib/lake/azure-maintenance-lake';
import { openClients } from '../src/lib/lake/clients';
import { type Lake } from '../src/lib/ledger/port';
import { forEachOf } from '../src/lib/parallel';
import { proveLake } from '../src/lib/maintenance/completeness/prove';
import { optimise } from '../src/lib/maintenance/optimise/optimise';
import { type MaintenanceLake } from '../src/lib/maintenance/port';
import { LATER, namesLake } from './lake-names';

export interface LakeBench {
  readonly name: 'lake';
  /** Lakes of names alone. */
  readonly sizes: readonly NamesCost[];
  /** The same through the SDKs, from storage on this machine. */
  readonly stored: readonly StoredCost[];
  readonly goal: 'a million names planned or proved in at most 60 s of processor time each, with at most 100 MiB in use more than before';
  readonly meetsGoal: boolean;
}

export interface NamesCost {
  readonly files: number;
  /** Making up the names, once. */
  readonly namesMs: number;
  /** `optimize --dry-run`: what it would merge. */
  readonly dryRun: Cost & { readonly plans: number };
  /** `verify`. */
  readonly verify: Cost;
}

export interface StoredCost {
  readonly files: number;
  readonly dryRunMs: number;
  readonly verifyMs: number;
}

/** Of one run in this process. */
export interface Cost {
  readonly ms: number;
  /** Of the processor, which a busy machine does not stretch as it does the time on the wall. */
  readonly cpuMs: number;
  /** What it had in use at most, garbage left out, beyond what was before, MiB. */
  readonly heapMib: number;
  /** How far the process grew, garbage included, MiB. */
  readonly rssMib: number;
}

export interface LakeBenchOptions {
  /** As every benchmark takes it; this one is not of rounds. */
  readonly rounds?: number;
  /** Names in the largest lake, and files in the largest that is stored. */
  readonly most?: number;
  readonly mostStored?: number;
}

const SIZES = [1_000, 10_000, 100_000, 1_000_000];
const PUTS_AT_ONCE = 32;

/** How time and memory of planning and proving grow with a day's files, all of them closed and none merged. */
export async function benchLake({ most = 1_000_000, mostStored = 10_000 }: LakeBenchOptions = {}): Promise<LakeBench> {
  // What is compiled on the way is not a lake's cost.
  await costOf(1_000);
  const sizes: NamesCost[] = [];
  for (const size of SIZES.filter((each) => each <= most)) sizes.push(await costOf(size));
  const stored: StoredCost[] = [];
  for (const size of SIZES.filter((each) => each <= mostStored)) stored.push(await storedCostOf(size));
  const meetsGoal = sizes.every(({ dryRun, verify }) =>
    [dryRun, verify].every(({ cpuMs, heapMib }) => cpuMs <= 60_000 && heapMib <= 100),
  );
  const goal =
    'a million names planned or proved in at most 60 s of processor time each, with at most 100 MiB in use more than before';
  return { name: 'lake', sizes, stored, goal, meetsGoal };
}

async function costOf(runs: number): Promise<NamesCost> {
  const of = namesLake(runs);
  const { lake, files } = of;
  const beganAt = performance.now();
  let listed = 0;
  for await (const name of of.names()) listed += name === null ? 0 : 1;
  const namesMs = Math.round(performance.now() - beganAt);
  let plans = 0;
  const dryRun = await measured(async (told) => (plans = await dryRunOf(lake, files, told)));
  const verify = await measured((told) => verifyOf(lake, told));
  return { files: listed, namesMs, dryRun: { ...dryRun, plans }, verify };
}

async function storedCostOf(runs: number): Promise<StoredCost> {
  await using storage = await startStorage({ port: 0, queuePort: null, tablePort: null });
  const access = { kind: 'connectionString', connectionString: new Secret(storage.connectionString) } as const;
  const clients = await openClients(access, 'data', () => Promise.reject(new Error('no identity is needed here')));
  await clients.files.create();
  const { signal } = new AbortController();
  const [lake, files] = [azureLake(clients, 60_000, signal), azureMaintenanceLake(clients, 60_000, signal)];
  const names = namesLake(runs);
  for await (const { path } of names.lake.list('_system/ledger')) {
    await lake.stage(path, (await names.lake.read(path))?.bytes ?? Buffer.alloc(0));
  }
  const paths: string[] = [];
  for (const shelf of ['bronze', 'quarantine']) {
    for await (const { path } of names.lake.list(`${shelf}/postgresql`)) paths.push(path);
  }
  await forEachOf(paths, PUTS_AT_ONCE, async (path) => {
    await lake.stage(path, (await names.lake.readHead(path, 4096)) ?? Buffer.alloc(0));
  });
  const times: number[] = [];
  for (const act of [() => dryRunOf(lake, files), () => verifyOf(lake)]) {
    const beganAt = performance.now();
    await act();
    times.push(Math.round(performance.now() - beganAt));
  }
  return { files: paths.length, dryRunMs: times[0] ?? NaN, verifyMs: times[1] ?? NaN };
}

type Told = () => void;

async function dryRunOf(lake: Lake, files: MaintenanceLake, tell: Told = () => undefined): Promise<number> {
  const room = { lake, files, clock: { now: () => LATER }, newId: randomUUID, sleep: () => Promise.resolve(), tell };
  const { totals, left } = await optimise('postgresql', room, { dryRun: true });
  const odd = left.find(({ reason }) => reason !== 'good');
  if (odd !== undefined || totals.plans === 0) throw new Error(`the day was not planned: ${JSON.stringify(odd)}`);
  return totals.plans;
}

async function verifyOf(lake: Lake, onProgress: Told = () => undefined): Promise<void> {
  const { partitions } = await proveLake(lake, { sleep: () => Promise.resolve(), onProgress });
  if (partitions.some(({ verdict }) => verdict !== 'whole')) throw new Error('the lake was not proved whole');
}

const collectGarbage = (() => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
})();

/** Between two looks at the memory, which take their time, too: garbage is collected first. */
const LOOK_MS = 300;

async function measured(act: (told: Told) => Promise<unknown>): Promise<Cost> {
  collectGarbage();
  const before = process.memoryUsage();
  const most = { heapUsed: before.heapUsed, rss: before.rss };
  const look = (): void => {
    most.rss = Math.max(most.rss, process.memoryUsage().rss);
    collectGarbage();
    most.heapUsed = Math.max(most.heapUsed, process.memoryUsage().heapUsed);
  };
  const beganAt = performance.now();
  const cpu = process.cpuUsage();
  let lookedAt = beganAt;
  await act(() => {
    if (performance.now() - lookedAt < LOOK_MS) return;
    look();
    lookedAt = performance.now();
  });
  const ms = Math.round(performance.now() - beganAt);
  const { user, system } = process.cpuUsage(cpu);
  look();
  const mib = (key: 'heapUsed' | 'rss'): number => Math.round((most[key] - before[key]) / (1 << 20));
  return { ms, cpuMs: Math.round((user + system) / 1000), heapMib: mib('heapUsed'), rssMib: mib('rss') };
}
