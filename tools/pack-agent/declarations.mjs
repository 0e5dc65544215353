/**
 * Carries over the declarations that the entries reach, from every lib that they come from, with the names of our own
 * packages turned into paths: a type is declared once, whichever entry shows it.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const scope = '@kaizen-trace/';
const specifier = /((?:\bfrom|\bimport)\s*\(?\s*)(['"])([^'"]+)\2/g;
const isRelative = (name) => name.startsWith('./') || name.startsWith('../');

/** libs/x/dist/y.d.ts → x/y.d.ts */
const placeOf = (path) => path.replace(/^libs\/([\w-]+)\/dist\//, '$1/');

const asSpecifier = (path) => (isRelative(path) ? path : `./${path}`).replace(/\.d\.ts$/, '.js');

/**
 * Writes `types` under each of `folders` with everything that `entries` (name → declaration, from the root) reach.
 * Answers each entry's place in there, and the packages that the declarations import.
 */
export const carryDeclarations = ({ root, entries, folders }) => {
  const pending = Object.values(entries);
  const done = new Set();
  const imported = new Set();
  while (pending.length > 0) {
    const path = pending.pop();
    if (done.has(path)) continue;
    done.add(path);
    const target = (name) => {
      const found = isRelative(name)
        ? join(dirname(path), name.replace(/\.js$/, '.d.ts'))
        : join('libs', name.slice(scope.length), 'dist', 'index.d.ts');
      pending.push(found);
      return asSpecifier(relative(dirname(placeOf(path)), placeOf(found)));
    };
    const text = readFileSync(join(root, path), 'utf8')
      .replace(/^\/\/# sourceMappingURL=.*\n?/m, '')
      .replace(specifier, (whole, before, quote, name) => {
        if (isRelative(name) || name.startsWith(scope)) return `${before}${quote}${target(name)}${quote}`;
        imported.add(name);
        return whole;
      });
    for (const folder of folders) {
      const file = join(folder, 'types', placeOf(path));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }
  const places = Object.fromEntries(
    Object.entries(entries).map(([name, path]) => [name, `types/${placeOf(path)}`]),
  );
  return { places, imported: [...imported].filter((name) => !name.startsWith('node:')) };
};
