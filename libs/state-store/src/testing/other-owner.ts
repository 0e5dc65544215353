import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const testDirectory = fileURLToPath(new URL('../../test/', import.meta.url));

/** An owner in a process of its own. */
export interface OtherOwner {
  readonly child: ChildProcess;
  readonly lines: readonly string[];
  readonly exited: Promise<unknown>;
}

/** Starts one, which follows and writes commits until it is replaced or killed. */
export const startOwner = (directory: string): OtherOwner => {
  const child = spawn(
    process.execPath,
    [
      '--experimental-transform-types',
      '--disable-warning=ExperimentalWarning',
      '--conditions=@kaizen-trace/source',
      '--import',
      join(testDirectory, 'source-hooks.mjs'),
      join(testDirectory, 'process.mjs'),
      directory,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' } },
  );
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  return { child, lines, exited: once(child, 'close') };
};

/** Waits until the condition holds; fails with what was awaited after 15 s. */
export const until = async (what: string, condition: () => boolean): Promise<void> => {
  const deadline = Date.now() + 15_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not in time: ${what}`);
    await new Promise((done) => setTimeout(done, 10));
  }
};
