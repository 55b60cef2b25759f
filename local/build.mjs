/**
 * Bundles what runs as plain JavaScript into dist/. `npm run build`, or `node local/build.mjs <directory>` to build
 * elsewhere. The functions' bundle is all that is published besides host.json and package.json: it needs no node_modules.
 */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const outDirectory = resolve(process.argv[2] ?? join(root, 'dist'));

/** Entry → file under dist/. An entry that does not exist yet is passed over. */
const BUNDLES = [
  { entry: 'src/functions/index.ts', file: 'functions.js', published: true },
  { entry: 'src/cli/capture.ts', file: 'capture.js', published: true },
  { entry: 'src/cli/lake.ts', file: 'lake.js', published: true },
  { entry: 'local/host/worker-process.ts', file: 'worker-process.js' },
  { entry: 'local/host/host-process.ts', file: 'host-process.js' },
  { entry: 'local/main.ts', file: 'local.js' },
  { entry: 'local/start.ts', file: 'start.js' },
  { entry: 'local/demo/main.ts', file: 'demo.js' },
  { entry: 'local/smoke/main.ts', file: 'smoke.js' },
  { entry: 'bench/index.ts', file: 'bench.js' },
];

/** @type {import('esbuild').BuildOptions} */
const common = {
  bundle: true,
  platform: 'node',
  target: 'node22',
  // An ES module could not resolve @azure/functions-core, which the worker provides by patching `require`.
  format: 'cjs',
  external: ['@azure/functions-core'],
  // @azure/storage-common calls createRequire(import.meta.url), which CommonJS does not have.
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
  sourcemap: true,
  sourcesContent: false,
  legalComments: 'linked',
  logLevel: 'warning',
};

await mkdir(outDirectory, { recursive: true });
await Promise.all(
  BUNDLES.filter(({ entry }) => existsSync(join(root, entry))).map(async ({ entry, file, published = false }) => {
    const { outputFiles } = await build({
      ...common,
      entryPoints: [join(root, entry)],
      // Source maps tell paths from here, so what is built elsewhere is the same to the byte and tells no other place.
      outfile: join(root, 'dist', file),
      write: false,
      // Development tools find their packages in node_modules; what is published must carry its own.
      ...(published ? {} : { packages: 'external' }),
    });
    await Promise.all(outputFiles.map(({ path, contents }) => writeFile(join(outDirectory, basename(path)), contents)));
  }),
);
