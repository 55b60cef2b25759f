/** Which room may know which: the directions of docs/design.md, held by `npm run lint`. */
module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      severity: 'error',
      comment: 'Two modules that need each other are one module, or lack a third.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'src-stands-alone',
      severity: 'error',
      comment: 'Nothing in src knows that it is being tested.',
      from: { path: '^src' },
      to: { path: '^(local|test|bench)' },
    },
    {
      name: 'verdict-shares-nothing-with-src',
      severity: 'error',
      comment: 'Who judges the lake does not read it with the code that wrote it, nor through other modules.',
      from: { path: '^local/(verdict|rebuild|shop)' },
      to: { path: '^src', reachable: true },
    },
    {
      name: 'lib-knows-no-function',
      severity: 'error',
      from: { path: '^src/lib' },
      to: { path: ['^src/functions', 'node_modules/@azure/functions'] },
    },
    {
      name: 'storage-sdks-live-in-lake',
      severity: 'error',
      from: { path: '^src', pathNot: '^src/lib/lake' },
      to: { path: 'node_modules/@azure/storage-' },
    },
    {
      name: 'event-hubs-sdk-lives-in-hub',
      severity: 'error',
      from: { path: '^src', pathNot: '^src/lib/hub' },
      to: { path: 'node_modules/@azure/event-hubs' },
    },
    {
      name: 'database-clients-live-in-capture',
      severity: 'error',
      from: { path: '^src', pathNot: '^src/lib/capture/' },
      to: { path: 'node_modules/(pg|pg-copy-streams|mongodb|bson)/' },
    },
    {
      name: 'telemetry-sdk-lives-in-observability',
      severity: 'error',
      comment: 'And it is loaded when first needed.',
      from: { path: '^src', pathNot: '^src/lib/observability/' },
      to: { path: 'node_modules/applicationinsights/' },
    },
    {
      name: 'page-runs-in-browsers',
      severity: 'error',
      comment: 'Of the rest it knows the form of the JSON that it shows.',
      from: { path: '^src/page' },
      to: { path: ['^src', 'node_modules/'], pathNot: ['^src/page', '^src/lib/status/status', 'node_modules/uplot/'] },
    },
    {
      name: 'nothing-imports-the-page',
      severity: 'error',
      from: { pathNot: '^src/page' },
      to: { path: '^src/page' },
    },
    {
      name: 'decode-and-ledger-know-no-sdk',
      severity: 'error',
      from: { path: '^src/lib/(decode|ledger)' },
      to: { path: ['node_modules/@azure', '^src/lib/(lake|hub)'] },
    },
    {
      name: 'decode-knows-no-ledger',
      severity: 'error',
      from: { path: '^src/lib/decode' },
      to: { path: '^src/lib/ledger' },
    },
    {
      name: 'no-dev-dependency-in-src',
      severity: 'error',
      from: { path: '^src' },
      to: { dependencyTypes: ['npm-dev'] },
    },
    {
      name: 'declared',
      severity: 'error',
      comment: 'What is imported is in package.json.',
      from: { path: '^(src|local|test|bench)' },
      to: {
        dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'],
        pathNot: '^@azure/functions-core$',
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['require', 'node', 'default', 'types'] },
  },
};
