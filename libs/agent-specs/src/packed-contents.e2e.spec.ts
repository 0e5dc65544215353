import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  filesBelow,
  installPacked,
  pack,
  type PackedProject,
  remove,
  sizesOf,
} from './testing/packed-project.js';
import { repository, runProcess, succeed } from './testing/run-process.js';

const mebibytes = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MiB`;

/** The packages that a file of JavaScript or of declarations imports. */
const importsOf = (text: string): readonly string[] =>
  [...text.matchAll(/(?:\bfrom |\bimport |\bimport\(|\brequire\()\s*["']([^"'.][^"']*)["']/g)]
    .map(([, specifier = '']) => specifier)
    .filter((specifier) => !specifier.startsWith('node:') && !builtinModules.includes(specifier))
    .map((specifier) =>
      specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/'),
    );

describe('the packed agent SDK', () => {
  let folder: string;
  let project: PackedProject;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaizen-packed-'));
    project = await installPacked(folder);
  }, 600_000);

  afterAll(() => remove(folder));

  const text = (path: string): Promise<string> => readFile(join(project.installed, path), 'utf8');

  it('is one tarball, and packing says how to install it', () => {
    expect(project.tarball).toMatch(/kaizen-trace-agent-0\.1\.0\.tgz$/);
    expect(project.said).toContain(`npm install ${project.tarball}`);
  });

  it('leaves other files of the folder alone, and can be packed into it again', async () => {
    const packed = join(folder, 'packed');
    await writeFile(join(packed, 'notes.txt'), 'mine');
    const before = await readFile(project.tarball);
    await pack(packed);
    expect((await readdir(packed)).sort()).toEqual(['kaizen-trace-agent-0.1.0.tgz', 'notes.txt']);
    expect(await readFile(join(packed, 'notes.txt'), 'utf8')).toBe('mine');
    // The same sources give the same bytes.
    expect((await readFile(project.tarball)).equals(before)).toBe(true);
  }, 120_000);

  it('says how to call it where the folder is not named', async () => {
    const { exitCode, stderr } = await runProcess('npm', ['run', '--silent', 'pack:agent'], {
      cwd: repository,
    });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('usage: npm run pack:agent -- DIR');
  });

  it('brings no NestJS, nothing native and nothing of ours but itself', async () => {
    const sizes = await sizesOf(join(project.folder, 'node_modules'));
    const names = [...sizes.keys()].filter((name) => !name.startsWith('.'));
    const total = [...sizes.values()].reduce((sum, each) => sum + each, 0);
    const own = sizes.get('@kaizen-trace/agent') ?? 0;
    console.log(
      `installed: ${names.length} packages, ${mebibytes(total)}; of that the SDK ${mebibytes(own)}`,
    );
    expect(names.filter((name) => /nestjs|lmdb|fastify/.test(name))).toEqual([]);
    expect(names.filter((name) => name.startsWith('@kaizen-trace/'))).toEqual(['@kaizen-trace/agent']);
    const files = await filesBelow(join(project.folder, 'node_modules'));
    expect(files.filter((name) => name.endsWith('.node') || name.endsWith('binding.gyp'))).toEqual([]);
    expect(own).toBeLessThan(4 * 1024 ** 2);
  });

  it('has just what it needs: code, declarations, README and licence, no sources, no maps', async () => {
    const files = await filesBelow(project.installed);
    expect(files.filter((name) => !name.startsWith('dist/'))).toEqual([
      'LICENSE',
      'README.md',
      'package.json',
    ]);
    const stray = files.filter((name) => name.startsWith('dist/') && !/\.(js|d\.ts)$/.test(name));
    expect(stray).toEqual(['dist/cjs/package.json']);
    for (const name of files) expect(await text(name)).not.toMatch(/sourceMappingURL|\/work\/|\/tmp\//);
  });

  it('exports files that are there, with declarations of the same format for each', async () => {
    const { exports, ...rest } = project.manifest;
    expect(rest).toMatchObject({
      type: 'module',
      license: 'Apache-2.0',
      sideEffects: false,
      engines: { node: '>=20' },
    });
    expect(rest).not.toHaveProperty('private');
    expect(rest).not.toHaveProperty('scripts');
    const subpaths = Object.entries(exports).filter(([path]) => path !== './package.json');
    expect(subpaths.length).toBeGreaterThan(0);
    for (const [, conditions] of subpaths) {
      if (typeof conditions === 'string') throw new Error(`${conditions} has no conditions`);
      expect(Object.keys(conditions)).toEqual(['import', 'require']);
      for (const [format, { types, default: code }] of Object.entries(conditions)) {
        expect(Object.keys(conditions[format as 'import'])).toEqual(['types', 'default']);
        for (const path of [types, code])
          expect(path).toMatch(format === 'import' ? /^\.\/dist\/esm\// : /^\.\/dist\/cjs\//);
        await Promise.all([text(types), text(code)]);
      }
    }
    expect(JSON.parse(await text('dist/cjs/package.json'))).toEqual({ type: 'commonjs' });
  });

  it('imports only what it declares, in code and in declarations, and declares only what it imports', async () => {
    const { dependencies, peerDependencies = {} } = project.manifest;
    const files = (await filesBelow(project.installed)).filter((name) => /\.(js|d\.ts)$/.test(name));
    const imported = new Set<string>();
    for (const name of files) for (const each of importsOf(await text(name))) imported.add(each);
    const declared = Object.keys({ ...dependencies, ...peerDependencies });
    expect([...imported].sort()).toEqual(declared.sort());
    for (const version of Object.values(dependencies)) expect(version).toMatch(/^[~^]?\d+\.\d+\.\d+$/);
  });

  it('gives each entry in both formats, with the same names, and gives named imports of both to ES modules', async () => {
    const { exports, name } = project.manifest;
    for (const path of Object.keys(exports).filter((each) => each !== './package.json')) {
      const specifier = path === '.' ? name : name + path.slice(1);
      const list = 'console.log(JSON.stringify(Object.keys(it).sort()))';
      const esm = await project.write('names.mjs', `import * as it from '${specifier}';\n${list}`);
      const cjs = await project.write('names.cjs', `const it = require('${specifier}');\n${list}`);
      const fromEsm = JSON.parse((await succeed(process.execPath, [esm])).stdout) as string[];
      const fromCjs = JSON.parse((await succeed(process.execPath, [cjs])).stdout) as string[];
      expect(fromEsm.length).toBeGreaterThan(0);
      expect(fromCjs).toEqual(fromEsm);
    }
  });

  it('loads gRPC, kafkajs, Avro and the log only when they are needed, and says what loading costs', async () => {
    const code = (load: string): string => `
      const begin = performance.now();
      ${load}
      const ms = performance.now() - begin;
      const loaded = Object.keys(cache).map((path) => path.replace(/^.*node_modules\\/((?:@[^/]+\\/)?[^/]+).*$/, '$1'));
      console.log(JSON.stringify({ ms, loaded: [...new Set(loaded)] }));`;
    const { name } = project.manifest;
    const esm = `import { createRequire } from 'node:module';\nconst { cache } = createRequire(import.meta.url);\n`;
    const files = [
      await project.write('load.mjs', esm + code(`await import('${name}');`)),
      await project.write('load.cjs', `const { cache } = require;\n${code(`require('${name}');`)}`),
    ];
    for (const file of files) {
      const { stdout } = await succeed(process.execPath, [file]);
      const { ms, loaded } = JSON.parse(stdout) as {
        readonly ms: number;
        readonly loaded: readonly string[];
      };
      console.log(`${file.slice(-8)}: loaded in ${ms.toFixed(0)} ms, with ${loaded.join(', ')}`);
      expect(loaded.filter((each) => /grpc|kafkajs|lmdb|avsc/.test(each))).toEqual([]);
    }
  });
});
