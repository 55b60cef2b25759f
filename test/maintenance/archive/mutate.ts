import { mutated, type Mutant } from '../../support/mutate';
import type * as race from './race';
import type * as simulation from './simulate';

/** The simulation of archiving, running the product's own code with the mutant's edits in it. */
export const simulationOf = (mutant: Mutant | null): Promise<typeof simulation & typeof race> =>
  mutated(['test/maintenance/archive/simulate', 'test/maintenance/archive/race'], mutant?.edits ?? []);
