/**
 * Leaves under node_modules only what the given workspaces need at run time: npm also installs what other workspaces of
 * the repository want, such as those that only specs import.
 *
 *   node keep-reachable.mjs WORKSPACE…
 */
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

const reached = new Set();

/** Where Node would find it: in the nearest node_modules upwards. */
const find = (name, from) => {
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules', name);
    if (existsSync(join(path, 'package.json'))) return path;
    if (folder === dirname(folder)) return undefined;
  }
};

const reach = (path) => {
  reached.add(path);
  const folder = realpathSync(path);
  if (reached.has(folder) && folder !== path) return;
  reached.add(folder);
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const { dependencies, optionalDependencies, peerDependencies } = manifest;
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
    const found = find(name, folder);
    if (found !== undefined && !reached.has(found)) reach(found);
  }
};

const packagesIn = (modules) =>
  readdirSync(modules, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.'))
    .flatMap(({ name }) =>
      name.startsWith('@')
        ? readdirSync(join(modules, name)).map((each) => join(modules, name, each))
        : [join(modules, name)],
    );

const prune = (folder) => {
  const modules = join(folder, 'node_modules');
  if (!existsSync(modules)) return;
  for (const path of packagesIn(modules)) {
    if (!reached.has(path)) rmSync(path, { recursive: true, force: true });
    else if (path === realpathSync(path)) prune(path);
  }
  rmSync(join(modules, '.bin'), { recursive: true, force: true });
};

const root = process.cwd();
for (const workspace of process.argv.slice(2)) reach(join(root, workspace));
const workspaces = ['apps', 'libs'].flatMap((kind) =>
  readdirSync(join(root, kind)).map((name) => join(root, kind, name)),
);
for (const folder of [root, ...workspaces]) {
  if (folder === root || reached.has(folder)) prune(folder);
  else rmSync(folder, { recursive: true });
}
