import { beginAtHistory, resetCapture } from '../../src/lib/capture/reset';
import { openProgress, type StateFormat } from '../../src/lib/capture/progress';
import { type Progress } from '../../src/lib/capture/port';
import { capturePath, historyFolder, historyPath } from '../../src/lib/ledger/names';
import { memoryLake } from './memory-lake';

/** Which history is captured, whatever of the capture record and its markers is lost or put back. */

interface State {
  readonly at: number;
}

const FORMAT: StateFormat<State> = {
  json: ({ at }) => ({ at }),
  parse: (value) => ({ at: (value as State).at }),
};

describe.each(['postgresql', 'mongodb'] as const)('%s', (source) => {
  const path = capturePath(source, 'shop');
  const marker = (history: number): string => historyPath(source, 'shop', history);

  let lake: ReturnType<typeof memoryLake>;
  beforeEach(() => (lake = memoryLake()));

  const open = (): Promise<Progress<State>> => openProgress(lake, source, 'shop', FORMAT);
  const keep = async (at: number): Promise<number> => {
    const progress = await open();
    await progress.keep({ at });
    return progress.history;
  };
  const reset = (): Promise<string | null> => resetCapture(lake, source, 'shop', 'r1');
  const bytes = (): Buffer => lake.store.read(path)?.bytes ?? Buffer.of();

  test('a reset begins the next history; so does a record that is lost', async () => {
    expect(await keep(1)).toBe(1);
    expect(await keep(2)).toBe(1);
    await reset();
    expect(await keep(3)).toBe(2);
    await lake.remove(path);
    expect(await keep(4)).toBe(3);
  });

  test('a record of a former history that was put back is refused, and left as it is; a reset goes on behind the last one', async () => {
    await keep(1);
    const former = bytes();
    await reset();
    await keep(2);
    await lake.stage(path, former);
    const command = source === 'postgresql' ? 'postgres' : 'mongodb';
    await expect(open()).rejects.toThrow(
      new RegExp(
        `^CAPTURE_STATE_INVALID: ${path} is of history 1, and history 2 was begun since: .*npm run capture -- reset ${command} shop$`,
      ),
    );
    expect(bytes()).toEqual(former);
    await reset();
    expect(await keep(3)).toBe(3);
  });

  test('markers that are gone are put again while the record is there', async () => {
    await keep(1);
    await reset();
    await keep(2);
    for (const { path: gone } of lake.store.list(historyFolder(source, 'shop'))) await lake.remove(gone);
    expect(await keep(3)).toBe(2);
    expect(lake.store.exists(marker(2))).toBe(true);
    await lake.remove(path);
    expect(await keep(4)).toBe(3);
  });

  test('with record and markers gone, the number of the next history is given; one that was begun is refused', async () => {
    expect(await beginAtHistory(lake, source, 'shop', 4)).toBeNull();
    expect(await keep(1)).toBe(4);
    expect(await beginAtHistory(lake, source, 'shop', 4)).toBe(4);
    expect(await beginAtHistory(lake, source, 'shop', 1)).toBe(4);
    await reset();
    expect(await beginAtHistory(lake, source, 'shop', 5)).toBeNull();
    expect(await keep(2)).toBe(5);
  });

  test('a first history may be given, too', async () => {
    expect(await beginAtHistory(lake, source, 'shop', 1)).toBeNull();
    expect(await keep(1)).toBe(1);
  });
});
