import { mutated, type Mutant } from '../../support/mutate';
import type * as simulation from './simulate';

/** The simulation of sweeping, running the product's own code with the mutant's edits in it. */
export const simulationOf = (mutant: Mutant | null): Promise<typeof simulation> =>
  mutated(['test/maintenance/sweep/simulate'], mutant?.edits ?? []);
