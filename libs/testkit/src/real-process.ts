import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** Ports on loopback that were free a moment ago, all different. */
export const freePorts = async (count: number): Promise<readonly number[]> => {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer();
          server.once('error', reject);
          server.listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { readonly port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
};

/** Whether something accepts connections there. */
export const accepts = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ host, port });
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1000, () => settle(false));
    socket.once('connect', () => settle(true)).once('error', () => settle(false));
  });

/** Runs a command to its end. The error carries the end of what it printed. */
export const run = (
  command: string,
  args: readonly string[],
  options: { readonly timeoutMs: number; readonly cwd?: string; readonly env?: NodeJS.ProcessEnv },
): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile(
      command,
      [...args],
      {
        timeout: options.timeoutMs,
        maxBuffer: 64 * 1024 * 1024,
        killSignal: 'SIGKILL',
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        ...(options.env === undefined ? {} : { env: options.env }),
      },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else
          reject(
            new Error(`${command}: ${(stderr || stdout || error.message).trim().slice(-600)}`, {
              cause: error,
            }),
          );
      },
    );
  });

/** A server process of the tests' own, with its folder. */
export interface Server {
  readonly pid: number;
  readonly folder: string;
  /** Ends it at once (as a crash would) and removes its folder. Idempotent. */
  stop(): Promise<void>;
}

/** How to start a server, and when it counts as ready. */
export interface ServerOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly ready: () => Promise<boolean>;
  readonly timeoutMs: number;
  /** Ends with this process: the test run where there is one, else the caller. */
  readonly watchedPid: number;
  /** Kept when the server stops, so that another can continue on it. */
  readonly keepFolder?: boolean;
}

/** Makes a folder for a server of this name. Its maker removes it. */
export const temporaryFolder = (name: string): Promise<string> =>
  mkdtemp(join(tmpdir(), `kaizen-trace-${name}-`));

/** Removes a folder of the tests' own, if it is there. */
export const removeFolder = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });

const supervisor = fileURLToPath(new URL('../supervise.mjs', import.meta.url));

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });

/**
 * Starts a server under a supervisor that ends it with the watched process, and waits until it is ready.
 *
 * @throws Error with the end of the server's log where it is not ready in time.
 */
export const startServer = async (options: ServerOptions): Promise<Server> => {
  const logFile = join(options.folder, 'server.log');
  const child = spawn(
    process.execPath,
    [supervisor, String(options.watchedPid), logFile, options.command, ...options.args],
    { stdio: 'ignore', detached: true, env: { ...process.env, NODE_OPTIONS: '' } },
  );
  child.unref();
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended(child);
    if (options.keepFolder !== true) await removeFolder(options.folder);
  };
  const deadline = Date.now() + options.timeoutMs;
  while (!(await options.ready())) {
    if (child.exitCode !== null || Date.now() > deadline) {
      const log = await readFile(logFile, 'utf8').catch(() => '');
      await stop();
      throw new Error(`${options.command} did not become ready: ${log.trim().slice(-600)}`);
    }
    await sleep(150);
  }
  return { pid: child.pid ?? -1, folder: options.folder, stop };
};
