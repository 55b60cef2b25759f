import { mutated, type Edit } from '../../support/mutate';
import { type Code } from './world';

const MODULES = ['src/lib/maintenance/checkpoints/clean', 'src/lib/hub/presence', 'src/lib/lake/azure-checkpoints'];

/** The clean-up's own code with the edits in it. */
export const cleanUpOf = (edits: readonly Edit[]): Promise<Code> => mutated(MODULES, edits);
