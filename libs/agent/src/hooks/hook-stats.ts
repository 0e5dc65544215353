import type { HookResult } from './hook-result.js';

/** What one hook did so far. Times in milliseconds. */
export interface HookStats {
  readonly callCount: number;
  readonly successCount: number;
  readonly failureCount: number;
  /** Of the failures, those that took too long. */
  readonly timeoutCount: number;
  readonly totalDurationMs: number;
  readonly averageDurationMs: number;
  readonly maxDurationMs: number;
}

/** Counts the calls of one hook. */
export interface HookCounters {
  calls: number;
  failures: number;
  timeouts: number;
  total: number;
  longest: number;
  /** Counts a call that took `durationMs`, and gives its result back. */
  count(result: HookResult, durationMs: number): HookResult;
}

/** Counters at zero. */
export const countersOf = (): HookCounters => ({
  calls: 0,
  failures: 0,
  timeouts: 0,
  total: 0,
  longest: 0,
  count(result, durationMs) {
    this.calls += 1;
    if (!result.success) this.failures += 1;
    if (result.errorType === 'HookTimeoutError') this.timeouts += 1;
    this.total += durationMs;
    if (durationMs > this.longest) this.longest = durationMs;
    return result;
  },
});

/** The counters as they are told. */
export const statsOf = ({ calls, failures, timeouts, total, longest }: HookCounters): HookStats => ({
  callCount: calls,
  successCount: calls - failures,
  failureCount: failures,
  timeoutCount: timeouts,
  totalDurationMs: total,
  averageDurationMs: calls === 0 ? 0 : total / calls,
  maxDurationMs: longest,
});
