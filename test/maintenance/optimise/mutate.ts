import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { runInThisContext } from 'node:vm';
import { build } from 'esbuild';
import type * as simulation from './simulate';
import { type Mutant } from '../../simulation/mutate';

const root = path.resolve(__dirname, '../../..');

/**
 * The simulation, running the product's own code with the mutant's edits in it. Nothing in `src` knows of this.
 *
 * @throws Error when the text to be replaced is not in the file exactly once: then the mutant is out of date
 */
export async function simulationOf(mutant: Mutant | null): Promise<typeof simulation> {
  const applied = new Set<string>();
  const result = await build({
    entryPoints: [path.join(root, 'test/maintenance/optimise/simulate.ts')],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    logLevel: 'silent',
    plugins: [
      {
        name: 'mutate',
        setup(bundle) {
          bundle.onLoad({ filter: /src[\\/]lib[\\/].*\.ts$/ }, ({ path: file }) => {
            const edits = mutant?.edits.filter((edit) => path.join(root, edit.file) === file) ?? [];
            let contents = readFileSync(file, 'utf8');
            for (const { right, wrong } of edits) {
              if (contents.split(right).length !== 2) throw new Error(`${file} does not hold once: ${right}`);
              contents = contents.replace(right, () => wrong);
              applied.add(right);
            }
            return { contents, loader: 'ts' };
          });
        },
      },
    ],
  });
  const missing = mutant?.edits.find((edit) => !applied.has(edit.right));
  if (missing !== undefined) throw new Error(`the simulation does not use ${missing.file}`);
  const bundle = { exports: {} };
  const wrapper = `(module, exports, require) => {${result.outputFiles[0]?.text ?? ''}\n}`;
  const load = runInThisContext(wrapper) as (module: object, exports: object, require: NodeJS.Require) => void;
  load(bundle, bundle.exports, createRequire(__filename));
  return bundle.exports as typeof simulation;
}
