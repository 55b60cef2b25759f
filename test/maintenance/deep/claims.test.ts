import { createHash } from 'node:crypto';
import { outbox } from '../../../src/lib/capture/outbox';
import { type HubSender, type OutgoingEvent } from '../../../src/lib/hub/sender';
import { type HubEvent } from '../../../src/lib/decode/event';
import { claimPath } from '../../../src/lib/ledger/names';
import { openInstance } from '../../support/instance';
import { LakeReader } from '../../support/reader';
import { startLake, type TestLake } from '../../support/storage';
import { deep, openRoom } from './rig';

/** Events too large for the hub lie in `claims/`: a line that refers to one proves nothing of it. */

const NOON = Date.UTC(2026, 10, 22, 12);
const id = (n: number): string => `7123456789012345678/shop/1/00000016B374D848/${n}`;
const path = (n: number): string => claimPath('postgresql', id(n));
const source = { version: '1', connector: 'postgresql', name: 'shop', db: 'web', schema: 'public', table: 'orders' };
const place = { lsn: 97490360392, commit_lsn: 97490360400, history: 1 };
const factsOf = (n: number): Buffer =>
  Buffer.from(JSON.stringify({ source: { ...source, ...place, n }, op: 'c', ts_ms: 1 }));
const bodyOf = (n: number): Buffer =>
  Buffer.from(JSON.stringify({ after: { id: n, text: 'x'.repeat(2000) }, op: 'c' }));

let lake: TestLake;
let reader: LakeReader;
beforeEach(async () => {
  lake = await startLake();
  reader = new LakeReader(lake.directConnectionString);
});
afterEach(() => lake.dispose());

/** Sends large events as capture does, and lands what the hub is given. */
async function captured(numbers: readonly number[]): Promise<HubEvent[]> {
  const sent: OutgoingEvent[] = [];
  const sender: Partial<HubSender> = { maxBodyBytes: 1_000, put: (event) => void sent.push(event) };
  const { lake: files } = await openRoom(lake.directConnectionString);
  const sink = outbox('postgresql', sender as HubSender, files);
  for (const n of numbers) {
    await sink.put({ key: `public.orders/[${n}]`, eventId: id(n), body: bodyOf(n), facts: () => factsOf(n) });
  }
  return sent.map(({ body, properties }, i) => ({
    ...{ sequence: BigInt(i), offset: `${i}`, enqueuedAt: NOON + i, partitionKey: null },
    ...{ properties, body },
  }));
}

async function land(numbers: readonly number[]): Promise<void> {
  const instance = await openInstance(lake.connectionString);
  await instance.deliver(await captured(numbers));
}

const told = async (): Promise<string[]> => {
  const { problems } = await deep(lake.connectionString);
  return problems.flatMap(({ kept }) => kept.map(({ kind, line, detail }) => `${kind} ${line} ${detail}`));
};

test('large events that are all there are counted', async () => {
  await land([0, 1, 2]);
  expect(await deep(lake.connectionString)).toMatchObject({ problemCount: 0, lines: 3, claims: 3 });
});

test('each large event that is gone, empty, cut short or another is told with its line', async () => {
  await land([0, 1, 2, 3, 4]);
  await reader.remove(path(0));
  await reader.write(path(1), '');
  await reader.write(path(2), bodyOf(2).subarray(0, 1_000));
  await reader.write(path(3), bodyOf(4));
  expect(await told()).toEqual([
    `claim_missing 1 ${path(0)}`,
    `claim_differs 2 ${path(1)}`,
    `claim_differs 3 ${path(2)}`,
    `claim_differs 4 ${path(3)}`,
  ]);
});

test('what is sent again refers to the file that is there, however it was written', async () => {
  await reader.write(path(0), '{"after": "as another version wrote it"}');
  const [event] = await captured([0]);
  const expected = createHash('sha256').update('{"after": "as another version wrote it"}').digest('hex');
  expect(event?.properties['payloadSha256']).toBe(expected);
  await land([0]);
  expect(await told()).toEqual([]);
});
