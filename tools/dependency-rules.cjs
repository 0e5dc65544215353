/** dependency-cruiser's configuration, made from the layer table. */
const escaped = (name) => name.replaceAll('-', '\\-');
const folder = (kind, name) => `^${kind}/${escaped(name)}/`;
/** Specs, and what only specs import. */
const specs = '(\\.spec\\.ts$|/src/testing/|^apps/console/e2e/)';

module.exports = import('./layers.mjs').then(({ apps, libs, pure, testOnly }) => {
  const places = new Map([
    ...Object.keys(libs).map((name) => [name, folder('libs', name)]),
    ...Object.keys(apps).map((name) => [name, folder('apps', name)]),
  ]);
  const layer = (name, allowed) => ({
    name: `layer-${name}`,
    comment: `${name} may import only: ${allowed.join(', ') || 'nothing of the workspace'}`,
    severity: 'error',
    from: { path: places.get(name), pathNot: specs },
    to: { path: '^(libs|apps)/', pathNot: [name, ...allowed].map((each) => places.get(each)) },
  });
  const forbidden = [
    ...Object.entries({ ...libs, ...apps }).map(([name, allowed]) => layer(name, allowed)),
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'pure-core',
      comment: 'pure libs import nothing from Node',
      severity: 'error',
      from: { path: `^libs/(${pure.map(escaped).join('|')})/`, pathNot: specs },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'nest-in-services-only',
      severity: 'error',
      from: { path: '^libs/', pathNot: '^libs/service\\-kit/' },
      to: { path: 'node_modules/@nestjs/' },
    },
    {
      name: 'tests-only',
      severity: 'error',
      from: { path: '^(libs|apps)/', pathNot: [specs, ...testOnly.map((name) => folder('libs', name))] },
      to: { path: testOnly.map((name) => folder('libs', name)) },
    },
    {
      name: 'one-door',
      comment: 'import a project by its name, never a file inside it',
      severity: 'error',
      from: { path: '^(libs|apps)/([^/]+)/' },
      to: { path: '^(libs|apps)/[^/]+/src/', pathNot: ['^(libs|apps)/$2/', '/src/index\\.ts$'] },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ];
  return {
    forbidden,
    options: {
      tsConfig: { fileName: 'tsconfig.check.json' },
      tsPreCompilationDeps: true,
      doNotFollow: { path: 'node_modules' },
      // The recorders of libs/agent-specs/frameworks run beside packages that are installed elsewhere.
      exclude: { path: '(/dist/|/node_modules/\\.cache/|^libs/agent\\-specs/frameworks/)' },
      enhancedResolveOptions: {
        exportsFields: ['exports'],
        conditionNames: ['@kaizen-trace/source', 'import', 'node', 'default', 'types'],
      },
    },
  };
});
