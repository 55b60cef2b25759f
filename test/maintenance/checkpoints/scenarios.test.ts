import { SCENARIOS, type ScenarioName, wronglyRemoved } from './scenarios';
import { World } from './world';

let world: World;

beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world[Symbol.asyncDispose]());

describe('nothing is deleted that must stay where', () => {
  test.each(Object.keys(SCENARIOS) as ScenarioName[])('%s', async (name) => {
    expect(await wronglyRemoved(world, name)).toEqual([]);
  });
});
