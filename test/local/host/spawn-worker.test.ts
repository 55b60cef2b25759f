import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SpawnedWorker } from '../../../local/host/spawn-worker';
import { buildApp, type BuiltApp } from '../../build/bundle';

/** Hangs in its start hook, for ever, once it has said so. */
const HANGING = `
const core = require('@azure/functions-core');
core.registerHook('appStart', () => new Promise(() => { console.log('hanging'); setInterval(() => {}, 1000); }));
`;

let built: BuiltApp;
let app: string;

beforeAll(async () => {
  built = await buildApp();
  app = await mkdtemp(join(tmpdir(), 'spawned-app-'));
  await writeFile(join(app, 'package.json'), '{"main":"app/*.js"}');
});
afterAll(async () => {
  await rm(app, { recursive: true });
  await built[Symbol.asyncDispose]();
});

const spawn = (onOutput: (line: string) => void = () => undefined): SpawnedWorker =>
  new SpawnedWorker({ script: built.workerScript, app, env: {}, onOutput });

test('an entry point that matches no file is a start-up error', async () => {
  await using worker = spawn();
  await expect(worker.load()).rejects.toThrow('Worker was unable to load entry point "app/*.js": no file matches it.');
});

test('a killed worker rejects what it was doing and whatever comes after', async () => {
  await writeFile(join(app, 'package.json'), '{"main":"*.js"}');
  await writeFile(join(app, 'hanging.js'), HANGING);
  const hanging = Promise.withResolvers<string>();
  await using worker = spawn((line) => hanging.resolve(line));
  expect((await worker.load()).hooks).toEqual(['appStart']);
  const starting = expect(worker.start()).rejects.toThrow('The worker died.');
  expect(await hanging.promise).toBe('hanging');
  await worker.kill();
  await starting;
  await expect(worker.terminate()).rejects.toThrow('The worker died.');
  await worker.kill();
});
