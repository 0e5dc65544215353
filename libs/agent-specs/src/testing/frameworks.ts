import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe } from '@jest/globals';
import { cached, firstLines, leaveOut, progress, realPartsRequired, runNpm } from '@kaizen-trace/testkit';

const run = promisify(execFile);
const folder = fileURLToPath(new URL('../../frameworks', import.meta.url));
const agent = new URL('../../../agent/', import.meta.url);
const installLimitMs = 600_000;

/** The frameworks, installed as their lockfile says. */
export interface Frameworks {
  /** Has them under `node_modules`. */
  readonly folder: string;
}

/**
 * Installs the frameworks of `libs/agent-specs/frameworks` into the cache folder, once for each lockfile.
 *
 * @throws Error what npm said where they cannot be installed.
 */
const install = async (): Promise<Frameworks> => {
  const lockfile = await readFile(join(folder, 'package-lock.json'));
  const hash = createHash('sha256').update(lockfile).digest('hex').slice(0, 16);
  const installed = await cached(`frameworks-${hash}`, installLimitMs, async (draft) => {
    progress('installing agent frameworks into the cache, once; about half a minute');
    for (const name of ['package.json', 'package-lock.json']) await cp(join(folder, name), join(draft, name));
    await runNpm(['ci', '--ignore-scripts', '--omit=optional'], { cwd: draft, timeoutMs: installLimitMs });
  });
  return { folder: installed };
};

/**
 * A `describe` for tests that need the frameworks; await it at the top of the file. Where they cannot be installed, the
 * console says which tests are left out and why; with `REQUIRE_REAL=1` the file fails instead.
 *
 * @throws Error what npm said where the frameworks are required and not to be had.
 */
export const describeFrameworks = async (
  name: string,
  body: (frameworks: Frameworks) => void,
): Promise<void> => {
  try {
    const frameworks = await install();
    describe(name, () => body(frameworks));
  } catch (error) {
    if (realPartsRequired()) throw error;
    const reason = `the frameworks could not be installed: ${firstLines(error)}`;
    leaveOut(name, reason, () => body({ folder: '' }));
  }
};

/** A place beside the installed frameworks, gone after `work`: what lies in it can import them. */
export const besideFrameworks = async <T>(
  frameworks: Frameworks,
  work: (place: string) => Promise<T>,
): Promise<T> => {
  const place = await mkdtemp(join(tmpdir(), 'kaizen-frameworks-'));
  try {
    await symlink(join(frameworks.folder, 'node_modules'), join(place, 'node_modules'), 'junction');
    return await work(place);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
};

/** Where a subpath of the SDK leads to: the built module for `default`, its declarations for `types`. */
export const exportOf = async (subpath: string, condition: 'default' | 'types'): Promise<URL> => {
  const { exports } = JSON.parse(await readFile(new URL('package.json', agent), 'utf8')) as {
    exports: Record<string, Record<string, string>>;
  };
  return new URL(exports[`./${subpath}`]![condition]!, agent);
};

/** One event as an adapter told it, its timestamp as it came. */
export type Told = Readonly<Record<string, unknown>>;

/** What to record: `record-{recorder}.mjs` with the adapter of the SDK's subpath. */
export interface Recording {
  readonly recorder: string;
  readonly subpath: string;
  readonly content?: boolean;
}

/** Runs a recorder with the built adapter against the real framework; gives what the adapter told, in order. */
export const record = (frameworks: Frameworks, recording: Recording): Promise<readonly Told[]> =>
  besideFrameworks(frameworks, async (place) => {
    for (const name of await readdir(folder))
      if (name.endsWith('.mjs')) await cp(join(folder, name), join(place, name));
    const adapter = await exportOf(recording.subpath, 'default');
    const args = [
      `record-${recording.recorder}.mjs`,
      adapter.href,
      ...(recording.content === true ? ['content'] : []),
    ];
    const { stdout } = await run(process.execPath, args, {
      cwd: place,
      timeout: 60_000,
      maxBuffer: 64 * 1024 * 1024,
      // The OpenAI Agents SDK does not trace where NODE_ENV is `test`.
      env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '', NODE_NO_WARNINGS: '1' },
    });
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Told);
  });
