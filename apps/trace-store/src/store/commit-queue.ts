import type { EncodedSpanGroup } from '@kaizen-trace/otlp';
import type { TraceDatabase } from './database.js';
import type { Names } from './names.js';
import { writeGroups } from './span-writer.js';

/** How an attempt to store spans ended. */
export type StoreOutcome =
  | { readonly type: 'stored' }
  /** Too much is waiting; nothing was taken. Try again later. */
  | { readonly type: 'busy' }
  /** The disk refused; the spans may or may not be there. Safe to repeat: a repeat shows once. */
  | { readonly type: 'failed'; readonly cause: Error };

interface Waiting {
  readonly groups: readonly EncodedSpanGroup[];
  readonly bytes: number;
  readonly settle: (outcome: StoreOutcome) => void;
}

/** What the queue writes to, and how much may wait. */
export interface CommitQueueOptions {
  readonly database: TraceDatabase;
  readonly names: Names;
  /** The most bytes of requests that may wait for a commit. */
  readonly maxWaitingBytes: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A commit takes at most about this much, so that none holds up the others for long. */
const maxCommitBytes = 8 * 1024 * 1024;

/**
 * The only writer of the database. Whatever waits is committed together in one transaction, and answered when that is on
 * the disk; while one commit runs, the next gathers.
 */
export class CommitQueue {
  readonly #options: CommitQueueOptions;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #running: Promise<void> | undefined;
  #closed = false;
  #lastFailure: Error | undefined;

  constructor(options: CommitQueueOptions) {
    this.#options = options;
  }

  /** Bytes of requests that wait for a commit or are in one. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Why the last commit failed; undefined where it did not. */
  get lastFailure(): Error | undefined {
    return this.#lastFailure;
  }

  /** Stores spans durably. `bytes` is the size of the request that they are views into. */
  store(groups: readonly EncodedSpanGroup[], bytes: number): Promise<StoreOutcome> {
    const isFull = this.#waitingBytes > 0 && this.#waitingBytes + bytes > this.#options.maxWaitingBytes;
    if (this.#closed || isFull) return Promise.resolve({ type: 'busy' });
    this.#waitingBytes += bytes;
    return new Promise((settle) => {
      this.#waiting.push({ groups, bytes, settle });
      this.#running ??= this.#run();
    });
  }

  /** Runs `write` in a transaction of its own, in turn with the commits. */
  async exclusively<T>(write: () => T): Promise<T> {
    while (this.#running !== undefined) await this.#running;
    let result: { readonly value: T } | undefined;
    const task = this.#options.database.root.transaction(() => (result = { value: write() }));
    this.#running = task.then(
      () => undefined,
      () => undefined,
    );
    try {
      await task;
    } finally {
      this.#running = undefined;
      if (this.#waiting.length > 0) this.#running = this.#run();
    }
    return result!.value;
  }

  /** Refuses what comes from now on and waits for what was taken. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    // Requests that arrive in one turn of the event loop share a commit.
    await new Promise((resume) => setImmediate(resume));
    while (this.#waiting.length > 0) await this.#commit(this.#takeNext());
    this.#running = undefined;
  }

  #takeNext(): readonly Waiting[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#waiting.length && (count === 0 || bytes < maxCommitBytes)) {
      bytes += this.#waiting[count++]!.bytes;
    }
    return this.#waiting.splice(0, count);
  }

  async #commit(taken: readonly Waiting[]): Promise<void> {
    const { database, names, now } = this.#options;
    let outcome: StoreOutcome = { type: 'stored' };
    try {
      names.trim();
      const groups = taken.flatMap((waiting) => waiting.groups);
      await database.root.transaction(() => writeGroups({ database, names }, groups, now()));
    } catch (error) {
      names.forget();
      outcome = { type: 'failed', cause: error instanceof Error ? error : new Error(String(error)) };
    }
    this.#lastFailure = outcome.type === 'failed' ? outcome.cause : undefined;
    for (const { bytes, settle } of taken) {
      this.#waitingBytes -= bytes;
      settle(outcome);
    }
  }
}
