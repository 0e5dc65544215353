import { run } from './real-process.js';

// A connection that hangs is given up and tried again long before the test is: npm itself waits for five minutes.
const patience = [
  '--prefer-offline',
  '--fetch-timeout=30000',
  '--fetch-retries=4',
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=10000',
];
const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];

/** Npm as the machine has it set up, but not with what the test's own Node was started with. */
const environment = (): NodeJS.ProcessEnv => {
  const env = { ...process.env };
  delete env.NODE_OPTIONS;
  return env;
};

/**
 * Runs npm in a folder: for tests that install what they are about. Needs the registry, but for what npm's cache has.
 *
 * @throws Error with what npm said, where it fails or takes longer.
 */
export const runNpm = (
  args: readonly string[],
  options: { readonly cwd: string; readonly timeoutMs: number },
): Promise<string> =>
  run(process.platform === 'win32' ? 'npm.cmd' : 'npm', [...args, ...quiet, ...patience], {
    ...options,
    env: environment(),
  });
