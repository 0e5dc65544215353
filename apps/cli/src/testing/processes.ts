import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A process of ours under test, with everything that it said. */
export interface Running {
  readonly child: ChildProcess;
  output(): string;
  /** Waits until its output matches; fails with the output where it ends before or takes over 60 s. */
  says(pattern: RegExp): Promise<void>;
  /** Sends the signal and gives the exit code. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

const inRepository = (path: string): string => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));

/** Starts a script of the repository, built, with just these variables beside the machine's own. */
export const startProcess = (
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Running => {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [inRepository(script), ...args], {
    env: { PATH, HOME, ...env },
    cwd: inRepository('.'),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const exited = once(child, 'exit');
  return {
    child,
    output: () => said,
    says: async (pattern) => {
      for (const deadline = Date.now() + 60_000; !pattern.test(said);) {
        if (child.exitCode !== null) throw new Error(`${script} ended with ${child.exitCode}:\n${said}`);
        if (Date.now() > deadline) throw new Error(`${script} did not say ${pattern.source}:\n${said}`);
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    },
    end: async (signal = 'SIGTERM') => {
      child.kill(signal);
      await exited;
      return child.exitCode;
    },
  };
};
