import { Rig } from './rig';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(() => rig.dispose());

test('a repair whose time is up lists no files', async () => {
  await rig.reset();
  const sent = await rig.publish(30);
  for (let i = 0; i < 30; i += 1) if (i !== 12) await rig.deliver(sent.slice(i, i + 1));
  let asked = 0;
  const room = await rig.room();
  let listed = 0;
  const lake = {
    ...room.lake,
    async *list(folder: string) {
      for await (const file of room.lake.list(folder)) {
        if (folder.startsWith('bronze')) listed += 1;
        yield file;
      }
    },
  };
  await rig.repair({ isTimeUp: () => (asked += 1) > 0 }, { lake });
  expect(listed).toBeLessThan(5);
});
