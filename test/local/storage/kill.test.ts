import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Random } from '../../../local/events/random';
import { childIn, type Child } from './kill-support';
import { clientsOf } from './support';
import { Writer, type Clients, type Files } from './writer';
import { askTables, askQueues } from './rest';

/** `KILLS=100` shows more than a suite has time for. */
const KILLS = Number(process.env['KILLS'] ?? 4);
const WRITERS = 8;

let folder: string;
let start: () => Promise<Child>;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'kill-'));
  start = await childIn(folder);
});
afterEach(() => rm(path.join(folder, 'storage'), { recursive: true }));
afterAll(() => rm(folder, { recursive: true }));

const clientsTo = ({ connectionString }: Child): Clients => {
  const { lake, blobs } = clientsOf(connectionString);
  return { data: lake.getFileSystemClient('data'), container: blobs.getContainerClient('data') };
};

/** What the storage holds in a directory. */
async function found(clients: Clients, directory: string): Promise<Files> {
  const files: Files = new Map();
  if (!(await clients.data.getDirectoryClient(directory).exists())) return files;
  for await (const { name = '' } of clients.data.listPaths({ path: directory, recursive: true })) {
    const { readableStreamBody, etag = '' } = await clients.data.getFileClient(name).read();
    const parts: Buffer[] = [];
    for await (const part of readableStreamBody ?? []) parts.push(Buffer.from(part));
    files.set(name, { content: Buffer.concat(parts).toString(), etag });
  }
  return files;
}

/** Why the one state is not the other; empty when it is. */
function differences(files: Files, expected: Files): string[] {
  return [...new Set([...files.keys(), ...expected.keys()])].flatMap((name) => {
    const [is, should] = [files.get(name), expected.get(name)];
    if (is === undefined || should === undefined) return [`${name}: ${is === undefined ? 'lost' : 'came back'}`];
    if (is.content !== should.content)
      return [`${name}: ${is.content.slice(0, 20)}, not ${should.content.slice(0, 20)}`];
    return should.etag === null || is.etag === should.etag ? [] : [`${name}: another entity tag`];
  });
}

test(`killed with -9 ${KILLS} times under load, it holds what it acknowledged, and of the rest each change wholly or not`, async () => {
  const writers = Array.from({ length: WRITERS }, (_, n) => new Writer(`w${n}`, new Random(100 + n)));
  const random = new Random(KILLS);
  const problems: string[] = [];
  for (let kill = 0; kill <= KILLS; kill += 1) {
    await using child = await start();
    const clients = clientsTo(child);
    if (kill === 0) await clients.data.create();
    for (const writer of writers) {
      const files = await found(clients, writer.directory);
      const wrong = differences(files, writer.files);
      // The answer that did not come: the change may be there, with an entity tag that nobody was told.
      const isMaybe = wrong.length > 0 && writer.maybe !== null && differences(files, writer.maybe).length === 0;
      if (!isMaybe) problems.push(...wrong.map((each) => `kill ${kill}: ${each}`));
      const known = isMaybe ? (writer.maybe as Files) : writer.files;
      writer.files = new Map([...files].map(([name, version]) => [name, { ...known.get(name), ...version }]));
    }
    if (kill === KILLS) break;
    let left = 30 + random.below(300);
    await Promise.all(
      writers.map((writer) =>
        writer.write(clients, () => {
          left -= 1;
          if (left === 0) void child.kill();
        }),
      ),
    );
  }
  expect(problems).toEqual([]);
}, 600_000);

test('queues and tables hold what they acknowledged, too', async () => {
  {
    await using child = await start();
    for (const table of ['kept', 'gone', 'made']) await askTables(child, 'POST', '/Tables', { TableName: table });
    await askTables(child, 'POST', '/kept', { PartitionKey: 'p', RowKey: 'first', n: 1 });
    await askTables(child, 'POST', '/kept', { PartitionKey: 'p', RowKey: 'second', n: 2 });
    await askTables(child, 'DELETE', "/kept(PartitionKey='p',RowKey='first')");
    await askTables(child, 'POST', '/made', { PartitionKey: 'p', RowKey: 'before', n: 1 });
    for (const table of ['gone', 'made']) await askTables(child, 'DELETE', `/Tables('${table}')`);
    await askTables(child, 'POST', '/Tables', { TableName: 'made' });
    await askTables(child, 'POST', '/made', { PartitionKey: 'p', RowKey: 'after', n: 1 });
    await askQueues(child, 'PUT', '/tasks');
    await askQueues(child, 'POST', '/tasks/messages', '<QueueMessage><MessageText>one</MessageText></QueueMessage>');
    await child.kill();
  }
  for (let time = 0; time < 2; time += 1) {
    await using child = await start();
    const rows = async (table: string) =>
      (JSON.parse(await askTables(child, 'GET', `/${table}()`)) as { value: { RowKey: string }[] }).value.map(
        ({ RowKey }) => RowKey,
      );
    expect(await rows('kept')).toEqual(['second']);
    expect(await rows('made')).toEqual(['after']);
    await expect(rows('gone')).rejects.toThrow('TableNotFound');
    expect(await askQueues(child, 'GET', '/tasks/messages?peekonly=true')).toContain('<MessageText>one</MessageText>');
  }
});
