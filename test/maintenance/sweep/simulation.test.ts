import { nameOfCaught } from '../../simulation/caught';
import { MUTANTS } from './mutants';
import { simulationOf } from './mutate';
import { simulate } from './simulate';

const SEEDS = 600;

test(`${SEEDS} seeded schedules of writers, optimisers and sweepers lose no event and leave no debris`, async () => {
  let [swept, leaps] = [0, 0];
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const outcome = await simulate(seed);
    swept += outcome.swept;
    leaps += outcome.leaps;
  }
  // They are worth something only if there was something to sweep while others were at work.
  expect(swept).toBeGreaterThan(SEEDS / 4);
  expect(leaps).toBeGreaterThan(3 * SEEDS);
}, 300_000);

test('the code as it is, bundled as the mutants are, passes where they fail', async () => {
  const { simulate: bundled } = await simulationOf(null);
  for (let seed = 1; seed <= 100; seed += 1) await bundled(seed);
}, 300_000);

test.each(MUTANTS)(
  'caught: $name',
  async (mutant) => {
    const { simulate: mutated } = await simulationOf(mutant);
    expect(await nameOfCaught(mutated, SEEDS)).toBe('Violation');
  },
  300_000,
);
