import { mutated, type Mutant } from '../support/mutate';
import type * as simulation from './simulate';

/** The simulation of ingestion, running the product's own code with the mutant's edits in it. */
export const simulationOf = (mutant: Mutant | null): Promise<typeof simulation> =>
  mutated(['test/simulation/simulate'], mutant?.edits ?? []);
