import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { runInThisContext } from 'node:vm';
import { build } from 'esbuild';

/** The text that is right, which a file in `src` holds once, and what would be wrong. */
export interface Edit {
  readonly file: string;
  readonly right: string;
  readonly wrong: string;
}

/** A mistake that somebody could make in `src`. */
export interface Mutant {
  readonly name: string;
  readonly edits: readonly Edit[];
}

const root = path.resolve(__dirname, '../..');

/**
 * What `modules` export together, running the product's own code with the edits in it. Nothing in `src` knows of this.
 *
 * @param modules paths from the root, without an ending
 * @throws Error when the text to be replaced is not in the file exactly once: then the mutant is out of date
 */
export async function mutated<Exports>(modules: readonly string[], edits: readonly Edit[]): Promise<Exports> {
  const applied = new Set<Edit>();
  const result = await build({
    stdin: { contents: modules.map((file) => `export * from './${file}';`).join('\n'), resolveDir: root, loader: 'ts' },
    ...{ bundle: true, write: false, packages: 'external', logLevel: 'silent' },
    ...{ platform: 'node', target: 'node22', format: 'cjs' },
    // A script that is run like this has no loader for modules.
    supported: { 'dynamic-import': false },
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
  if (missing !== undefined) throw new Error(`${modules.join(', ')} do not use ${missing.file}`);
  const bundle = { exports: {} };
  const wrapper = `(module, exports, require) => {${result.outputFiles[0]?.text ?? ''}\n}`;
  const load = runInThisContext(wrapper) as (module: object, exports: object, require: NodeJS.Require) => void;
  load(bundle, bundle.exports, createRequire(__filename));
  return bundle.exports as Exports;
}
