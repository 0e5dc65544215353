/** Where helm comes from: the one of the machine, or one built with Go from the module proxy, once, into the cache. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
// Past the door of testkit, since that needs jest.
import { cached, progress } from '../libs/testkit/dist/real-cache.js';

const version = 'v3.19.5';

const run = (command, args, env = {}) =>
  spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, ...env } });

/** Its path. @throws Error where there is none and none can be built. */
export const helmBinary = async () => {
  if (run('helm', ['version', '--short']).stdout?.startsWith('v3.')) return 'helm';
  const folder = await cached(`helm-${version}`, 1_800_000, async (draft) => {
    progress(`building helm ${version} with Go, once; some minutes`);
    const env = { GOBIN: draft, CGO_ENABLED: '0', GOFLAGS: '-trimpath' };
    const { error, status, stderr } = run('go', ['install', `helm.sh/helm/v3/cmd/helm@${version}`], env);
    if (error || status !== 0)
      throw new Error(`helm could not be built: ${error?.message ?? stderr.trim().slice(-600)}`);
  });
  return join(folder, 'helm');
};
