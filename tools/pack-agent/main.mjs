/**
 * Packs the agent SDK: `node tools/pack-agent/main.mjs DIR` leaves one tarball in DIR that an empty project installs.
 * The libs of this repository are inside; packages of others stay dependencies. Needs a build.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.mjs';
import { carryDeclarations } from './declarations.mjs';
import { makeManifest } from './manifest.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
/** npm runs scripts in the package's folder; a relative DIR is meant from where the command was given. */
const from = process.env.INIT_CWD ?? process.cwd();
const [destination, ...rest] = process.argv.slice(2);

if (destination === undefined || destination.startsWith('-') || rest.length > 0) {
  console.error('usage: npm run pack:agent -- DIR');
  process.exit(1);
}

const source = '@kaizen-trace/source';
const { exports } = JSON.parse(readFileSync(join(root, 'libs/agent/package.json'), 'utf8'));
/** What the SDK's own package.json exports, by the name of the file it becomes. */
const entries = Object.entries(exports).filter(([, target]) => source in Object(target));
const nameOf = (path) => (path === '.' ? 'index' : path.slice('./'.length));
const filesOf = (condition) =>
  Object.fromEntries(entries.map(([path, target]) => [nameOf(path), join('libs/agent', target[condition])]));

const write = (path, value) => writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`);

const fill = async (folder) => {
  const outdir = join(folder, 'dist');
  // Says that what is bundled are ES modules, before anything is read; the rest follows when it is known.
  write(join(folder, 'package.json'), { type: 'module' });
  const { sources, imported } = await bundle({ root, entries: filesOf(source), outdir });
  write(join(outdir, 'cjs', 'package.json'), { type: 'commonjs' });
  const declarations = carryDeclarations({
    root,
    entries: filesOf('types'),
    folders: [join(outdir, 'esm'), join(outdir, 'cjs')],
  });
  const manifest = makeManifest({
    root,
    sources,
    imported: [...imported, ...declarations.imported],
    types: declarations.places,
  });
  write(join(folder, 'package.json'), manifest);
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  copyFileSync(join(root, 'libs/agent/README.md'), join(folder, 'README.md'));
};

const folder = mkdtempSync(join(tmpdir(), 'kaizen-pack-'));
try {
  await fill(folder);
  const into = resolve(from, destination);
  mkdirSync(into, { recursive: true });
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const answer = execFileSync(
    npm,
    ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', into],
    { cwd: folder, encoding: 'utf8', shell: process.platform === 'win32' },
  );
  const parsed = JSON.parse(answer);
  const [{ filename, size, unpackedSize }] = Array.isArray(parsed) ? parsed : Object.values(parsed);
  const tarball = join(into, filename);
  if (!existsSync(tarball)) throw new Error(`npm pack left no ${tarball}`);
  const kib = (bytes) => `${Math.round(bytes / 1024)} KiB`;
  const shown = relative(from, tarball);
  const path = shown.startsWith('..') ? tarball : `./${shown}`;
  console.log(`${path}: ${kib(size)}, ${kib(unpackedSize)} unpacked`);
  console.log(`In your project: npm install ${path.startsWith('./') ? tarball : path}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
