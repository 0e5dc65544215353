import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runCli } from '../program.js';

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: Readable;
  readonly signal?: AbortSignal;
}

export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command line in this process, and collects what it prints. */
export const run = async (
  args: readonly string[],
  { env = {}, stdin = Readable.from([]), signal = new AbortController().signal }: RunOptions = {},
): Promise<RunResult> => {
  const stdout = new PassThrough({ highWaterMark: 1024 });
  const printed = text(stdout);
  let stderr = '';
  const write = (line: string): boolean => {
    stderr += line;
    return true;
  };
  const exitCode = await runCli(args, { env, stdin, stdout, stderr: { write }, signal });
  stdout.end();
  return { exitCode, stdout: await printed, stderr };
};
