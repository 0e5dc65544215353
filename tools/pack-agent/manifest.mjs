/** The package.json of the packed agent SDK: what its own says, with the versions that the bundled libs declare. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What only the embedded log needs, and brings native code: installed by those who use it. */
const optionalPeers = ['lmdb'];

const read = (root, lib) => JSON.parse(readFileSync(join(root, 'libs', lib, 'package.json'), 'utf8'));

const packageOf = (specifier) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** The version of each, as the libs that are bundled declare it; they must agree. */
const versionsOf = ({ root, libs, names }) => {
  const manifests = libs.map((lib) => read(root, lib));
  return Object.fromEntries(
    names.map((name) => {
      const declared = manifests.map((each) => each.dependencies?.[name] ?? each.peerDependencies?.[name]);
      const versions = [...new Set(declared.filter((version) => version !== undefined))];
      if (versions.length !== 1)
        throw new Error(
          `${name} is declared as ${versions.join(' and ') || 'nothing'} by ${libs.join(', ')}`,
        );
      return [name, versions[0]];
    }),
  );
};

const conditions = (name, types) => {
  const format = (folder) => ({ types: `./dist/${folder}/${types}`, default: `./dist/${folder}/${name}.js` });
  return { import: format('esm'), require: format('cjs') };
};

/**
 * Makes it of the SDK's own manifest, the sources inside, the packages imported and the place of each entry's types.
 *
 * @throws Error where an imported package has no version, or two.
 */
export const makeManifest = ({ root, sources, imported, types }) => {
  const own = read(root, 'agent');
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const libs = [...new Set(sources.map((path) => path.split('/')[1]))].sort();
  const names = [...new Set(imported.map(packageOf))].sort();
  const versions = versionsOf({ root, libs, names });
  const wanted = Object.entries(versions);
  const peers = wanted.filter(([name]) => optionalPeers.includes(name));
  return {
    name: own.name,
    version: own.version,
    description: own.description,
    keywords: ['agents', 'ai', 'jaeger', 'kafka', 'llm', 'opentelemetry', 'tracing'],
    license: own.license,
    type: 'module',
    sideEffects: false,
    engines: { node: engines.node },
    main: './dist/cjs/index.js',
    module: './dist/esm/index.js',
    types: `./dist/cjs/${types.index}`,
    exports: {
      ...Object.fromEntries(
        Object.entries(types).map(([name, place]) => [
          name === 'index' ? '.' : `./${name}`,
          conditions(name, place),
        ]),
      ),
      './package.json': './package.json',
    },
    files: ['dist'],
    dependencies: Object.fromEntries(wanted.filter(([name]) => !optionalPeers.includes(name))),
    ...(peers.length > 0 && {
      peerDependencies: Object.fromEntries(peers),
      peerDependenciesMeta: Object.fromEntries(peers.map(([name]) => [name, { optional: true }])),
    }),
  };
};
