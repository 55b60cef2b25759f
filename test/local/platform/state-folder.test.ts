import { mkdtemp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KEPT_FOLDER, stateFolder } from '../../../local/demo/folder';
import { platformCommand, type PlatformOptions } from '../../../local/platform/command';
import { openPlatform } from '../../../local/platform/run';
import { DEFAULT_FOLDER, FORMAT_FILE, openStateFolder, STATE_FORMAT } from '../../../local/platform/state-folder';

const here = process.cwd();
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'state-'));
});
afterEach(async () => {
  process.chdir(here);
  await rm(folder, { recursive: true });
});

const refused = (place: string, format: string, command: string): string =>
  `${place} holds state of another version (format ${format}, expected ${STATE_FORMAT}), which is not read. Begin without it: ` +
  `${command}, which deletes that state.`;

it('makes a folder that is not there or empty, and opens it again', async () => {
  const state = path.join(folder, 'a', 'state');
  await openStateFolder(state);
  await mkdir(path.join(state, 'storage'));
  await openStateFolder(state);
  expect((await readdir(state)).sort()).toEqual([FORMAT_FILE, 'storage'].sort());
  await openStateFolder(folder + '/b');
  expect(await readFile(path.join(folder, 'b', FORMAT_FILE), 'utf8')).toBe(`${STATE_FORMAT}\n`);
});

it.each([
  ['none', null],
  ['0', '0\n'],
  [String(STATE_FORMAT + 1), `${STATE_FORMAT + 1}\n`],
])('refuses state of format %s, leaves it as it was, and deletes it when asked to', async (format, text) => {
  process.chdir(folder);
  const file = path.join(DEFAULT_FOLDER, 'storage', 'blob.json');
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, '{}');
  if (text !== null) await writeFile(path.join(DEFAULT_FOLDER, FORMAT_FILE), text);
  await expect(openStateFolder(DEFAULT_FOLDER)).rejects.toThrow(
    refused(DEFAULT_FOLDER, format, 'npm start -- --fresh'),
  );
  expect(await readFile(file, 'utf8')).toBe('{}');
  await openStateFolder(DEFAULT_FOLDER, true);
  expect(await readdir(DEFAULT_FOLDER)).toEqual([FORMAT_FILE]);
});

it('is refused before anything starts, with the command for another folder than the default', async () => {
  await mkdir(path.join(folder, 'postgres'));
  const options = platformCommand('test', 'test')
    .parse(['--free-ports', '--folder', folder], { from: 'user' })
    .opts<PlatformOptions>();
  await expect(
    openPlatform(options, { hubs: ['a', 'b'], consumerGroup: 'lake', repairGroup: 'lake-repair' }),
  ).rejects.toThrow(refused(folder, 'none', `npm start -- --fresh --folder ${folder}`));
  expect(await readdir(folder)).toEqual(['postgres']);
});

it('neither opens nor empties a folder of other things', async () => {
  for (const name of ['storage', 'photos']) await mkdir(path.join(folder, name));
  for (const fresh of [false, true]) {
    await expect(openStateFolder(folder, fresh)).rejects.toThrow(
      `${folder} holds more than the platform's state ("photos"): name another folder with --folder`,
    );
  }
  expect((await readdir(folder)).sort()).toEqual(['photos', 'storage']);
});

it("is what the demo's kept folder holds, so that the platform opens it", async () => {
  process.chdir(folder);
  await mkdir(path.join(KEPT_FOLDER, 'storage'), { recursive: true });
  await (await stateFolder(true))[Symbol.asyncDispose]();
  expect(await readdir(KEPT_FOLDER)).toEqual([FORMAT_FILE]);
  await openStateFolder(KEPT_FOLDER);
});
