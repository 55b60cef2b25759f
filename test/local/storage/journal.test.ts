import { copyFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../../local/events/random';
import { startBlobServer } from '../../../local/storage/azurite';
import { makeDurable, type Durable } from '../../../local/storage/durable';
import { Journal } from '../../../local/storage/journal';
import { newRecord } from '../../../local/storage/properties';
import { LakeRecords } from '../../../local/storage/records';
import { put, read, startAccount, names } from './support';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'journal-'));
});
afterEach(() => rm(folder, { recursive: true }));

const journalsIn = async (directory: string) =>
  (await readdir(directory)).filter((name) => name.includes('.journal.')).sort();

describe('the file', () => {
  const written = (lines: readonly string[]): string => {
    const journal = new Journal(join(folder, 'x'), () => undefined);
    for (const line of lines) journal.append(line);
    journal.close();
    return join(folder, 'x.1');
  };
  const found = (log: (line: string) => void = () => undefined) => new Journal(join(folder, 'x'), log).read();

  it('gives back all lines of all its files in order', () => {
    const journal = new Journal(join(folder, 'x'), () => undefined);
    const lines = Array.from({ length: 12 }, (_, index) => `line ${index} ü`);
    for (const line of lines) {
      journal.append(line);
      journal.next();
    }
    expect(found()).toEqual(lines);
    journal.forgetBefore(11);
    expect(found()).toEqual(lines.slice(10));
  });

  it('leaves out a last line that was cut off at any byte, and says so', async () => {
    const path = written(['first', 'the second']);
    const bytes = await readFile(path);
    const firstEnds = bytes.indexOf('\n') + 1;
    for (let length = 0; length <= bytes.length; length += 1) {
      await writeFile(path, bytes.subarray(0, length));
      const said: string[] = [];
      const kept = length === bytes.length ? ['first', 'the second'] : length >= firstEnds ? ['first'] : [];
      expect(found((line) => said.push(line))).toEqual(kept);
      expect(said).toHaveLength([0, firstEnds, bytes.length].includes(length) ? 0 : 1);
    }
  });

  it('refuses a line that is damaged, and one cut off before others', async () => {
    const path = written(['first', 'the second']);
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('first', 'fIrst'));
    expect(found).toThrow(`${path} is damaged in line 1: start with an empty folder`);
    await writeFile(path, text.slice(0, -3));
    await writeFile(join(folder, 'x.2'), text);
    expect(found).toThrow(`${path} is damaged in line 2: start with an empty folder`);
  });
});

it('loses nothing when it is killed with a change half written', async () => {
  const killed = join(folder, 'killed');
  {
    await using account = await startAccount({ folder: join(folder, 'running') });
    await put(account, 'a/whole.txt');
    await put(account, 'a/torn.txt');
    await cp(join(folder, 'running'), killed, { recursive: true });
  }
  const [journal = ''] = await journalsIn(killed);
  const bytes = await readFile(join(killed, journal));
  await writeFile(join(killed, journal), bytes.subarray(0, -1));
  for (const time of [1, 2]) {
    await using account = await startAccount({ folder: killed });
    expect(await names(account, { recursive: true })).toEqual(
      time === 1 ? ['a/', 'a/whole.txt'] : ['a/', 'a/more.txt', 'a/whole.txt'],
    );
    expect(await read(account, 'a/whole.txt')).toBe('a/whole.txt');
    await put(account, 'a/more.txt');
    // The torn line is gone: what is written from here on is read behind nothing.
    await cp(killed, join(folder, `killed-${time}`), { recursive: true });
  }
  await using account = await startAccount({ folder: join(folder, 'killed-1') });
  expect(await names(account, { recursive: true })).toEqual(['a/', 'a/more.txt', 'a/whole.txt']);
});

it('leaves no journal behind when it is closed', async () => {
  {
    await using account = await startAccount({ folder });
    await put(account, 'a.txt');
    expect(await journalsIn(folder)).toHaveLength(1);
  }
  expect(await journalsIn(folder)).toEqual([]);
});

async function startDurable(directory: string) {
  const made: Durable[] = [];
  const server = await startBlobServer(0, directory, (store, file) => {
    made.push(makeDurable(store, file, console.error));
  });
  return { ...server, flush: () => made[0]?.flush(), [Symbol.asyncDispose]: () => server.close() };
}

describe('a save of the whole database', () => {
  it.each([1, 2, 3, 4, 5])(
    'takes the place of the journal before it, which does no harm beside it (seed %d)',
    async (seed) => {
      const random = new Random(seed);
      const running = join(folder, 'running');
      const kept = join(folder, 'kept');
      await using server = await startDurable(running);
      const { flush } = server;
      const { metadataStore } = server;
      const records = new LakeRecords(metadataStore);
      const name = () => String(random.below(30));
      const other = (path: string): string => {
        const found = name();
        return found === path ? other(path) : found;
      };
      const change = (): void => {
        const place = { fileSystem: 'data', path: name() };
        const there = records.find(place);
        if (there === null) records.put(newRecord('file', place, {}, new Date()));
        else if (random.in(0.3)) records.remove(there);
        else if (random.in(0.5)) records.move(there, { fileSystem: 'data', path: other(place.path) });
        else records.update(Object.assign(there, { metadata: { n: String(random.next()) } }));
      };
      const state = (of: LakeRecords): unknown[] =>
        of
          .all()
          .map((record) => [record.name, record.metadata, record.properties.etag])
          .sort();
      await cp(running, kept, { recursive: true });
      for (let count = 0; count < 300; count += 1) {
        change();
        if (random.in(0.3)) flush();
        if (!random.in(0.03)) continue;
        // What a kill between the save and the forgetting would leave.
        for (const journal of await journalsIn(running)) await copyFile(join(running, journal), join(kept, journal));
        await new Promise<void>((resolve) => metadataStore.db.saveDatabase(() => resolve()));
        expect((await journalsIn(running)).length).toBeLessThanOrEqual(1);
      }
      flush();
      const expected = state(records);
      const killed = join(folder, 'killed');
      await cp(running, killed, { recursive: true });
      await cp(killed, kept, { recursive: true });
      for (const each of [killed, kept]) {
        await using again = await startDurable(each);
        const found = new LakeRecords(again.metadataStore);
        expect(state(found)).toEqual(expected);
        // LokiJS's indices are whole, too.
        for (const record of found.all()) expect(found.find({ fileSystem: 'data', path: record.name })).toBe(record);
      }
    },
  );
});
