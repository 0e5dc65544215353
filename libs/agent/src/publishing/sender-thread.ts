import { Worker } from 'node:worker_threads';
import { cell, type Shared } from './cells.js';
import type { Problems } from './problems.js';
import type { FromSender, SenderJob, ToSender } from './sender/job.js';
import { workerFile } from './worker-file.js';

/** MiB. A sender holds one batch, and what its client needs for it. */
const resourceLimits = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16 };
const longestPauseMs = 30_000;

/**
 * The thread that sends. It is started again where it ends by itself, after a pause that grows; what it had not finished
 * is still in the buffer. It never keeps the process alive.
 */
export class SenderThread {
  readonly #job: () => SenderJob;
  readonly #shared: Shared;
  readonly #problems: Problems;
  #worker: Worker | undefined;
  #ended: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosing = false;
  #restarts = 0;
  #pauseMs = 100;

  constructor(job: () => SenderJob, parts: { readonly shared: Shared; readonly problems: Problems }) {
    this.#job = job;
    this.#shared = parts.shared;
    this.#problems = parts.problems;
    this.#start();
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** False between an end and the next start. */
  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  tell(message: ToSender): void {
    this.#worker?.postMessage(message);
  }

  /** Ends the thread: on its own terms within `ms`, else at once. */
  async close(ms: number): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#timer);
    const worker = this.#worker;
    if (worker === undefined) return;
    this.tell({ type: 'close' });
    const timer = setTimeout(() => void worker.terminate(), ms);
    await this.#ended;
    clearTimeout(timer);
  }

  #start(): void {
    Atomics.store(this.#shared.cells, cell.asleep, 0);
    let worker: Worker;
    try {
      // What the agent preloads, such as instrumentations, is not meant for this thread.
      worker = new Worker(workerFile(), {
        workerData: this.#job(),
        env: { ...process.env, NODE_OPTIONS: '' },
        execArgv: [],
        resourceLimits,
        name: 'kaizen-trace',
      });
    } catch (error) {
      this.#failed(error);
      return;
    }
    this.#worker = worker;
    worker.on('message', ({ kind, message }: FromSender) => this.#problems.tell(kind, message));
    worker.on('error', (error: unknown) => this.#tell(error));
    this.#ended = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#worker = undefined;
        resolve();
        if (!this.#isClosing) this.#startLater();
      });
    });
    worker.unref();
  }

  #failed(error: unknown): void {
    this.#tell(error);
    this.#startLater();
  }

  #tell(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#problems.tell('sender', `the thread that sends ended (${message}); it is started again`);
  }

  #startLater(): void {
    this.#restarts += 1;
    this.#timer = setTimeout(() => this.#start(), this.#pauseMs);
    this.#timer.unref();
    this.#pauseMs = Math.min(longestPauseMs, this.#pauseMs * 2);
  }
}
