/**
 * The trace store on a thread of its own: a large trace being shown, or spans being indexed, then holds up neither the
 * ingest nor the assembler. Spans reach it over OTLP gRPC as they would reach any backend, so only its life crosses the
 * border of the thread.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { StartError } from '@kaizen-trace/service-kit';
import type { TraceStoreOptions } from '@kaizen-trace/trace-store';
import type { LogLevel } from './settings.js';

/** What the thread is told at its start. */
export interface ThreadOptions {
  readonly store: Omit<TraceStoreOptions, 'logger'>;
  readonly logLevel: LogLevel;
  /** Whether a person reads the log lines. */
  readonly pretty: boolean;
}

/** What the thread says. */
export type ThreadMessage =
  | { readonly type: 'running'; readonly queryUrl: string; readonly otlpPort: number }
  /** `remedied`: the message is for people, and says what to do. */
  | { readonly type: 'failed'; readonly message: string; readonly remedied: boolean }
  | { readonly type: 'log'; readonly line: string };

/** What the thread is asked. */
export type ThreadRequest = { readonly type: 'close' } | { readonly type: 'gateway'; readonly url: string };

export interface TraceStoreThread {
  readonly queryUrl: string;
  readonly otlpPort: number;
  /** Rejects where the thread ends of itself. */
  readonly done: Promise<void>;
  /** Serves the operating API of this gateway too, for the console. */
  pointAtGateway(url: string): void;
  /** Stores what was taken, then ends the thread. Idempotent. */
  close(): Promise<void>;
}

const started = (
  worker: Worker,
  writeLog: (line: string) => void,
): Promise<ThreadMessage & { type: 'running' }> =>
  new Promise((resolve, reject) => {
    worker.on('message', (message: ThreadMessage) => {
      if (message.type === 'log') writeLog(message.line);
      else if (message.type === 'running') resolve(message);
      else reject(message.remedied ? new StartError(message.message) : new Error(message.message));
    });
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the trace store ended with ${code} before it ran`)));
  });

/**
 * Starts the trace store on a thread.
 *
 * @throws StartError where a port cannot be had, naming the variable that changes it.
 */
export const startTraceStoreThread = async (
  options: ThreadOptions,
  writeLog: (line: string) => void,
): Promise<TraceStoreThread> => {
  const worker = new Worker(new URL('./trace-store-worker.js', import.meta.url), { workerData: options });
  const exited = once(worker, 'exit');
  const { queryUrl, otlpPort } = await started(worker, writeLog);
  let closing: Promise<void> | undefined;
  const done = exited.then(() => {
    if (closing === undefined) throw new Error('the trace store has ended');
  });
  // Whoever waits for `done` sees it; whoever does not must not be ended by it.
  done.catch(() => undefined);
  const ask = (request: ThreadRequest): void => worker.postMessage(request);
  const close = async (): Promise<void> => {
    ask({ type: 'close' });
    await exited;
  };
  return {
    queryUrl,
    otlpPort,
    done,
    pointAtGateway: (url) => ask({ type: 'gateway', url }),
    close: () => (closing ??= close()),
  };
};
