import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';

export interface ServiceOptions {
  readonly name: string;
  /** A built script, run with the Node of this process. */
  readonly script: string;
  /** All variables that it gets besides PATH and HOME. */
  readonly env: Readonly<Record<string, string>>;
  /** Where its output goes, as `<name>.log`, and where it runs, in a folder of its own that its restarts find again. */
  readonly folder: string;
}

/** A service in a process of its own, started again whenever it ends, as an orchestrator would. */
export interface Service {
  readonly name: string;
  /** Starts it; it goes on until `stop`. */
  start(): void;
  /** Ends it as a crash would. It is started again after `pauseMs`. */
  crash(pauseMs: number): void;
  /** Stops its processor time, as a machine that hangs; `wake` gives it back. */
  freeze(): void;
  wake(): void;
  isRunning(): boolean;
  /** Of the process that runs now. */
  pid(): number | undefined;
  /** How often it ended without having been told to. */
  readonly deaths: readonly (number | string)[];
  /** Ends it by SIGTERM for good; its exit code, or the signal that it took. */
  stop(): Promise<number | string>;
  /** Ends it as a crash would, for good. */
  kill(): Promise<void>;
}

const restartPauseMs = 1000;
const patienceMs = 40_000;

/** Ends a process by SIGTERM, or by SIGKILL where it does not end in time. */
const endGently = async (child: ChildProcess): Promise<number | string> => {
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  child.kill('SIGCONT');
  child.kill('SIGTERM');
  const timer = setTimeout(() => void child.kill('SIGKILL'), patienceMs);
  const [code, signal] = await ended;
  clearTimeout(timer);
  return code ?? signal ?? 'unknown';
};

const endAtOnce = async (child: ChildProcess): Promise<void> => {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
};

const spawnLogged = ({ name, script, env, folder }: ServiceOptions): ChildProcess => {
  const log = openSync(join(folder, `${name}.log`), 'a');
  // What it keeps on disk by default lies below: a disk of its own, and not the checkout.
  const cwd = join(folder, name);
  mkdirSync(cwd, { recursive: true });
  const { PATH = '', HOME = '' } = process.env;
  const started = spawn(process.execPath, [script], {
    env: { PATH, HOME, ...env },
    cwd,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  return started;
};

/** A service, not yet started. */
export const createService = (options: ServiceOptions): Service => {
  const deaths: (number | string)[] = [];
  let child: ChildProcess | undefined;
  let pauseMs: number | undefined;
  let stopping = false;
  // Whatever ends this process: a pipeline that nobody watches is of no use.
  const onExit = (): void => void child?.kill('SIGKILL');
  process.once('exit', onExit);

  const start = (): void => {
    const started = spawnLogged(options);
    child = started;
    pauseMs = undefined;
    started.once('exit', (code, signal) => {
      if (child === started) child = undefined;
      if (stopping) return;
      if (pauseMs === undefined) deaths.push(code ?? signal ?? 'unknown');
      setTimeout(() => {
        if (!stopping) start();
      }, pauseMs ?? restartPauseMs);
    });
  };

  return {
    name: options.name,
    start,
    crash: (pause) => {
      pauseMs = pause;
      child?.kill('SIGKILL');
    },
    freeze: () => void child?.kill('SIGSTOP'),
    wake: () => void child?.kill('SIGCONT'),
    isRunning: () => child !== undefined,
    pid: () => child?.pid,
    deaths,
    stop: async () => {
      stopping = true;
      const code = child === undefined ? 'not running' : await endGently(child);
      process.off('exit', onExit);
      return code;
    },
    kill: async () => {
      stopping = true;
      if (child !== undefined) await endAtOnce(child);
      process.off('exit', onExit);
    },
  };
};
