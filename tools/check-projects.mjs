/**
 * Checks that each project's three lists of what it builds on agree: its imports, the dependencies of its package.json,
 * the references of its tsconfig.json. Prints each difference and exits 1 where there is one.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { apps, libs, testOnly } from './layers.mjs';

const scope = '@kaizen-trace/';
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));
const problems = [];

const sources = (folder) =>
  readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.spec.ts') && !path.includes('/src/testing/'));

/** The packages that a file imports by name, Node's own left out. */
const importsOf = (path) =>
  [
    ...readFileSync(path, 'utf8').matchAll(
      /^(?:import|export)\b[^;]*?from '([^'.][^']*)'|\bimport\('([^'.][^']*)'\)/gm,
    ),
  ]
    .map((match) => match[1] ?? match[2])
    .filter((name) => !name.startsWith('node:'))
    .map((name) =>
      name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/'),
    );

const difference = (wanted, given) => [...wanted].filter((each) => !given.has(each));

const checkProject = (kind, name, allowed) => {
  const folder = join(kind, name);
  const manifest = read(join(folder, 'package.json'));
  const declared = new Set(Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }));
  const peers = new Set(Object.keys(manifest.peerDependencies ?? {}));
  const imported = new Set(sources(join(folder, 'src')).flatMap(importsOf));
  const referenced = new Set(
    (read(join(folder, 'tsconfig.json')).references ?? []).map(({ path }) => path.split('/').at(-1)),
  );
  const declaredProjects = new Set(
    [...declared].filter((each) => each.startsWith(scope)).map((each) => each.slice(scope.length)),
  );
  const complain = (what, names) => {
    for (const each of names) problems.push(`${folder}: ${each} ${what}`);
  };
  complain(
    'is imported but not in package.json',
    difference(imported, new Set([...declared, ...peers, '@jest/globals'])),
  );
  if (!testOnly.includes(name))
    complain('is in package.json but not imported', difference(declared, imported));
  complain('is in package.json but not in tsconfig.json', difference(declaredProjects, referenced));
  complain('is in tsconfig.json but not in package.json', difference(referenced, declaredProjects));
  complain(
    'is in package.json but not allowed by tools/layers.mjs',
    difference(declaredProjects, new Set(allowed)),
  );
};

const projects = [
  ...Object.entries(libs).map(([name, allowed]) => ['libs', name, allowed]),
  ...Object.entries(apps).map(([name, allowed]) => ['apps', name, allowed]),
];
for (const [kind, name, allowed] of projects) checkProject(kind, name, allowed);

const built = new Set(read('tsconfig.json').references.map(({ path }) => path));
for (const [kind, name] of projects)
  if (!built.has(`${kind}/${name}`)) problems.push(`tsconfig.json lacks ${kind}/${name}`);
for (const kind of ['libs', 'apps'])
  for (const name of readdirSync(kind))
    if (existsSync(join(kind, name, 'tsconfig.json')) && !projects.some(([k, n]) => k === kind && n === name))
      problems.push(`tools/layers.mjs lacks ${kind}/${name}`);

for (const problem of problems) console.error(problem);
process.exit(problems.length > 0 ? 1 : 0);
