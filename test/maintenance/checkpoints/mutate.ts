import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { runInThisContext } from 'node:vm';
import { build } from 'esbuild';
import { type Code } from './world';

/** The text that is right, which a file in `src` holds once, and what would be wrong. */
export interface Edit {
  readonly file: string;
  readonly right: string;
  readonly wrong: string;
}

const root = path.resolve(__dirname, '../../..');

const ENTRY = ['src/lib/maintenance/checkpoints/clean', 'src/lib/hub/presence', 'src/lib/lake/azure-checkpoints']
  .map((file) => `export * from './${file}';`)
  .join('\n');

/**
 * The product's own code with the edits in it. Nothing in `src` knows of this.
 *
 * @throws Error when the text to be replaced is not in the file exactly once: then the mutant is out of date
 */
export async function mutated(edits: readonly Edit[]): Promise<Code> {
  const applied = new Set<Edit>();
  const result = await build({
    stdin: { contents: ENTRY, resolveDir: root, loader: 'ts' },
    bundle: true,
    write: false,
    packages: 'external',
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    // A script that is run like this has no loader for modules.
    supported: { 'dynamic-import': false },
    logLevel: 'silent',
    plugins: [
      {
        name: 'mutate',
        setup(bundle) {
          bundle.onLoad({ filter: /src[\\/]lib[\\/].*\.ts$/ }, ({ path: file }) => {
            let contents = readFileSync(file, 'utf8');
            for (const edit of edits.filter((each) => path.join(root, each.file) === file)) {
              if (contents.split(edit.right).length !== 2) throw new Error(`${file} does not hold once: ${edit.right}`);
              contents = contents.replace(edit.right, () => edit.wrong);
              applied.add(edit);
            }
            return { contents, loader: 'ts' };
          });
        },
      },
    ],
  });
  const missing = edits.find((edit) => !applied.has(edit));
  if (missing !== undefined) throw new Error(`the clean-up does not use ${missing.file}`);
  const bundle = { exports: {} };
  const wrapper = `(module, exports, require) => {${result.outputFiles[0]?.text ?? ''}\n}`;
  const load = runInThisContext(wrapper) as (module: object, exports: object, require: NodeJS.Require) => void;
  load(bundle, bundle.exports, createRequire(__filename));
  return bundle.exports as Code;
}
