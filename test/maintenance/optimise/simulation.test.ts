import { Chance } from '../../simulation/random';
import { FATES, type Fate } from '../../simulation/wire';
import { MUTANTS } from './mutants';
import { simulationOf } from './mutate';
import { simulate, type Outcome, type Schedule } from './simulate';

const TROUBLES = FATES.filter((fate) => fate !== 'answered');

test('without trouble, events are seen twice for a moment, and never not; late ones are merged later', async () => {
  const outcome = await simulate({ seed: 0 });
  expect(outcome.doubled).toBeGreaterThan(0);
  expect(outcome.files).toEqual([
    'bronze/postgresql/2024/10/04/data_20241004T000000000Z_0_0-7_6.json',
    'bronze/postgresql/2024/10/04/data_20241004T000008000Z_0_8-15_6.json',
    'quarantine/postgresql/2024/10/04/data_20241004T000000000Z_0_0-7_2.json',
    'quarantine/postgresql/2024/10/04/data_20241004T000008000Z_0_8-15_2.json',
  ]);
});

test.each([0, 1])(
  'each fate of each single request, enumerated, loses, doubles and hides nothing (order %i)',
  async (seed) => {
    const { requests } = await simulate({ seed });
    for (let struck = 0; struck < requests; struck += 1) {
      for (const trouble of TROUBLES) {
        await simulate({ seed, fateOf: (request): Fate => (request === struck ? trouble : 'answered') });
      }
    }
    expect(requests).toBeGreaterThan(80);
  },
  300_000,
);

/** A schedule in which one request of eight is struck. */
function troubled(seed: number): Schedule {
  const chance = new Chance(seed * 7 + 1);
  return { seed, fateOf: () => (chance.in(0.12) ? chance.pick(TROUBLES) : 'answered') };
}

const SEEDS = 600;

test(`${SEEDS} seeded schedules full of trouble lose, double and hide nothing`, async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) await simulate(troubled(seed));
}, 300_000);

test.each(MUTANTS)(
  'caught: $name',
  async (mutant) => {
    const { simulate: mutated } = await simulationOf(mutant);
    // Caught by an oracle, as a broken promise, and not because the mutant's code does not run.
    expect(await nameOfFailure(mutated)).toBe('Violation');
  },
  300_000,
);

test('the code as it is, bundled as the mutants are, passes where they fail', async () => {
  const { simulate: bundled } = await simulationOf(null);
  for (let seed = 1; seed <= 100; seed += 1) await bundled(troubled(seed));
}, 300_000);

async function nameOfFailure(mutated: (schedule: Schedule) => Promise<Outcome>): Promise<string | null> {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    try {
      await mutated({ seed });
      await mutated(troubled(seed));
    } catch (error) {
      return (error as Error).name;
    }
  }
  return null;
}
