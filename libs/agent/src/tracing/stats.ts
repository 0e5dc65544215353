/** What became of the spans that ended. They add up: `ended` is the sum of all the others but `refusedEvents`. */
export interface TracingStats {
  /** Spans handed over. */
  readonly ended: number;
  /** Those that the backend has. */
  readonly exported: number;
  /** Waiting, or on their way. */
  readonly pending: number;
  /** Left out since the queue was full. */
  readonly dropped: number;
  /** Those that the backend refused, or that could not be sent in time. */
  readonly failed: number;
  /** Left out by the sampler. */
  readonly notSampled: number;
  /** Came after the shutdown. */
  readonly late: number;
  /** Events that were no valid ones, and gave no span. */
  readonly refusedEvents: number;
}

/** Counters that their owner adds to. */
export type TracingCounters = { -readonly [Name in keyof Omit<TracingStats, 'pending'>]: number };

/** Counters at zero. */
export const noTracing = (): TracingCounters => ({
  ended: 0,
  exported: 0,
  dropped: 0,
  failed: 0,
  notSampled: 0,
  late: 0,
  refusedEvents: 0,
});
