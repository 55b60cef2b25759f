import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';
import { hold, late } from '../../../local/storage/faults';
import { type PartitionProof } from '../../../src/lib/maintenance/completeness/judge';
import { proveLake } from '../../../src/lib/maintenance/completeness/prove';
import { DAY_MS } from '../../../src/lib/time';
import { Chance } from '../../simulation/random';
import { NOON } from '../../support/instance';
import { LakeReader } from '../../support/reader';
import { startLake, type TestLake } from '../../support/storage';
import { fillWithFiles, type ManyFiles } from './many-files';
import { openOptimiseRoom } from './rig';

/** Thousands of small files, an optimiser that is killed again and again, and one that is not. */

const PARTITIONS = 2;
const RUNS = 1_000;
const KILLS = 10;
/** As many requests as a process may get through before it is killed: about what three plans take. */
const MAX_REQUESTS = 1_200;

let lake: TestLake;
let reader: LakeReader;
let folder: string;
let filled: ManyFiles;

beforeAll(async () => {
  lake = await startLake();
  reader = new LakeReader(lake.directConnectionString);
  folder = await mkdtemp(path.join(tmpdir(), 'killed-'));
  await build({
    entryPoints: [path.join(__dirname, 'killed-child.ts')],
    outfile: path.join(folder, 'child.js'),
    ...{ bundle: true, platform: 'node', target: 'node22', packages: 'external', logLevel: 'silent' },
  });
  const room = await openOptimiseRoom(lake.directConnectionString);
  filled = await fillWithFiles(room.lake, NOON - 3 * DAY_MS, PARTITIONS, RUNS);
}, 300_000);

afterAll(async () => {
  await lake.dispose();
  await rm(folder, { recursive: true });
});

function startChild(): ChildProcess {
  return spawn(process.execPath, [path.join(folder, 'child.js'), lake.connectionString], {
    env: { PATH: process.env['PATH'], NODE_PATH: path.resolve('node_modules') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function prove(): Promise<readonly PartitionProof[]> {
  const room = await openOptimiseRoom(lake.directConnectionString);
  return (await proveLake(room.lake, { sleep: () => Promise.resolve() })).partitions;
}

const WHOLE = Array.from({ length: PARTITIONS }, () => ({
  verdict: 'whole',
  events: RUNS * 2,
  missing: [],
  doubled: [],
}));

test('killed at ten requests by chance and run once more, it leaves a handful of files, and nothing was missing at any time', async () => {
  expect(filled.files).toBeGreaterThan(PARTITIONS * RUNS);
  expect(await prove()).toMatchObject(WHOLE);

  const chance = new Chance(7);
  const sightings: { readonly files: number; readonly plans: number }[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    // The last request is never applied, or it is when its sender is dead.
    const action = kill % 2 === 0 ? hold() : late();
    const fault = lake.proxy.add({ operation: 'any', skip: chance.between(20, MAX_REQUESTS), action });
    const child = startChild();
    const exit = once(child, 'exit');
    await Promise.race([fault.reached, exit]);
    // Had it come to its end before, there would have been nothing to kill.
    expect(child.exitCode).toBeNull();
    child.kill('SIGKILL');
    await exit;
    fault.release();
    lake.proxy.clear();

    const proofs = await prove();
    const plans = await reader.paths('_system/optimise');
    for (const proof of proofs) {
      expect(proof).toMatchObject({ missing: [], uncovered: [], gaps: [] });
      const isPlanned = plans.some((plan) => plan.endsWith(`/${proof.partition}.json`));
      // Twice, and with one of a run's two files deleted, only while there is a plan to end that.
      if (!isPlanned) expect(proof).toMatchObject({ doubled: [], torn: [], verdict: 'whole' });
    }
    sightings.push({ files: (await reader.visible()).length, plans: plans.length });
  }
  // It did get on in between, and was struck in the midst of plans, too.
  expect(sightings.at(-1)?.files).toBeLessThan(filled.files - 500);
  expect(sightings.some(({ plans }) => plans > 0)).toBe(true);

  const last = startChild();
  const exit = once(last, 'exit');
  const out = await text(last.stdout as NodeJS.ReadableStream);
  expect(await exit).toEqual([0, null]);
  expect(JSON.parse(out)).toMatchObject({
    left: [
      { reason: 'good', files: 2 },
      { reason: 'good', files: 2 },
    ],
  });
  expect(await prove()).toMatchObject(WHOLE);
  const found = await reader.lines();
  expect(new Set(found.map(({ path: file }) => file)).size).toBe(2 * PARTITIONS);
  expect(found.map(({ raw }) => raw).sort()).toEqual(filled.lines);
  expect(await reader.paths('_system/optimise')).toEqual([]);
}, 300_000);
