/**
 * For esbuild: an import or export from one of our libs goes straight to the file that has the name, past the lib's index. A chunk
 * holds what an entry can reach; through an index it could reach the whole lib, and gRPC with it for the sake of a hash.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const scope = '@kaizen-trace/';
const reExport = /^export \{([^}]*)\} from '\.\/([^']+)\.js';$/gm;
const named = /^(import|export) \{([^}]*)\} from '@kaizen-trace\/([\w-]+)';$/gm;

const namesIn = (list) =>
  list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type '));

/** What a lib exports, by name: the file, and what the name is there. */
const readIndex = (folder) => {
  const text = readFileSync(join(folder, 'index.ts'), 'utf8');
  const found = new Map();
  for (const [, list, file] of text.matchAll(reExport))
    for (const name of namesIn(list)) {
      const [inner, outer = inner] = name.split(' as ');
      found.set(outer, { inner, path: join(folder, `${file}.ts`) });
    }
  return found;
};

export const directImports = (root) => {
  const indexes = new Map();
  const indexOf = (lib) => {
    if (!indexes.has(lib)) indexes.set(lib, readIndex(join(root, 'libs', lib, 'src')));
    return indexes.get(lib);
  };
  const direct = (verb, name, lib) => {
    const [outer, local = outer] = name.split(' as ');
    const target = indexOf(lib).get(outer);
    if (target === undefined) return `${verb} { ${name} } from '${scope}${lib}';`;
    if (!existsSync(target.path))
      throw new Error(`the index of ${lib} names ${target.path}, which is not there`);
    return `${verb} { ${target.inner} as ${local} } from ${JSON.stringify(target.path)};`;
  };
  return {
    name: 'direct-imports',
    setup({ onLoad }) {
      onLoad({ filter: /\/libs\/[\w-]+\/src\/.*\.ts$/ }, ({ path }) => ({
        loader: 'ts',
        contents: readFileSync(path, 'utf8').replace(named, (_, verb, list, lib) =>
          namesIn(list)
            .map((name) => direct(verb, name, lib))
            .join(' '),
        ),
      }));
    },
  };
};
