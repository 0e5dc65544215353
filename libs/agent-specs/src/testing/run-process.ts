import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The repository's own folder, with a slash at its end. */
export const repository = fileURLToPath(new URL('../../../../', import.meta.url));

/** How a process ended, with everything that it said. */
export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run a process. */
export interface RunOptions {
  readonly cwd?: string;
  /** All variables that it gets beside the machine's PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

const environmentOf = (env: RunOptions['env']): Record<string, string> => {
  const { PATH = '', HOME = '' } = process.env;
  return { PATH, HOME, ...env };
};

/** Runs a command to its end, whatever that is. */
export const runProcess = (
  command: string,
  args: readonly string[],
  { cwd = repository, env, timeoutMs = 60_000 }: RunOptions = {},
): Promise<Ended> =>
  new Promise((resolve) => {
    const options = { cwd, env: environmentOf(env), timeout: timeoutMs, maxBuffer: 64 * 1024 ** 2 };
    execFile(command, [...args], options, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ exitCode, stdout, stderr });
    });
  });

/** Runs a command that must succeed. @throws Error with what it said where it does not. */
export const succeed = async (
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ended> => {
  const ended = await runProcess(command, args, options);
  if (ended.exitCode === 0) return ended;
  throw new Error(
    `${command} ${args.join(' ')} ended with ${ended.exitCode}:\n${ended.stdout}${ended.stderr}`,
  );
};

/** A service of the repository that runs until it is ended. */
export interface RunningService {
  /** Waits until its output matches. @throws Error with the output where it ends before, or within a minute does not. */
  readonly says: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly end: () => Promise<void>;
  /** Ends it without a chance to do anything more. */
  readonly kill: () => Promise<void>;
}

/** Starts a built script of the repository on the Node of this process. */
export const startService = (
  script: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): RunningService => {
  const child: ChildProcess = spawn(process.execPath, [repository + script, ...args], {
    cwd: env.TEST_CWD ?? repository,
    env: environmentOf(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const hear = (chunk: Buffer): void => void (said += chunk.toString());
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  const exited = once(child, 'exit');
  const endBy = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await exited;
  };
  return {
    says: async (pattern) => {
      for (const deadline = Date.now() + 60_000; ;) {
        const match = pattern.exec(said);
        if (match !== null) return match;
        if (child.exitCode !== null) throw new Error(`${script} ended with ${child.exitCode}:\n${said}`);
        if (Date.now() > deadline) throw new Error(`${script} did not say ${pattern.source}:\n${said}`);
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    },
    end: () => endBy('SIGTERM'),
    kill: () => endBy('SIGKILL'),
  };
};
