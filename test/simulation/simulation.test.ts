import { MUTANTS } from './mutants';
import { simulationOf } from './mutate';
import { simulate } from './simulate';
import { FATES, type Fate } from './wire';

/** Schedules that the code passes, and that every mutant is caught within. */
const SEEDS = 3_000;

/** Against a hang: a machine may be ten times slower than another. */
const HANG_MS = 1_200_000;

test(
  `${SEEDS} seeded schedules lose, double and hide nothing`,
  async () => {
    let [requests, returns] = [0, 0];
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const outcome = await simulate({ seed, anew: seed % 4 === 0 });
      requests += outcome.requests;
      returns += outcome.returns;
    }
    // The schedules are worth something only if handlers do return in them, in spite of all faults.
    expect(requests).toBeGreaterThan(50 * SEEDS);
    expect(returns).toBeGreaterThan(5 * SEEDS);
  },
  HANG_MS,
);

test(
  'each fate of each single request, enumerated, loses, doubles and hides nothing',
  async () => {
    const troubles = FATES.filter((fate) => fate !== 'answered');
    let runs = 0;
    for (const seed of [1, 2, 3]) {
      const { requests } = await simulate({ seed, fateOf: () => 'answered' });
      for (let struck = 0; struck < requests; struck += 1) {
        for (const trouble of troubles) {
          const fateOf = (request: number): Fate => (request === struck ? trouble : 'answered');
          await simulate({ seed, fateOf });
          runs += 1;
        }
      }
    }
    expect(runs).toBeGreaterThan(3 * 20 * troubles.length);
  },
  HANG_MS,
);

test('a schedule is told by its seed alone', async () => {
  const [once, again] = [await simulate({ seed: 7 }), await simulate({ seed: 7 })];
  expect(again).toEqual(once);
});

test(
  'the code as it is, bundled as the mutants are, passes where they fail',
  async () => {
    const { simulate: bundled } = await simulationOf(null);
    for (let seed = 1; seed <= 300; seed += 1) await bundled({ seed, anew: seed % 4 === 0 });
  },
  HANG_MS,
);

test.each(MUTANTS)(
  'caught: $name',
  async (mutant) => {
    const { simulate: mutated } = await simulationOf(mutant);
    const caught = async (): Promise<{ seed: number; name: string; message: string } | null> => {
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        try {
          await mutated({ seed, anew: seed % 4 === 0 });
        } catch (error) {
          const { name, message } = error as Error;
          return { seed, name, message };
        }
      }
      return null;
    };
    // Caught by the oracle, as a broken promise, and not because the mutant's code does not run.
    expect((await caught())?.name).toBe('Violation');
  },
  HANG_MS,
);
