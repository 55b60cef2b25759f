import { type DataLakeFileSystemClient, DataLakeServiceClient } from '@azure/storage-file-datalake';
import { status } from '../../../local/storage/faults';
import { judge } from '../../../local/verdict/judge';
import { readLake } from '../../../local/verdict/read-lake';
import { startLake, type TestLake } from '../../support/storage';
import { file, line, smallLake } from './lake';

let lake: TestLake;
let files: DataLakeFileSystemClient;

beforeAll(async () => {
  lake = await startLake();
});
afterAll(() => lake.dispose());

/** Each test has a file system of its own. */
beforeEach(async () => {
  const service = DataLakeServiceClient.fromConnectionString(lake.connectionString, { retryOptions: { maxTries: 1 } });
  files = service.getFileSystemClient(`lake${Math.trunc(performance.now() * 1000)}`);
  await files.create();
});

const write = (path: string, bytes: Buffer): Promise<unknown> => files.getFileClient(path).upload(bytes);

test('a lake is read through the SDK and is as it should be; staged files are none of the reader’s', async () => {
  const { sent, files: small } = smallLake();
  for (const { path, bytes } of small) await write(path, bytes);
  await write('_system/staging/abc.json', Buffer.from('half'));
  const verdict = await judge(sent, readLake(files));
  expect(verdict).toMatchObject({ ok: true, sent: 10, landed: 9, quarantined: 1, files: 3, problems: [] });
  expect(verdict.bytes).toBe(small.reduce((total, { bytes }) => total + bytes.length, 0));
});

test('a digit that was altered in a file is told through the SDK, too', async () => {
  const { sent, files: small } = smallLake();
  for (const { path, bytes } of small) {
    await write(path, Buffer.from(bytes.toString('latin1').replace('9007199254740993', '9007199254740992'), 'latin1'));
  }
  expect(await judge(sent, readLake(files))).toMatchObject({
    ok: false,
    altered: 1,
    problemCounts: { event_altered: 1 },
  });
});

test('many files come in the order of their paths, each once, bronze before quarantine', async () => {
  const paths = Array.from({ length: 30 }, (_, i) => file('bronze', `${10 + i}-${10 + i}`, 1, []).path);
  await Promise.all(paths.map((path, i) => write(path, Buffer.from(line(10 + i, null, '"change":null,"payload":1')))));
  await write('quarantine/postgresql/2026/11/25/x', Buffer.from('stranger'));
  const read: string[] = [];
  for await (const { path } of readLake(files)) read.push(path);
  expect(read).toEqual([...paths.sort(), 'quarantine/postgresql/2026/11/25/x']);
});

test('a lake in which nothing has landed yet has no files', async () => {
  expect(await judge(smallLake().sent, readLake(files))).toMatchObject({ ok: false, files: 0, missing: 10 });
});

test('a lake that cannot be read is an error, not an empty lake', async () => {
  const { sent, files: small } = smallLake();
  for (const { path, bytes } of small) await write(path, bytes);
  const fault = lake.proxy.add({ operation: 'any', path: /\.json$/, action: status(403) });
  await expect(judge(sent, readLake(files))).rejects.toMatchObject({ statusCode: 403 });
  fault.remove();
});
