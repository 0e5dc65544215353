import type { Millis } from '@kaizen-trace/contracts';

/** Wall clock and timers, so that tests move time by hand. Nothing that a span shows comes from here. */
export interface Clock {
  now(): Millis;
  /** Resolves after `ms`, or at once when `signal` aborts (it then resolves too; look at the signal). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
