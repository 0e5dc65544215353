import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cached, progress } from './real-cache.js';
import { run } from './real-process.js';

const module = 'github.com/jaegertracing/jaeger';
/** The module's version; its source is that of Jaeger 2.13.0. */
const version = 'v1.76.0';
const product = 'v2.13.0';
// Pinned here, so that neither the proxy nor a look-up of checksums has to be believed.
const sum = 'h1:sWCOOF1dr+NL0PLil7mFo3BqqQL8k4WiM7aguFbc14g=';
const goModSum = 'h1:hqcuJlLDTv7G2x5eFd/BhwcPdLxj3N+90aKhIzdOcKo=';

interface Download {
  readonly Dir?: string;
  readonly Sum?: string;
  readonly Error?: string;
}

const download = async (folder: string): Promise<string> => {
  const env = { ...process.env, GOFLAGS: '-mod=mod', GONOSUMDB: module };
  const args = ['mod', 'download', '-json', `${module}@${version}`];
  const found = JSON.parse(await run('go', args, { cwd: folder, env, timeoutMs: 180_000 })) as Download;
  if (found.Sum !== sum || found.Dir === undefined) {
    throw new Error(
      `${module}@${version} has checksum ${String(found.Sum ?? found.Error)}, not the pinned one`,
    );
  }
  return found.Dir;
};

/**
 * `go install` refuses a module with replacements; so a module of our own takes over its go.mod and go.sum, every pin
 * of which then holds, and requires it.
 */
const compile = async (work: string, output: string): Promise<void> => {
  const source = await download(work);
  const main = `${module}/cmd/jaeger`;
  const goMod = await readFile(join(source, 'go.mod'), 'utf8');
  const goSum = await readFile(join(source, 'go.sum'), 'utf8');
  await writeFile(join(work, 'go.mod'), goMod.replace(/^module .*$/m, 'module kaizen-trace.test/jaeger'));
  const ownSums = `${module} ${version} ${sum}\n${module} ${version}/go.mod ${goModSum}\n`;
  await writeFile(join(work, 'go.sum'), goSum + ownSums);
  await writeFile(join(work, 'tools.go'), `//go:build tools\n\npackage tools\n\nimport _ "${main}"\n`);
  await run('go', ['mod', 'edit', '-require', `${module}@${version}`], { cwd: work, timeoutMs: 60_000 });
  const flags = `-s -w -X ${module}/internal/version.latestVersion=${product}`;
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=mod -buildvcs=false' };
  const args = ['build', '-trimpath', '-ldflags', flags, '-o', output, main];
  await run('go', args, { cwd: work, env, timeoutMs: 1_500_000 });
};

/**
 * The Jaeger v2 binary, built once with Go from the module proxy (about five minutes on two cores) and kept in the cache.
 *
 * @throws Error where there is no Go, the proxy does not answer or a checksum differs.
 */
export const jaegerBinary = async (): Promise<string> => {
  const folder = await cached(`jaeger-${product}`, 1_800_000, async (draft) => {
    await run('go', ['version'], { timeoutMs: 20_000 });
    progress(`building Jaeger ${product} with Go, once; about five minutes`);
    const work = await mkdtemp(join(tmpdir(), 'kaizen-trace-jaeger-build-'));
    try {
      await compile(work, join(work, 'jaeger'));
      await mkdir(draft, { recursive: true });
      await copyFile(join(work, 'jaeger'), join(draft, 'jaeger'));
      await chmod(join(draft, 'jaeger'), 0o755);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
  return join(folder, 'jaeger');
};
