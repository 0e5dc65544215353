import { asError } from '@kaizen-trace/ports';
import type { Transact } from '@kaizen-trace/state-store';
import { LogUnavailableError } from './errors.js';

interface QueuedWrite {
  readonly weight: number;
  /** Runs inside of the transaction; what it throws aborts the transaction whole. */
  readonly run: () => unknown;
  readonly done: (result: unknown) => void;
  readonly failed: (error: Error) => void;
}

/** What one transaction takes at most, so that it neither blocks the event loop nor keeps others from writing. */
const transactionWeight = 4 * 1024 * 1024;
const transactionWrites = 2_000;
/** What may wait at most. */
const queueWeight = 64 * 1024 * 1024;
/** What a write weighs beside its bytes. */
const writeWeight = 256;

/**
 * Group commit: what is submitted while a transaction is on its way to the disk goes into the next one together, so many
 * small writes at once cost one flush.
 */
export class WriteQueue {
  readonly #transact: Transact;
  #waiting: QueuedWrite[] = [];
  #weight = 0;
  #draining: Promise<void> | undefined;
  #closed = false;

  constructor(transact: Transact) {
    this.#transact = transact;
  }

  /**
   * Resolves with what `run` returned when that is durable. Writes run in the order of their submission.
   *
   * @throws LogUnavailableError where nothing was written: the disk failed, 64 MiB are waiting already, or it is closed.
   */
  submit<Result>(bytes: number, run: () => Result): Promise<Result> {
    if (this.#closed) return Promise.reject(new LogUnavailableError('the log is closed; open it again'));
    if (this.#weight > queueWeight)
      return Promise.reject(
        new LogUnavailableError('64 MiB wait to be written; append less at once, or try again later'),
      );
    return new Promise<Result>((resolve, reject) => {
      const weight = bytes + writeWeight;
      const done = (result: unknown): void => resolve(result as Result);
      this.#waiting.push({ weight, run, done, failed: reject });
      this.#weight += weight;
      this.#draining ??= this.#drain();
    });
  }

  /** Writes what waits, then takes no more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#draining;
  }

  async #drain(): Promise<void> {
    // One turn, so that what is submitted side by side is written together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#nextBatch();
      const results: unknown[] = [];
      try {
        await this.#transact(() => {
          results.length = 0;
          for (const { run } of batch) results.push(run());
        });
        batch.forEach(({ done }, index) => done(results[index]));
      } catch (thrown) {
        const cause = asError(thrown);
        for (const { failed } of batch)
          failed(new LogUnavailableError(`the log took no write: ${cause.message}`, { cause }));
      }
    }
    this.#draining = undefined;
  }

  #nextBatch(): readonly QueuedWrite[] {
    let weight = 0;
    let count = 0;
    for (const write of this.#waiting) {
      if (count > 0 && weight + write.weight > transactionWeight) break;
      weight += write.weight;
      count += 1;
      if (count === transactionWrites) break;
    }
    this.#weight -= weight;
    return this.#waiting.splice(0, count);
  }
}
