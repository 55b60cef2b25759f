/**
 * Runs a mutant schedule after schedule until one fails.
 *
 * @returns the error's name, null when none fails: `Violation` says that an oracle caught it, as a broken promise; any other that the
 *   mutant's code does not even run
 */
export async function nameOfCaught(mutated: (seed: number) => Promise<unknown>, seeds: number): Promise<string | null> {
  for (let seed = 1; seed <= seeds; seed += 1) {
    try {
      await mutated(seed);
    } catch (error) {
      return (error as Error).name;
    }
  }
  return null;
}
