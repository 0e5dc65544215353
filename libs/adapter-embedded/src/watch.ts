/**
 * Wakes readers that have come to the end of the log: at once for what this process writes, by looking every few
 * milliseconds for what others write. A wake-up may be idle; a change is never missed, if the waiter looked at the log
 * in the same turn in which it began to wait.
 */
export class Watch {
  readonly #waiters = new Set<() => void>();
  readonly #revision: () => number;
  readonly #pollIntervalMs: number;
  #timer: NodeJS.Timeout | undefined;
  #seen = -1;

  constructor(revision: () => number, pollIntervalMs: number) {
    this.#revision = revision;
    this.#pollIntervalMs = pollIntervalMs;
  }

  /** Resolves at the next change, after `maxMs`, or when the signal aborts. */
  changed(signal?: AbortSignal, maxMs?: number): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const timer = maxMs === undefined ? undefined : setTimeout(wake, maxMs);
      this.#waiters.add(wake);
      signal?.addEventListener('abort', wake);
      this.#timer ??= setInterval(() => this.#poll(), this.#pollIntervalMs);
    });
  }

  /** Wakes everyone: this process has written. */
  notify(): void {
    for (const wake of [...this.#waiters]) wake();
  }

  /** Wakes everyone for the last time and stops looking. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.notify();
  }

  #poll(): void {
    if (this.#waiters.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    const revision = this.#revision();
    if (revision === this.#seen) return;
    this.#seen = revision;
    this.notify();
  }
}
