/** What a row of a trace says about its span, bit by bit. */
export const flag = {
  error: 1,
  /** Its POST never came. */
  abandoned: 2,
  /** Its PRE never came. */
  orphan: 4,
  /** A placeholder of an operation that has not ended. */
  running: 8,
  /** A placeholder of an operation whose span is there as well. */
  superseded: 16,
  /** The `post_X` under a `pre_X` of the same interval. */
  pairEnd: 32,
  /** A `pre_X` with a {@link flag.pairEnd} under it. */
  pairStart: 64,
  /** It has warnings of the backend. */
  warned: 128,
  /** It has span events. */
  hasEvents: 256,
  /** It, or one under it, has failed. */
  errorWithin: 512,
  /** Its parent is not in the trace. */
  parentMissing: 1024,
} as const;

/** Rows that repeat what another row says. */
export const repeated = flag.pairEnd | flag.superseded;
