/** Spends what comes in at a steady rate. May go into debt, which later income pays first. */
export interface TokenBucket {
  /** Milliseconds until something is there again; 0 where something is there now. */
  waitMs(): number;
  spend(amount: number): void;
}

/** How much of a second's income may be saved up. */
const savedSeconds = 2;

/**
 * A bucket that takes `perSecond` and is full at first: it holds what two seconds bring, and at least one. `now` is in
 * milliseconds, of a clock that only goes forward.
 */
export const openTokenBucket = (perSecond: number, now: () => number): TokenBucket => {
  const capacity = Math.max(1, perSecond * savedSeconds);
  let level = capacity;
  let at = now();
  const fill = (): void => {
    const time = now();
    level = Math.min(capacity, level + ((time - at) / 1_000) * perSecond);
    at = time;
  };
  return {
    waitMs() {
      fill();
      // A little less than one counts as one: filling rounds.
      return level > 0.999_999 ? 0 : Math.ceil(((1 - level) / perSecond) * 1_000);
    },
    spend(amount) {
      fill();
      level -= amount;
    },
  };
};
