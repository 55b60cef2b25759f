import { type MaintenanceLake } from '../../../src/lib/maintenance/port';
import { InputGone, piecesOf } from '../../../src/lib/maintenance/optimise/pieces';

const MIB = 1 << 20;
const shared = Buffer.alloc(4 * MIB, 'x');

/** A lake that only reads, and counts what is read and not yet taken. */
function reading(answer: (path: string, offset: number) => 'gone' | 'changed' | null = () => null): {
  lake: MaintenanceLake;
  taken: (bytes: number) => void;
  most: { bytes: number; requests: number };
} {
  let [bytes, requests] = [0, 0];
  const most = { bytes: 0, requests: 0 };
  const lake = {
    readPiece: async (path: string, _etag: string, offset: number, length: number) => {
      bytes += length;
      requests += 1;
      most.bytes = Math.max(most.bytes, bytes);
      most.requests = Math.max(most.requests, requests);
      await new Promise((resolve) => setTimeout(resolve, offset % 3));
      return answer(path, offset) ?? shared.subarray(0, length);
    },
  } as unknown as MaintenanceLake;
  const taken = (length: number): void => {
    bytes -= length;
    requests -= 1;
  };
  return { lake, taken, most };
}

const files = (...sizes: number[]): { path: string; bytes: number; etag: string }[] =>
  sizes.map((bytes, i) => ({ path: `file-${i}`, bytes, etag: '"e"' }));

test.each<[string, number[]]>([
  ['large files', [300 * MIB, 301 * MIB + 7, 1]],
  ['many small files', Array.from({ length: 500 }, (_, i) => i + 1)],
])('%s are read in order, whole, with no more than 20 MiB and 16 requests ahead', async (_, sizes) => {
  const { lake, taken, most } = reading();
  const seen = new Map<string, number>();
  const order: string[] = [];
  for await (const { of, bytes, isLast } of piecesOf(lake, files(...sizes))) {
    seen.set(of.path, (seen.get(of.path) ?? 0) + bytes.length);
    if (isLast) order.push(of.path);
    taken(bytes.length);
  }
  expect([...seen.values()]).toEqual(sizes);
  expect(order).toEqual(files(...sizes).map(({ path }) => path));
  expect(most.bytes).toBeLessThanOrEqual(20 * MIB);
  expect(most.requests).toBeLessThanOrEqual(17);
  expect(most.requests).toBeGreaterThan(3);
});

test.each(['gone', 'changed'] as const)('a file that is %s stops it, after what came before', async (found) => {
  const { lake } = reading((path) => (path === 'file-2' ? found : null));
  const seen: string[] = [];
  const read = async (): Promise<void> => {
    for await (const { of } of piecesOf(lake, files(1, 1, 1, 1))) seen.push(of.path);
  };
  await expect(read()).rejects.toThrow(InputGone);
  expect(seen).toEqual(['file-0', 'file-1']);
});
