import { rebuildLedger } from '../../src/lib/ledger/rebuild';
import { events, NOON, openInstance, PARTITION } from '../support/instance';
import { LakeReader } from '../support/reader';
import { startLake } from '../support/storage';

test('the ledgers of two incarnations that are both damaged can be rebuilt', async () => {
  const lake = await startLake();
  const reader = new LakeReader(lake.directConnectionString);
  const instance = await openInstance(lake.connectionString, {
    hubFacts: { createdAt: () => Promise.resolve(NOON + 3_600_000) },
  });
  await instance.deliver(events(0, 4));
  await instance.deliver(events(0, 4, {}, NOON + 7_200_000));
  const told: string[] = [];
  for (const n of [1, 2])
    await reader.write(`_system/ledger/example.servicebus.windows.net/changes/${n}/3.json`, 'garbage');
  for (const incarnation of [1, 2]) {
    await rebuildLedger(instance.lake, { ...PARTITION, source: 'postgresql', incarnation }, instance.room).catch(
      (e: unknown) => told.push(String(e).slice(0, 160)),
    );
  }
  expect(told).toEqual([]);
  await instance.deliver(events(5, 6, {}, NOON + 7_300_000));
  await lake.dispose();
});
