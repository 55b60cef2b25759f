import { nameOfCaught } from '../../simulation/caught';
import { MUTANTS, SAME_VERSION } from './mutants';
import { simulationOf } from './mutate';
import { birthWhileComingBack } from './race';
import { simulate } from './simulate';

const SEEDS = 600;

test(`${SEEDS} seeded schedules of writers, archivers and a hub made anew lose, double and confuse nothing`, async () => {
  let [archived, restored] = [0, 0];
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const outcome = await simulate(seed);
    archived += outcome.archived;
    restored += outcome.restored;
  }
  // They are worth something only if ledgers did go and come back in them.
  expect(archived).toBeGreaterThan(SEEDS / 3);
  expect(restored).toBeGreaterThan(SEEDS / 4);
}, 300_000);

test('the code as it is, bundled as the mutants are, passes where they fail', async () => {
  const { simulate: bundled } = await simulationOf(null);
  for (let seed = 1; seed <= 200; seed += 1) await bundled(seed);
}, 300_000);

test.each(MUTANTS)(
  'caught: $name',
  async (mutant) => {
    const { simulate: mutated } = await simulationOf(mutant);
    expect(await nameOfCaught(mutated, SEEDS)).toBe('Violation');
  },
  300_000,
);

test('whoever looks for a ledger while it comes back does not bear another', async () => {
  expect(await birthWhileComingBack()).toBe('refused');
  const wrong = await simulationOf(SAME_VERSION);
  expect(await wrong.birthWhileComingBack()).toBe('born twice');
});
