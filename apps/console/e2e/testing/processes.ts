import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** A program of ours that is to be started. */
export interface ProgramStart {
  /** From the repository's root. */
  readonly program: string;
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What it says, on either stream, once it runs. */
  readonly ready: string;
}

/**
 * Starts a program, built before, and waits until it runs.
 *
 * @throws Error with all that it said where it ended instead.
 */
export const startProgram = async ({
  program,
  args = [],
  env,
  ready,
}: ProgramStart): Promise<ChildProcess> => {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [join(root, program), ...args], {
    cwd: root,
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      if (said.includes(ready)) resolve();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', (code) => reject(new Error(`${program} ended with ${String(code)}:\n${said}`)));
  });
  return child;
};

/** Ends it as an operator would, and waits until it has gone. */
export const endProgram = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
};
