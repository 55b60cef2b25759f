import { EXPIRES_SOON, Stage, TAKING, until, type Instance, type Taken } from './support';

/** Several instances of one app, each a process, on one hub. */

let stage: Stage;
let app: string;

beforeAll(async () => {
  stage = await Stage.open();
  app = await stage.app(TAKING);
});
afterEach(() => stage.clear());
afterAll(() => stage[Symbol.asyncDispose]());

const PARTITIONS = ['0', '1', '2', '3'];

const bodies = (...instances: Instance[]): string[] =>
  instances.flatMap((instance) => instance.logged<Taken>()).flatMap((taken) => taken.bodies);

const isShared = (...instances: Instance[]): boolean => {
  const owned = instances.map((instance) => instance.owned());
  return (
    owned.every(({ length }) => length === PARTITIONS.length / instances.length) &&
    new Set(owned.flat()).size === PARTITIONS.length
  );
};

test('instances share the partitions evenly; when one is killed the others take over from its checkpoints', async () => {
  stage.hub('killed', 4);
  const first = await stage.instance(app, { HUB: 'killed', ...EXPIRES_SOON });
  await until(() => first.owned().length === 4, 'all partitions on the first');
  const second = await stage.instance(app, { HUB: 'killed', ...EXPIRES_SOON });
  await until(() => isShared(first, second), 'two each');
  // Each of its two was taken from the one that was alive.
  const { instanceId } = await first.host.ready();
  expect(second.of('owned').map(({ stolenFrom }) => stolenFrom)).toEqual([instanceId, instanceId]);

  for (const partition of PARTITIONS) await stage.send('killed', partition, [`before ${partition}`]);
  await until(() => first.of('checkpointed').length + second.of('checkpointed').length === 4, 'four checkpoints');
  const orphan = first.owned()[0] ?? '';
  await stage.send('killed', orphan, ['hold']);
  await until(() => bodies(first).includes('hold'), 'a batch under way');
  await first.host.kill();
  await stage.send('killed', orphan, ['after']);
  await until(() => bodies(second).includes('after'), 'the orphan on the other instance');
  expect(second.owned()).toEqual(PARTITIONS);
  // Again from just after the checkpoint: what was under way, and nothing that was done.
  const of = second.logged<Taken>().filter(({ partition }) => partition === orphan);
  expect(of.flatMap((taken) => taken.bodies)).toEqual(['hold', 'after']);
  expect(of[0]?.sequences[0]).toBe(1);
});

test('what an instance gives up when it stops is taken without waiting for it to expire', async () => {
  stage.hub('stopped', 4);
  const [first, second] = await Promise.all([1, 2].map(() => stage.instance(app, { HUB: 'stopped' })));
  if (first === undefined || second === undefined) throw new Error('two instances');
  await until(() => isShared(first, second), 'two each');
  await first.host.stop();
  await until(() => second.owned().length === 4, 'all on the other', 5_000);
});

test('no event is left out or out of order for its partition while instances come and go', async () => {
  stage.hub('busy', 4);
  const instances = [await stage.instance(app, { HUB: 'busy', ...EXPIRES_SOON })];
  const sending = (async () => {
    for (let i = 0; i < 60; i += 1) {
      for (const partition of PARTITIONS) await stage.send('busy', partition, [`${partition}:${i}`]);
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
  })();
  for (const round of [0, 1, 2]) {
    instances.push(await stage.instance(app, { HUB: 'busy', ...EXPIRES_SOON }));
    await instances.at(-2)?.host.steal('busy', String(round));
    await (round % 2 === 0 ? instances.at(-2)?.host.kill() : instances.at(-2)?.host.stop());
  }
  await sending;
  await until(
    async () =>
      (await Promise.all(PARTITIONS.map((each) => stage.checkpoint('busy', each)))).every((last) => last === 59),
    'every checkpoint at the end',
  );
  const expected = PARTITIONS.flatMap((partition) => Array.from({ length: 60 }, (_, i) => `${partition}:${i}`));
  expect([...new Set(bodies(...instances))].sort()).toEqual(expected.sort());
  for (const instance of instances) {
    for (const partition of PARTITIONS) {
      const batches = instance.logged<Taken>().filter((taken) => taken.partition === partition);
      for (const { sequences } of batches) expect(sequences).toEqual(sequences.map((_, i) => (sequences[0] ?? 0) + i));
    }
  }
}, 60_000);
