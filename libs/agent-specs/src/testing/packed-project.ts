import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runNpm } from '@kaizen-trace/testkit';
import { repository, succeed } from './run-process.js';

/** The packed SDK's package.json, as much of it as is looked at. */
export interface PackedManifest {
  readonly [field: string]: unknown;
  readonly name: string;
  readonly exports: Readonly<
    Record<
      string,
      string | Readonly<Record<'import' | 'require', Readonly<Record<'types' | 'default', string>>>>
    >
  >;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** An otherwise empty project that has the packed SDK installed, as a user's has. */
export interface PackedProject {
  readonly folder: string;
  /** The tarball that was installed. */
  readonly tarball: string;
  /** What packing said. */
  readonly said: string;
  /** Where the SDK lies in it. */
  readonly installed: string;
  readonly manifest: PackedManifest;
  /** Writes a file into the project and gives its path. */
  readonly write: (name: string, text: string) => Promise<string>;
}

/** Packs the SDK into `folder`, as the README says. Gives what was printed. */
export const pack = async (folder: string): Promise<string> => {
  const { stdout } = await succeed('npm', ['run', '--silent', 'pack:agent', '--', folder], {
    timeoutMs: 300_000,
  });
  return stdout;
};

/** Packs the SDK, and installs it in an empty project below `folder`. Asks the registry for its dependencies. */
export const installPacked = async (folder: string): Promise<PackedProject> => {
  const packed = join(folder, 'packed');
  const said = await pack(packed);
  const [tarball, ...others] = (await readdir(packed)).filter((name) => name.endsWith('.tgz'));
  if (tarball === undefined || others.length > 0)
    throw new Error(`packing left ${others.length} tarballs more`);
  const project = join(folder, 'project');
  await mkdir(project);
  await writeFile(join(project, 'package.json'), '{ "name": "consumer", "private": true }\n');
  await runNpm(['install', join(packed, tarball)], { cwd: project, timeoutMs: 240_000 });
  const installed = join(project, 'node_modules', '@kaizen-trace', 'agent');
  return {
    folder: project,
    tarball: join(packed, tarball),
    said,
    installed,
    manifest: JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as PackedManifest,
    write: async (name, text) => {
      const path = join(project, name);
      await mkdir(join(path, '..'), { recursive: true });
      await writeFile(path, text);
      return path;
    },
  };
};

/** Every file below a folder, by its path from there. */
export const filesBelow = async (folder: string): Promise<readonly string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
};

/** What a folder takes on disk, in bytes, by the packages in it. */
export const sizesOf = async (modules: string): Promise<ReadonlyMap<string, number>> => {
  const sizes = new Map<string, number>();
  for (const path of await filesBelow(modules)) {
    const parts = path.split('/');
    const name = parts.slice(0, path.startsWith('@') ? 2 : 1).join('/');
    sizes.set(name, (sizes.get(name) ?? 0) + (await stat(join(modules, path))).size);
  }
  return sizes;
};

/** The code of the README's block that stands behind `<!-- NAME -->`. @throws Error where there is none. */
export const readmeRegion = async (name: string): Promise<string> => {
  const text = await readFile(join(repository, 'README.md'), 'utf8');
  const [, code] = new RegExp(`<!-- ${name} -->\\n+\`\`\`\\w+\\n([\\s\\S]*?)\`\`\``).exec(text) ?? [];
  if (code === undefined) throw new Error(`README.md has no code behind <!-- ${name} -->`);
  return code;
};

/** The file of an ES module as CommonJS: imports of whole lines become requires, the rest runs in a function. */
export const asCommonJs = (code: string): string => {
  const isImport = /^import (\{[^}]*\}) from ('[^']+');$/gm;
  const requires = code.replace(isImport, 'const $1 = require($2);');
  if (/^import /m.test(requires)) throw new Error(`an import that cannot be turned around in:\n${code}`);
  return `(async () => {\n${requires}})();\n`;
};

/** Removes what a spec left, and says nothing where it is gone. */
export const remove = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });
