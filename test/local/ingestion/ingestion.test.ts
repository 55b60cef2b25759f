import { gzipSync } from 'node:zlib';
import { startIngestion, type Ingestion } from '../../../local/ingestion/ingestion';
import { type Envelope } from '../../../local/ingestion/items';

let ingestion: Ingestion;

beforeEach(async () => (ingestion = await startIngestion()));
afterEach(() => ingestion[Symbol.asyncDispose]());

const item = (value: number): Envelope => ({
  name: 'Microsoft.ApplicationInsights.Metric',
  time: '2026-11-22T12:00:00.000Z',
  iKey: '00000000-0000-0000-0000-000000000001',
  tags: {},
  data: { baseType: 'MetricData', baseData: { metrics: [{ name: 'a', value }] } },
});

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfter: string | null;
}

async function post(
  body: string | Buffer<ArrayBuffer>,
  headers: Record<string, string> = {},
  path = '/v2.1/track',
): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${ingestion.port}${path}`, {
    method: 'POST',
    body,
    headers,
  });
  return { status: response.status, body: await response.json(), retryAfter: response.headers.get('retry-after') };
}

const values = (): (number | undefined)[] => ingestion.taken.map(({ data }) => data.baseData.metrics?.[0]?.value);

const BOTH = { itemsReceived: 2, itemsAccepted: 2, errors: [] };

test.each([
  ['an array', JSON.stringify([item(1), item(2)]), {}, '/v2.1/track'],
  ['a line for each', `${JSON.stringify(item(1))}\n${JSON.stringify(item(2))}\n`, {}, '/v2.1/track'],
  ['gzipped', gzipSync(JSON.stringify([item(1), item(2)])), { 'Content-Encoding': 'gzip' }, '/v2.1/track'],
  ['the former path', JSON.stringify([item(1), item(2)]), {}, '/v2/track'],
])('takes items in: %s', async (_, body, headers, path) => {
  expect(await post(body, headers, path)).toMatchObject({ status: 200, body: BOTH });
  expect(values()).toEqual([1, 2]);
});

test('an item that is unfit is refused by its place, the others are taken in', async () => {
  const unfit = { ...item(2), iKey: 'no key' };
  expect(await post(JSON.stringify([item(1), unfit, item(3)]))).toMatchObject({
    status: 206,
    body: {
      itemsReceived: 3,
      itemsAccepted: 2,
      errors: [{ index: 1, statusCode: 400, message: 'Invalid instrumentation key' }],
    },
  });
  expect(values()).toEqual([1, 3]);
  expect(await post(JSON.stringify([unfit]))).toMatchObject({ status: 400 });
});

test('what is no JSON, or another path, is refused', async () => {
  expect(await post('no JSON')).toMatchObject({ status: 400 });
  expect(await post('[]', {}, '/other')).toMatchObject({ status: 404 });
});

test('refuses as it is told to, as often as it is told to', async () => {
  ingestion.faults.set({ kind: 'refuse', status: 429, retryAfterSeconds: 7 }, 1);
  expect(await post(JSON.stringify([item(1)]))).toMatchObject({
    status: 429,
    retryAfter: '7',
    body: { itemsAccepted: 0 },
  });
  expect(values()).toEqual([]);
  expect(await post(JSON.stringify([item(1)]))).toMatchObject({ status: 200 });
});

test('takes in a part, and says which it left', async () => {
  ingestion.faults.set({ kind: 'partial', places: [0], status: 500 });
  expect(await post(JSON.stringify([item(1), item(2)]))).toMatchObject({
    status: 206,
    body: { itemsAccepted: 1, errors: [{ index: 0, statusCode: 500 }] },
  });
  expect(values()).toEqual([2]);
});

test('loses its answer after taking all in', async () => {
  ingestion.faults.set({ kind: 'lose_answer' });
  await expect(post(JSON.stringify([item(1)]))).rejects.toThrow('fetch failed');
  expect(values()).toEqual([1]);
});

test('a request that hangs ends with the endpoint', async () => {
  ingestion.faults.set({ kind: 'hang' });
  const asked = post(JSON.stringify([item(1)]));
  const refused = expect(asked).rejects.toThrow('fetch failed');
  await ingestion.arrived(1);
  await ingestion[Symbol.asyncDispose]();
  await refused;
  expect(values()).toEqual([]);
});

test('starts again at the port that it is given', async () => {
  const { port } = ingestion;
  await ingestion[Symbol.asyncDispose]();
  ingestion = await startIngestion({ port });
  expect(ingestion.port).toBe(port);
  expect(ingestion.connectionString).toContain(`IngestionEndpoint=http://127.0.0.1:${port}/`);
});
