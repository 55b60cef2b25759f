/**
 * Bundles what runs as plain JavaScript into dist/. `npm run build`, or `node local/build.mjs <directory>` to build
 * elsewhere. What is published (docs/deploy.md) needs no node_modules: the functions' bundle, telemetry apart from it, the status page.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundledPackages, licenceText } from './licences.mjs';
import { statusPage } from './page.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const outDirectory = resolve(process.argv[2] ?? join(root, 'dist'));

/** The package that sends telemetry, in a file of its own: in the functions' bundle it would be read at each cold start. */
const TELEMETRY = 'telemetry.js';

/** Entry → file under dist/. An entry that does not exist yet is passed over. */
const BUNDLES = [
  { entry: 'src/functions/index.ts', file: 'functions.js', published: true },
  { entry: 'node_modules/applicationinsights/out/src/index.js', file: TELEMETRY, published: true },
  { entry: 'src/cli/capture.ts', file: 'capture.js', published: true },
  { entry: 'src/cli/lake.ts', file: 'lake.js', published: true },
  { entry: 'local/host/worker-process.ts', file: 'worker-process.js' },
  { entry: 'local/host/host-process.ts', file: 'host-process.js' },
  { entry: 'local/main.ts', file: 'local.js' },
  { entry: 'local/start.ts', file: 'start.js' },
  { entry: 'local/demo/main.ts', file: 'demo.js' },
  { entry: 'local/smoke/main.ts', file: 'smoke.js' },
  { entry: 'local/bicep/main.ts', file: 'infra.js' },
  { entry: 'local/package/main.ts', file: 'package.js' },
  { entry: 'bench/index.ts', file: 'bench.js' },
];

/** @type {import('esbuild').Plugin} */
const telemetryApart = {
  name: 'telemetry-apart',
  setup({ onResolve }) {
    onResolve({ filter: /^applicationinsights$/ }, () => ({ path: `./${TELEMETRY}`, external: true }));
  },
};

/**
 * Parts of `applicationinsights` that are never called, and two thirds of it: what patches modules and collects by itself, and what asks
 * Microsoft every hour for settings of the exporter.
 */
const LEFT_OUT = {
  distro:
    "exports.useAzureMonitor = exports.shutdownAzureMonitor = () => { throw new Error('left out of the bundle'); };",
  settings:
    'const none = { initialize() {}, shutdown() {}, registerCallback: () => () => {} };' +
    'exports.ConfigurationManager = { getInstance: () => none };',
};

/** @type {import('esbuild').Plugin} */
const leftOut = {
  name: 'left-out',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@azure\/monitor-opentelemetry$/ }, () => ({ path: 'distro', namespace: 'left-out' }));
    onResolve({ filter: /\/configurationManager\.js$/ }, ({ importer }) =>
      importer.includes('monitor-opentelemetry-exporter') ? { path: 'settings', namespace: 'left-out' } : undefined,
    );
    onLoad({ filter: /^/, namespace: 'left-out' }, ({ path }) => ({ contents: LEFT_OUT[path] }));
  },
};

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
  sourcemap: 'external',
  sourcesContent: false,
  legalComments: 'linked',
  logLevel: 'warning',
};

/** The files of this build directly in the output directory. */
const written = new Set();

await mkdir(join(outDirectory, 'maps'), { recursive: true });
await Promise.all(
  BUNDLES.filter(({ entry }) => existsSync(join(root, entry))).map(async ({ entry, file, published = false }) => {
    const { outputFiles, metafile } = await build({
      ...common,
      entryPoints: [join(root, entry)],
      // Source maps tell paths from here, so what is built elsewhere is the same to the byte and tells no other place.
      outfile: join(root, 'dist', file),
      absWorkingDir: root,
      write: false,
      metafile: true,
      // Development tools find their packages in node_modules; what is published must carry its own.
      ...(published ? { plugins: [file === TELEMETRY ? leftOut : telemetryApart] } : { packages: 'external' }),
    });
    await Promise.all(outputFiles.map(writeOutput));
    if (!published) return;
    const packages = await bundledPackages(root, metafile);
    await put(`${file}.LICENSES.txt`, licenceText(packages));
    const list = packages.map(({ name, version, licence }) => ({ name, version, licence }));
    await writeFile(join(outDirectory, 'maps', `${file}.packages.json`), JSON.stringify(list, null, 1));
  }),
);

await put('status.html', await statusPage(root));

// What an older build has left would be published, or run, as if it were of this one.
const left = (await readdir(outDirectory)).filter((file) => /\.(js|map|txt|html)$/.test(file) && !written.has(file));
await Promise.all(left.map((file) => rm(join(outDirectory, file))));

/** Maps lie apart: `.funcignore` can only let in what begins alike, and the published app has no use for them. */
async function writeOutput({ path, text }) {
  const file = basename(path);
  if (file.endsWith('.map')) await writeFile(join(outDirectory, 'maps', file), fromMaps(text));
  else await put(file, file.endsWith('.js') ? `${text}//# sourceMappingURL=maps/${file}.map\n` : text);
}

async function put(file, text) {
  written.add(file);
  await writeFile(join(outDirectory, file), text);
}

/** The sources as seen from maps/, one folder further down. */
function fromMaps(text) {
  const map = JSON.parse(text);
  return JSON.stringify({
    ...map,
    sources: map.sources.map((source) => (source.includes('://') ? source : `../${source}`)),
  });
}
