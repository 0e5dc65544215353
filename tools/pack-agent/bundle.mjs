/**
 * Bundles the agent SDK's entries: ES modules with what they share in chunks, so that what is imported when needed is
 * loaded when needed, and the same chunks again as CommonJS, so that both formats hold each thing once.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { directImports } from './direct-imports.mjs';

const scope = '@kaizen-trace/';
/** How code finds a file that runs in a thread of its own: `new URL('./worker.js', import.meta.url)`, perhaps by a choice. */
const threadFile = /new URL\([^;]*?'\.\/([\w-]+)\.js'[^;]*?import\.meta\.url/g;

/** Ours is bundled; whatever else has a name is left to be installed. */
const onlyOurs = {
  name: 'only-ours',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === 'entry-point' || path.startsWith(scope) ? undefined : { path, external: true },
    );
  },
};

const settings = { platform: 'node', target: 'node20', logLevel: 'warning' };

const bundleModules = ({ root, entries, outdir, write }) =>
  build({
    ...settings,
    absWorkingDir: root,
    entryPoints: entries,
    outdir,
    write,
    bundle: true,
    format: 'esm',
    splitting: true,
    chunkNames: 'chunk-[hash]',
    conditions: ['@kaizen-trace/source'],
    tsconfig: join(root, 'tsconfig.base.json'),
    plugins: [onlyOurs, directImports(root)],
    metafile: true,
  });

/** The thread files that the sources name and that are no entries yet, as entries. */
const threadFilesOf = (root, inputs, entries) => {
  const found = {};
  for (const input of inputs)
    for (const [, name] of readFileSync(join(root, input), 'utf8').matchAll(threadFile)) {
      const path = join(dirname(input), `${name}.ts`);
      if (!existsSync(join(root, path)))
        throw new Error(`${input} names ./${name}.js, but there is no ${path}`);
      if (entries[name] !== undefined && entries[name] !== path)
        throw new Error(`${path} and ${entries[name]} would both be ${name}.js`);
      if (entries[name] === undefined) found[name] = path;
    }
  return found;
};

const here = "const __here = require('node:url').pathToFileURL(__filename).href;";

/** The chunks as they are, in CommonJS: none is put into another, so state that is one stays one. */
const convertToCommonJs = async (folder, outdir) => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.js'));
  const convert = (names, banner) =>
    build({
      ...settings,
      entryPoints: names.map((name) => join(folder, name)),
      outdir,
      format: 'cjs',
      // What cannot be required does not lie behind any of our dynamic imports.
      supported: { 'dynamic-import': false },
      ...(banner && { banner: { js: here }, define: { 'import.meta.url': '__here' } }),
    });
  const knowsItsPlace = (name) => readFileSync(join(folder, name), 'utf8').includes('import.meta.url');
  await convert(files.filter(knowsItsPlace), true);
  await convert(
    files.filter((name) => !knowsItsPlace(name)),
    false,
  );
};

/**
 * Writes `esm` and `cjs` under `outdir`, each with the entries (name → source) and the thread files that they start.
 * Answers the sources that are inside, and the names of the packages that are imported.
 */
export const bundle = async ({ root, entries, outdir }) => {
  const esm = join(outdir, 'esm');
  const trial = await bundleModules({ root, entries, outdir: esm, write: false });
  const threads = threadFilesOf(root, Object.keys(trial.metafile.inputs), entries);
  const { metafile } = await bundleModules({
    root,
    entries: { ...entries, ...threads },
    outdir: esm,
    write: true,
  });
  await convertToCommonJs(esm, join(outdir, 'cjs'));
  const sources = Object.keys(metafile.inputs);
  const foreign = sources.filter(
    (path) => path.includes('node_modules') || !/^libs\/[\w-]+\/src\//.test(path),
  );
  if (foreign.length > 0) throw new Error(`code that is not ours would be bundled: ${foreign.join(', ')}`);
  const imported = Object.values(metafile.outputs)
    .flatMap(({ imports }) => imports)
    .filter(({ external, path }) => external && !path.startsWith('node:'))
    .map(({ path }) => path);
  return { sources, imported };
};
