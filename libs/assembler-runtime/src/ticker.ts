import type { Millis } from '@kaizen-trace/contracts';

const shortestPause = 1_000;
const longestPause = 30_000;

/**
 * When an idle partition's owner appends a tick: once a deadline has passed by the wall clock, at most one in flight,
 * none sooner than 1 s after the last, doubling to 30 s while ticks come back and nothing falls due.
 */
export interface Ticker {
  /** When the next tick is due; undefined while none is needed. */
  dueAt(nextDeadline: Millis | undefined): number | undefined;
  appended(now: Millis): void;
  /** A tick was read back: the way is free for another. */
  returned(): void;
  /** Something happened that was no tick: a record, or a deadline that fired. */
  progressed(): void;
}

/** A ticker that has sent no tick yet. */
export const createTicker = (): Ticker => {
  let pause = shortestPause;
  let lastAppend = -Infinity;
  let earliest = 0;
  let inFlight = false;
  return {
    dueAt: (nextDeadline) => {
      if (nextDeadline === undefined) return undefined;
      // A tick that never came back was lost on its way: another may go after the longest pause.
      return Math.max(nextDeadline, inFlight ? lastAppend + longestPause : earliest);
    },
    appended: (now) => {
      inFlight = true;
      lastAppend = now;
      earliest = now + pause;
      pause = Math.min(pause * 2, longestPause);
    },
    returned: () => {
      inFlight = false;
    },
    progressed: () => {
      pause = shortestPause;
    },
  };
};
