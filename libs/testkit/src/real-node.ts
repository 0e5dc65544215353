import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, progress } from './real-cache.js';
import { runNpm } from './run-npm.js';

const limitMs = 300_000;

/**
 * The path of a Node of this major version, installed with npm into the cache folder where it is not there yet.
 *
 * @throws Error what npm said where it cannot be installed.
 */
export const nodeOf = async (major: number): Promise<string> => {
  const folder = await cached(`node-${String(major)}`, limitMs, async (draft) => {
    progress(`installing Node ${String(major)} into the cache, once`);
    const manifest = {
      private: true,
      dependencies: { node: String(major) },
      // The package's own install fetches the build for this machine.
      allowScripts: { node: true },
    };
    await writeFile(join(draft, 'package.json'), JSON.stringify(manifest));
    await runNpm(['install'], { cwd: draft, timeoutMs: limitMs });
    if (!existsSync(join(draft, 'node_modules', 'node', 'bin', 'node')))
      throw new Error(`npm installed node@${String(major)}, but left no bin/node in it`);
  });
  return join(folder, 'node_modules', 'node', 'bin', 'node');
};
