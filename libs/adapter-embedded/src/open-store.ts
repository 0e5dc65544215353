import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { makeDirectory } from '@kaizen-trace/state-store';
import { EmbeddedLogError, LogUnavailableError } from './errors.js';
import { openEnvironment } from './environment.js';
import { settleFormat } from './format.js';
import type { CompiledOptions } from './options.js';
import { PartitionLogs } from './partition-logs.js';
import { keepTrimmed } from './retention.js';
import type { Store } from './store.js';
import { Watch } from './watch.js';
import { WriteQueue } from './write-queue.js';

interface Shared {
  readonly store: Promise<Omit<Store, 'release'> & { readonly close: () => Promise<void> }>;
  uses: number;
}

const shared = new Map<string, Shared>();

const openStore = async (options: CompiledOptions): Promise<Awaited<Shared['store']>> => {
  const env = openEnvironment(options.directory, options.create);
  try {
    const partitions = await settleFormat(env, options);
    const logs = new PartitionLogs(env, options.now);
    const watch = new Watch(env.revision, options.pollIntervalMs);
    const queue = new WriteQueue(async (work) => {
      await env.transact(() => {
        logs.begin();
        work();
        logs.flush();
      });
      watch.notify();
    });
    let closed = false;
    const read = <Result>(run: () => Result): Result => {
      if (closed) throw new LogUnavailableError('the log is closed; open it again');
      env.refresh();
      return run();
    };
    const write = queue.submit.bind(queue);
    const stopTrimming = keepTrimmed({ env, logs, partitions, read, write }, options);
    const close = async (): Promise<void> => {
      stopTrimming();
      await queue.close();
      closed = true;
      watch.close();
      await env.close();
    };
    return { env, logs, watch, partitions, write, read, close };
  } catch (error) {
    await env.close();
    throw error;
  }
};

const make = (directory: string): void => {
  try {
    makeDirectory(directory);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new EmbeddedLogError(
      'KAIZEN_LOG_OPTION',
      `cannot make the directory ${directory} (${code ?? 'unknown error'}): name another one (KAIZEN_DATA_DIR)`,
      { cause },
    );
  }
};

const place = ({ directory, create }: CompiledOptions): string => {
  if (create) make(directory);
  try {
    return realpathSync(directory);
  } catch {
    return resolve(directory);
  }
};

/**
 * Opens the directory, or joins in where this process has it open already; the clock, retention and polling are then
 * those of the first.
 *
 * @throws EmbeddedLogError where the directory has no log, another format or another partition count.
 */
export const useStore = async (options: CompiledOptions): Promise<Store> => {
  const path = place(options);
  let entry = shared.get(path);
  if (entry === undefined) {
    entry = { store: openStore(options), uses: 0 };
    shared.set(path, entry);
  }
  const opened = entry;
  opened.uses += 1;
  let released: Promise<void> | undefined;
  const giveUp = async (): Promise<void> => {
    opened.uses -= 1;
    if (opened.uses > 0) return;
    shared.delete(path);
    await (await opened.store).close();
  };
  try {
    const store = await opened.store;
    await settleFormat(store.env, options);
    return { ...store, release: () => (released ??= giveUp()) };
  } catch (error) {
    opened.uses -= 1;
    if (opened.uses === 0 && shared.get(path) === opened) {
      shared.delete(path);
      await opened.store.then((store) => store.close()).catch(() => undefined);
    }
    throw error;
  }
};
